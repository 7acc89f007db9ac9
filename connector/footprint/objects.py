"""Our objects, as values."""

import dataclasses
from collections.abc import Iterator

from connector.footprint.component import CORE, Component, Value


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSpec:
    """
    One object of ours; its fields are written down apart.

    `label` and `plural` are what people read. Rows with a `number_format` are numbered by the
    org, such as SMS-{000000}; those of others are named by whoever writes them.
    """

    name: str
    label: str
    plural: str
    description: str
    number_format: str = ""
    part: str = CORE

    @property
    def is_event(self) -> bool:
        """Whether it is a platform event: published, never stored."""
        return self.name.endswith("__e")

    def component(self) -> Component:
        elements = _event(self) if self.is_event else _custom(self)
        body = dict(sorted(elements))
        return Component(kind="CustomObject", name=self.name, body=body, part=self.part)


def _both(spec: ObjectSpec) -> Iterator[tuple[str, Value]]:
    yield "deploymentStatus", "Deployed"
    yield "description", spec.description
    yield "label", spec.label
    yield "pluralLabel", spec.plural


def _custom(spec: ObjectSpec) -> Iterator[tuple[str, Value]]:
    yield from _both(spec)
    yield "enableActivities", False
    # These three are on together or off together.
    yield "enableBulkApi", True
    yield "enableSharing", True
    yield "enableStreamingApi", True
    yield "enableFeeds", False
    yield "enableHistory", False
    yield "enableReports", True
    yield "enableSearch", True
    yield "nameField", _name_field(spec)
    # Whom a permission set lets read it sees all of it; nobody but its owner changes it.
    yield "sharingModel", "Read"


def _name_field(spec: ObjectSpec) -> Value:
    if not spec.number_format:
        return {"label": f"{spec.label} Name", "type": "Text"}
    return {
        "displayFormat": spec.number_format,
        "label": f"{spec.label} Number",
        "type": "AutoNumber",
    }


def _event(spec: ObjectSpec) -> Iterator[tuple[str, Value]]:
    yield from _both(spec)
    yield "eventType", "HighVolume"
    yield "publishBehavior", "PublishAfterCommit"
