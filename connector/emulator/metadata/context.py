"""What the checks of a deployment need to know of the org, and what they may tell."""

import dataclasses
from typing import Protocol

from connector.emulator.access import Caller
from connector.emulator.fields import Field
from connector.emulator.metadata.registry import Registry
from connector.emulator.metadata.xml import Node, Problem
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.storage import Storage
from connector.emulator.writes import Writer


@dataclasses.dataclass(slots=True, kw_only=True)
class Settings:
    """What differs between orgs, or is not known for sure."""

    #: Setup, Process Automation Settings: flows with scheduled paths or events need one.
    default_workflow_user: str = ""
    most_external_ids: int = 25
    most_tracked_fields: int = 20
    most_custom_fields: int = 500
    #: Whether permissions on fields of custom objects want the object's read permission too.
    fields_need_object: bool = True
    #: Whether an active flow may be deployed as active, as in sandboxes.
    deploys_active_flows: bool = True
    #: How often a deployment is asked after before it is done.
    polls: int = 2
    #: After how many seconds it is done without being asked after.
    seconds: float = 5.0


class HasMetadata(Protocol):
    """As much of an org as deploying needs."""

    storage: Storage
    schema: Schema
    writer: Writer

    def caller(self, call: str, user: str = "") -> Caller: ...


@dataclasses.dataclass(slots=True, kw_only=True)
class Context:
    """One deployment under way."""

    storage: Storage
    schema: Schema
    writer: Writer
    registry: Registry
    caller: Caller
    settings: Settings
    version: float
    warnings: list[Problem] = dataclasses.field(default_factory=list)
    #: What the same package brings, by type and name.
    coming: dict[tuple[str, str], Node] = dataclasses.field(default_factory=dict)
    #: Objects that this deployment brought and that were refused.
    failed: set[str] = dataclasses.field(default_factory=set)

    def warn(self, text: str, node: Node) -> None:
        self.warnings.append(Problem(text, node))

    def sobject(self, name: str) -> SObject | None:
        return self.schema.sobject(name) if name and self.schema.knows(name) else None

    def field(self, sobject: str, name: str) -> Field | None:
        known = self.sobject(sobject)
        return self.schema.field(known, name) if known else None

    def deployed(self, kind: str, name: str) -> bool:
        return self.registry.get(kind, name) is not None
