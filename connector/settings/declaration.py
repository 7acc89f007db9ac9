"""How a setting is declared: once, with its name, kind, default and help."""

import dataclasses
from typing import Any, TypeVar

from connector.settings.kinds import Kind


T = TypeVar("T")

PREFIX = "CONNECTOR_"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One setting: all that its reading, its documentation and `config show` need."""

    name: str
    kind: Kind[Any]
    default: str
    help: str


def setting(kind: Kind[T], default: str, help_text: str) -> T:
    """A field of a settings class; its variable is named after the field."""
    return dataclasses.field(
        default_factory=lambda: kind.read(default),
        repr=not kind.secret,
        metadata={"kind": kind, "default": default, "help": help_text},
    )


def declarations(settings_class: type) -> dict[str, Declaration]:
    """The settings that a class declares, by field."""
    return {
        field.name: Declaration(name=PREFIX + field.name.upper(), **field.metadata)
        for field in dataclasses.fields(settings_class)
        if "kind" in field.metadata
    }
