"""What gateways answer, taken apart; another shape than the documented one is an error."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from connector.rest.errors import RefusedError


_NUMBER = re.compile(r"\+?([1-9]\d{6,14})")


def record(document: object) -> Mapping[str, object]:
    if not isinstance(document, dict):
        raise RefusedError("answered in another shape than documented: no object")
    return document


def rows(document: object, name: str = "") -> list[object]:
    """A list, or the one that a document holds under a name."""
    found = record(document).get(name) if name else document
    if not isinstance(found, list):
        raise RefusedError(f"answered in another shape than documented: no list {name}".strip())
    return found


def text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def whole(row: Mapping[str, object], name: str) -> int:
    value = row.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) else 0


def number(given: object) -> str:
    """A number in E.164 form, empty for what is none: an e-mail address, a short code."""
    match = _NUMBER.fullmatch(given.strip()) if isinstance(given, str) else None
    return f"+{match[1]}" if match else ""


def iso(given: object) -> datetime | None:
    """A moment in ISO 8601; without a zone it is taken for UTC."""
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def unix(given: object) -> datetime | None:
    """A moment in seconds since 1970, also as a text; 0 is none."""
    try:
        seconds = float(given) if isinstance(given, str | int | float) else 0.0
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def stamp(moment: datetime) -> str:
    """A moment as the APIs want it: milliseconds, and Z for UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
