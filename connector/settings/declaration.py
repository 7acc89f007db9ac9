"""How a setting is declared: once, with its name, kind, default and help."""

import dataclasses
from typing import Any, Generic, TypeVar

from connector.settings import kinds
from connector.settings.kinds import Kind
from connector.settings.networks import Networks


T = TypeVar("T")

PREFIX = "CONNECTOR_"
GATEWAY_PREFIX = f"{PREFIX}GATEWAY_"
BLOCK_LIST_PREFIX = f"{PREFIX}BLOCK_LIST_"
MESSAGE_API_PREFIX = f"{PREFIX}MESSAGE_API_"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One setting: all that its reading, its documentation and `config show` need."""

    name: str
    kind: Kind[Any]
    default: str
    help: str


@dataclasses.dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """What an account of any gateway may have that is no secret."""

    word: str
    kind: Kind[T]
    help: str

    def names(self, name: str) -> bool:
        """Whether a variable is this option of some gateway."""
        return name.startswith(GATEWAY_PREFIX) and name.endswith(f"_{self.word}")

    def declaration(self, name: str) -> Declaration:
        return Declaration(name=name, kind=self.kind, default="", help=self.help)


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


#: What an account of a gateway may have beside its secrets, by the last word of the variable.
REGION: Option[str] = Option(
    "REGION",
    kinds.REGION,
    "country of numbers without a country code in the callbacks of this account; "
    "not set: CONNECTOR_DEFAULT_REGION",
)
ADDRESSES: Option[Networks] = Option(
    "ADDRESSES",
    kinds.NETWORKS,
    "networks that may call for this account, besides what proves the callback; "
    "not set: every address may",
)
