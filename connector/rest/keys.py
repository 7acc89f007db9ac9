"""What has to be set for a gateway's API, or may be: credentials, an address, a rate."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from connector.domain.errors import ConfigurationError


#: What is set for one account, by key.
Values = Mapping[str, str]

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One thing that has to be set for an API, or may be."""

    name: str
    help: str
    needed: bool = True
    default: str = ""
    fault: Callable[[str], str] = lambda _value: ""


#: What any API may have.
RATE = Key(
    name="rate",
    needed=False,
    help="numbers a second; not set: what the gateway documents or we think safe",
)


def address(help_text: str, *, default: str = "", needed: bool = False) -> Key:
    """The key of an API's address: another region, or a proxy that a company wants."""
    return Key(
        name="address", help=help_text, needed=needed, default=default, fault=_address_fault
    )


def _address_fault(value: str) -> str:
    """Credentials and numbers go there: in clear only on this machine."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return "is no address"
    here = parts.scheme == "http" and host in _THIS_MACHINE
    return "" if host and (parts.scheme == "https" or here) else "must begin with https://"


def words(text: str) -> list[str]:
    """Several values in one setting, with spaces or commas between them."""
    return text.replace(",", " ").split()


def rate_of(values: Values, usual: float) -> float:
    """The rate that is set, or the usual one; raises ConfigurationError."""
    text = values.get(RATE.name, "")
    try:
        rate = float(text or usual)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 10_000:  # noqa: PLR2004 (no gateway takes more)
        raise ConfigurationError("rate must be a number above 0, up to 10000")
    return rate


def with_defaults(keys: Sequence[Key], values: Values) -> dict[str, str]:
    return {key.name: key.default for key in keys if key.default} | dict(values)


def faults(keys: Sequence[Key], values: Values, name: Callable[[str], str]) -> Iterable[str]:
    """A line for each value that is missing or cannot be right; `name` tells its variable."""
    for key in keys:
        given = values.get(key.name, "")
        if key.needed and not given:
            yield f"set {name(key.name)}: {key.help}"
        elif given and (fault := key.fault(given)):
            yield f"{name(key.name)} {fault}"
