"""
One deployment from its zip to its result: all components tried, then kept or undone.

Metadata API Developer Guide, deploy() and DeployResult: warnings fail a deployment unless they
are to be ignored, one error undoes everything where rollbackOnError is on, checkOnly undoes it
always; what depends on a failed component fails too.
"""

import dataclasses
from collections.abc import Callable, Mapping

from connector.emulator.metadata.context import Context, HasMetadata, Settings
from connector.emulator.metadata.fields import deploy_field
from connector.emulator.metadata.flows import deploy_flow
from connector.emulator.metadata.kinds import FOLDER
from connector.emulator.metadata.objects import deploy_object
from connector.emulator.metadata.package import BadZipError, Component, Package, unpack
from connector.emulator.metadata.permission_sets import deploy_permission_set
from connector.emulator.metadata.places import (
    deploy_application,
    deploy_layout,
    deploy_tab,
)
from connector.emulator.metadata.registry import Kept, Registry
from connector.emulator.metadata.reports import (
    deploy_folder,
    deploy_report,
    deploy_report_type,
)
from connector.emulator.metadata.views import deploy_list_view, deploy_plain
from connector.emulator.metadata.xml import Problem


_DEPLOY: Mapping[str, Callable[[Context, Component], Kept]] = {
    "CustomObject": deploy_object,
    "CustomField": deploy_field,
    "ListView": deploy_list_view,
    "ReportType": deploy_report_type,
    "Layout": deploy_layout,
    "CustomTab": deploy_tab,
    "CustomApplication": deploy_application,
    "PermissionSet": deploy_permission_set,
    "Flow": deploy_flow,
    FOLDER: deploy_folder,
    "Report": deploy_report,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask of a deployment; the names are those of DeployOptions."""

    checkOnly: bool = False  # noqa: N815
    ignoreWarnings: bool = False  # noqa: N815
    rollbackOnError: bool = True  # noqa: N815
    allowMissingFiles: bool = False  # noqa: N815
    autoUpdatePackage: bool = False  # noqa: N815
    singlePackage: bool = True  # noqa: N815


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What became of one component."""

    component_type: str
    full_name: str
    file_name: str
    success: bool
    created: bool = False
    changed: bool = False
    id: str = ""
    problem: str = ""
    problem_type: str = ""
    line: int = 0
    column: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a deployment as a whole; `error` where nothing could be tried."""

    messages: tuple[Message, ...] = ()
    status: str = "Succeeded"
    error: str = ""

    @property
    def success(self) -> bool:
        return self.status == "Succeeded"

    @property
    def failures(self) -> tuple[Message, ...]:
        return tuple(each for each in self.messages if not each.success)

    @property
    def errors(self) -> int:
        return len(self.failures)


class _UndoError(Exception):
    """Ends a transaction that is not to be kept."""


def deploy(
    org: HasMetadata, data: bytes, options: Options, settings: Settings, user: str
) -> Result:
    """Deploy a zip file as this user; what cannot stay is undone."""
    try:
        package = unpack(
            data,
            missing_allowed=options.allowMissingFiles,
            auto_update=options.autoUpdatePackage,
        )
    except BadZipError as error:
        return Result(status="Failed", error=str(error))
    return deploy_package(org, package, options, settings, user)


def deploy_package(
    org: HasMetadata, package: Package, options: Options, settings: Settings, user: str
) -> Result:
    """The same for components that were read already."""
    context = Context(
        storage=org.storage,
        schema=org.schema,
        writer=org.writer,
        registry=Registry(org.storage, org.writer),
        caller=org.caller("deploy", user),
        settings=settings,
        version=package.version,
    )
    messages: list[Message] = []
    status = "Failed"
    try:
        with org.storage.transaction():
            messages += _all(context, package)
            messages = [_judged(message, options) for message in messages]
            status = _status(messages, options)
            _keep_or_undo(keep=not options.checkOnly and status != "Failed")
    except _UndoError:
        org.schema.reload()
        org.writer.reload()
    return Result(messages=tuple(messages), status=status)


def _keep_or_undo(*, keep: bool) -> None:
    if not keep:
        raise _UndoError


def _judged(message: Message, options: Options) -> Message:
    """A warning is an error unless warnings are to be ignored."""
    if message.problem_type != "Warning":
        return message
    return dataclasses.replace(message, success=options.ignoreWarnings)


def _all(context: Context, package: Package) -> list[Message]:
    messages = [
        _flaw(flaw.kind, flaw.name, flaw.file, flaw.problem, warning=flaw.warning)
        for flaw in package.flaws
    ]
    messages.append(
        Message(
            component_type="",
            full_name="package.xml",
            file_name=package.manifest_file,
            success=True,
            changed=True,
        )
    )
    context.coming = {(e.kind, e.name.lower()): e.node for e in package.components}
    for component in _in_order(package.components):
        messages += _one(context, component)
    return messages


def _in_order(components: list[Component]) -> list[Component]:
    """Formulas come after the fields that they may name."""
    return [each for each in components if not _is_formula(each) and each.kind in _EARLY] + [
        each for each in components if _is_formula(each) or each.kind not in _EARLY
    ]


_EARLY = frozenset({"CustomObject", "CustomField"})


def _is_formula(component: Component) -> bool:
    return component.kind == "CustomField" and component.node.has("formula")


def _one(context: Context, component: Component) -> list[Message]:
    handler = _DEPLOY.get(component.kind, deploy_plain)
    context.warnings.clear()
    try:
        if component.name.partition(".")[0].partition("-")[0].lower() in context.failed:
            raise Problem("Parent entity failed to deploy", component.node)  # noqa: TRY301
        with context.storage.transaction():
            kept = handler(context, component)
    except Problem as problem:
        if component.kind == "CustomObject":
            context.failed.add(component.name.lower())
        context.schema.reload()
        context.writer.reload()
        return [_flaw(component.kind, component.name, component.file, problem)]
    warnings = [
        _flaw(component.kind, component.name, component.file, warning, warning=True)
        for warning in context.warnings
    ]
    if component.kind == "CustomObject" and not component.node.children:
        return warnings
    message = Message(
        component_type=component.kind,
        full_name=component.name,
        file_name=component.file,
        success=True,
        created=kept.created,
        changed=kept.changed,
        id=kept.id,
    )
    return [*warnings, message]


def _flaw(
    kind: str, name: str, file: str, problem: Problem, *, warning: bool = False
) -> Message:
    return Message(
        component_type=kind,
        full_name=name,
        file_name=file,
        success=False,
        problem=problem.text,
        problem_type="Warning" if warning else "Error",
        line=problem.line,
        column=problem.column,
    )


def _status(messages: list[Message], options: Options) -> str:
    if all(message.success for message in messages):
        return "Succeeded"
    deployed = any(message.component_type and message.success for message in messages)
    return "SucceededPartial" if deployed and not options.rollbackOnError else "Failed"
