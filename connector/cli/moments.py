"""Moments as an operator writes and reads them."""

import re
from datetime import UTC, datetime, timedelta

from connector.domain.errors import ConfigurationError
from connector.gateways.times import iso


_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, now: datetime) -> datetime:
    """The moment that `--since` names: a time, or a duration before now such as 2h."""
    found = _DURATION.fullmatch(text)
    try:
        if found:
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
        return iso(text)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"--since {text}: write a time with its zone, such as 2026-11-23T10:00:00Z,"
            " or a duration such as 30m, 2h or 7d"
        ) from error


def shown(moment: datetime | None) -> str:
    """To the second, in UTC: what a line has room for."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
