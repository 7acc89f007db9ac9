"""How gateways write the time. Whatever has no known zone is unreadable, never guessed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


#: Digits of the last second of the year 9999, the last that a datetime can hold.
_MOST_DIGITS = 12


def iso(written: str) -> datetime:
    """ISO 8601 with a zone or offset."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("time without zone")
    return moment.astimezone(UTC)


def iso_utc(written: str) -> datetime:
    """ISO 8601 without a zone, where the gateway's documentation says that it is UTC."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return moment.replace(tzinfo=UTC)


def unix_seconds(written: str) -> datetime:
    return datetime.fromtimestamp(whole_seconds(written), UTC)


def unix_milliseconds(written: str) -> datetime:
    seconds, thousandths = written[:-3], written[-3:]
    return unix_seconds(seconds) + timedelta(milliseconds=whole_seconds(thousandths))


def if_readable(read: Callable[[str], datetime], written: str) -> datetime | None:
    """
    The time, or None: then the moment of receipt counts.

    For what people say: a STOP must not be lost for a time that nobody can read.
    """
    try:
        return read(written)
    except (ValueError, OverflowError):
        return None


def whole_seconds(written: str) -> int:
    """Unix time as a number: digits only, no sign, no fraction, no other alphabet's digits."""
    if not (written.isascii() and written.isdigit()) or len(written) > _MOST_DIGITS:
        raise ValueError("time is no count of seconds")
    return int(written)
