"""The kinds of values that settings have: how each is written and read."""

import dataclasses
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import SplitResult, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.settings.brands import Brands
from connector.settings.networks import Networks
from connector.settings.secret import Secret


T = TypeVar("T")
Number = TypeVar("Number", int, float)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """
    One kind of value: `words` end the sentence "must be ...".

    `read` raises ValueError for anything else. The empty text is only read for a setting
    whose default it is: there it stands for "not set".
    """

    words: str
    read: Callable[[str], T]
    secret: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can call."""
        return _is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def whole(least: int, most: int) -> Kind[int]:
    def read(text: str) -> int:
        return _between(least, int(text), most)

    return Kind(f"a whole number from {least} to {most}", read)


def seconds(least: float, most: float) -> Kind[float]:
    def read(text: str) -> float:
        return _between(least, float(text), most)

    return Kind(f"a number of seconds from {least:g} to {most:g}", read)


def choice(*words: str) -> Kind[str]:
    def read(text: str) -> str:
        return words[words.index(text.lower())]

    return Kind(f"one of {', '.join(words)}", read)


def matching(pattern: str, words: str) -> Kind[str]:
    """A text that fits the pattern as a whole, or none."""

    def read(text: str) -> str:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return Kind(words, read)


def _read_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:  # a folder, a file that is no zone
        raise ValueError(text) from error


def _between(least: Number, value: Number, most: Number) -> Number:
    if not least <= value <= most:  # NaN is between nothing
        raise ValueError(value)
    return value


def _read_address(text: str) -> Address:
    parts = urlsplit(f"//{text}")
    if parts.hostname is None or parts.port is None or parts.netloc != text:
        raise ValueError(text)
    return Address(parts.hostname, parts.port)


def _read_origin(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    extra = parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if not _is_host(parts.hostname or "") or extra or not _is_safe(parts):
        raise ValueError(text)
    return urlunsplit((parts.scheme, parts.netloc.lower(), "", "", ""))


def _read_collector(text: str) -> str:
    if text.lower() in {"", "off"}:
        return ""
    parts = urlsplit(text)
    extra = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not _is_host(parts.hostname or "") or extra:
        raise ValueError(text)
    return text


def _is_host(name: str) -> bool:
    """No part of a host's name is empty or longer than 63 characters (RFC 1035, 2.3.4)."""
    return re.fullmatch(r"[^.]{1,63}(\.[^.]{1,63})*\.?", name) is not None


def _is_safe(parts: SplitResult) -> bool:
    if parts.port == 0 or re.search(r"\s", parts.netloc):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _read_database_url(text: str) -> Secret:
    if not text:
        return Secret()
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ValueError("not PostgreSQL")
    parts = parts._replace(scheme="postgresql")
    account, at, place = parts.netloc.rpartition("@")
    name, colon, _ = account.partition(":")
    hidden = parts._replace(netloc=f"{name}{colon}{'***' if colon else ''}{at}{place}")
    query = re.sub(r"(password=)[^&]*", r"\1***", hidden.query)
    return Secret(urlunsplit(parts), shown=urlunsplit(hidden._replace(query=query)))


def _read_private_key(text: str) -> Secret:
    # Many deployment tools cannot hold a line break in a variable and write \n for it.
    key = text.replace("\\n", "\n").replace("\r\n", "\n").strip()
    if key and not re.match(r"-----BEGIN (RSA )?PRIVATE KEY-----\n", key):
        raise ValueError("not PEM")
    return Secret(f"{key}\n" if key else "")


_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def _read_boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


ANY_TEXT = Kind("a text", str)
SECRET = Kind("a secret", Secret, secret=True)
BOOLEAN = Kind("true or false", _read_boolean)
REGION = matching("[A-Z]{2}", "a country code of two capitals such as US")
NETWORKS = Kind(
    "IP networks such as 192.0.2.0/24, 2001:db8::/32, with commas between them", Networks.read
)
BRANDS = Kind(
    "brands with their senders, such as acme=+12015550100,ACME; other=+12015550101",
    Brands.read,
)
FOLDER = Kind("a folder", Path)
ZONE = Kind("a time zone such as Europe/Helsinki", _read_zone)
OPTIONAL_PATH: Kind[Path | None] = Kind("a path", lambda text: Path(text) if text else None)
ADDRESS = Kind("host:port such as 127.0.0.1:8080", _read_address)
ORIGIN = Kind(
    "an address such as https://sms.example.org without a path (http for this machine only)",
    _read_origin,
)
COLLECTOR = Kind(
    "off, or the address of a collector such as http://127.0.0.1:4318/v1/traces",
    _read_collector,
)
DATABASE_URL = Kind(
    "postgresql://user:password@host/database, or not set for the embedded database",
    _read_database_url,
    secret=True,
)
PRIVATE_KEY = Kind("a private key in PEM form, not encrypted", _read_private_key, secret=True)
