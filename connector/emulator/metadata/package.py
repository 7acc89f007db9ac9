"""
The zip file of a deployment: the manifest, the components in the files, what does not agree.

Metadata API Developer Guide, "File-Based Calls": package.xml at the root or in one folder, a
folder for each type, the fields and list views of an object inside its own file.
"""

import dataclasses
import io
import zipfile
from collections.abc import Iterator, Mapping

from connector.emulator.metadata.kinds import (
    BY_FOLDER,
    BY_NAME,
    BY_TAG,
    FOLDER,
    ORDER,
    PREFIXES,
    Kind,
)
from connector.emulator.metadata.xml import Node, Problem, read_type


MANIFEST = "package.xml"
_META = "-meta.xml"
_LONGEST_ZIP = 39 * 1024 * 1024
_MOST_FILES = 10_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component to deploy: its type, its full name, its file, its content."""

    kind: str
    name: str
    file: str
    node: Node


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A component that cannot be read or is not where it should be; may be a mere warning."""

    kind: str
    name: str
    file: str
    problem: Problem
    warning: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Package:
    """What a zip file holds, in the order in which it is deployed."""

    components: list[Component] = dataclasses.field(default_factory=list)
    flaws: list[Flaw] = dataclasses.field(default_factory=list)
    manifest_file: str = MANIFEST
    version: float = 0.0


class BadZipError(Exception):
    """The whole deployment is refused: no zip, no manifest, too much."""


def unpack(data: bytes, *, missing_allowed: bool = False, auto_update: bool = False) -> Package:
    """Raises BadZipError where there is nothing to deploy at all."""
    files = dict(_files(data))
    package = Package()
    package.manifest_file, named = _manifest(files, package)
    root = package.manifest_file.removesuffix(MANIFEST)
    found: list[Component] = []
    for path, content in sorted(files.items()):
        if path != package.manifest_file:
            found += _components(path, path.removeprefix(root), content, package)
    _compare(package, named, found, missing_allowed=missing_allowed, auto_update=auto_update)
    package.components.sort(key=lambda each: (ORDER.index(each.kind), each.file))
    return package


def _files(data: bytes) -> Iterator[tuple[str, bytes]]:
    if len(data) > _LONGEST_ZIP:
        raise BadZipError(
            f"Maximum size of request reached. Maximum size of request is {_LONGEST_ZIP} bytes."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            if len(entries) > _MOST_FILES:
                raise BadZipError(f"The zip file has more than {_MOST_FILES} files")
            for info in entries:
                yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise BadZipError(f"Unable to read the zip file: {error}") from error


def _manifest(files: Mapping[str, bytes], package: Package) -> tuple[str, dict[str, set[str]]]:
    path = next((p for p in sorted(files, key=len) if p.rpartition("/")[2] == MANIFEST), "")
    if not path:
        raise BadZipError("No package.xml found")
    try:
        node = read_type(files[path], "Package")
    except Problem as problem:
        package.flaws.append(Flaw(kind="", name=MANIFEST, file=path, problem=problem))
        return path, {}
    named: dict[str, set[str]] = {}
    for types in node.all("types"):
        kind = types.get("name")
        if kind not in PREFIXES:
            unknown = Problem(f"Unknown type name '{kind}' specified in package.xml", types)
            package.flaws.append(Flaw(kind="", name=kind, file=path, problem=unknown))
        # Salesforce's own tool names a folder with a slash at its end.
        members = {member.text.strip().removesuffix("/") for member in types.all("members")}
        named.setdefault(kind, set()).update(members)
    package.version = float(node.get("version") or 0)
    return path, named


def _components(path: str, inner: str, data: bytes, package: Package) -> list[Component]:
    """The components of one file; what is wrong with it goes to the package's flaws."""
    folder, _, rest = inner.partition("/")
    kind = BY_FOLDER.get(folder)
    if kind is None or not rest:
        problem = Problem(f"The emulated org cannot deploy the file {inner}")
        package.flaws.append(Flaw(kind="", name=inner, file=path, problem=problem))
        return []
    name, type_name = _named(kind, rest)
    try:
        node = read_type(data, type_name)
    except Problem as problem:
        package.flaws.append(Flaw(kind=type_name, name=name, file=path, problem=problem))
        return []
    if not kind.children:
        return [Component(kind=type_name, name=name, file=path, node=node)]
    return list(object_components(name, path, node))


def _named(kind: Kind, rest: str) -> tuple[str, str]:
    if kind.in_folder and rest.endswith(_META):
        return rest.removesuffix(_META), FOLDER
    return rest.removesuffix(f".{kind.suffix}"), kind.name


def object_components(name: str, path: str, node: Node) -> Iterator[Component]:
    """An object, and the fields, list views and rules inside it."""
    yield Component(kind="CustomObject", name=name, file=path, node=node.without(*BY_TAG))
    for tag, child in BY_TAG.items():
        for each in node.all(tag):
            full_name = f"{name}.{each.get('fullName')}"
            yield Component(kind=child.name, name=full_name, file=path, node=each)


def _compare(
    package: Package,
    named: dict[str, set[str]],
    found: list[Component],
    *,
    missing_allowed: bool,
    auto_update: bool,
) -> None:
    there: dict[str, set[str]] = {}
    for each in found:
        there.setdefault(each.kind, set()).add(each.name)
        if auto_update or _is_named(each, named):
            package.components.append(each)
        elif each.kind != "CustomObject" or each.node.children:
            problem = Problem("Not in package.xml", each.node)
            package.flaws.append(
                Flaw(kind=each.kind, name=each.name, file=each.file, problem=problem)
            )
    there.setdefault("Report", set()).update(there.get(FOLDER, ()))
    unread = {(flaw.kind, flaw.name) for flaw in package.flaws}
    for kind, names in named.items():
        for name in sorted(names - there.get(kind, set()) - {"*"}):
            if kind not in PREFIXES or (kind, name) in unread:
                continue
            text = (
                f"An object '{name}' of type {kind} was named in package.xml, but was not"
                " found in zipped directory"
            )
            package.flaws.append(
                Flaw(
                    kind=kind,
                    name=name,
                    file=package.manifest_file,
                    problem=Problem(text),
                    warning=missing_allowed,
                )
            )


def _is_named(each: Component, named: dict[str, set[str]]) -> bool:
    own = named.get(each.kind, set())
    if each.name in own or "*" in own:
        return True
    if each.kind == FOLDER:
        return each.name in named.get("Report", set())
    if each.kind in BY_NAME:
        return False
    objects = named.get("CustomObject", set())
    parent = each.name.partition(".")[0]
    return parent in objects or ("*" in objects and parent.endswith("__c"))
