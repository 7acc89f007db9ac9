"""When a person may be disturbed: 09:00 to 21:00 wherever the number may be."""

import dataclasses
import functools
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import NumberParseException, parse
from phonenumbers.timezone import (
    time_zones_for_geographical_number,
    time_zones_for_number,
)


#: An hour narrower than what binds callers in the USA (47 CFR 64.1200(c)(1)).
OPENS, CLOSES = time(9), time(21)
_UNKNOWN = "Etc/Unknown"
#: In steps of so much the next moment is looked for, over two days.
_STEP, _STEPS = timedelta(minutes=15), 192


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """
    Whether now is a good time, and when the next one begins; that is now where it is.

    Both are None where nobody knows where the number is.
    """

    zones: tuple[str, ...]
    open: bool | None
    opens_at: datetime | None


def hours(phone: str, now: datetime) -> Hours:
    """
    The hours of a number in E.164, at a moment with a zone.

    A number that may be in several zones is open only when all of them are.
    """
    zones = _zones(phone)
    if not zones:
        return Hours(zones=(), open=None, opens_at=None)
    names = tuple(zone.key for zone in zones)
    if _all_open(zones, now):
        return Hours(zones=names, open=True, opens_at=now)
    return Hours(zones=names, open=False, opens_at=_next(zones, now))


def _all_open(zones: Sequence[ZoneInfo], moment: datetime) -> bool:
    return all(OPENS <= moment.astimezone(zone).time() < CLOSES for zone in zones)


def _next(zones: Sequence[ZoneInfo], now: datetime) -> datetime | None:
    """The next quarter of an hour that is good in all; None where there is none."""
    begins = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    moments = (begins + _STEP * step for step in range(1, _STEPS + 1))
    return next((each for each in moments if _all_open(zones, each)), None)


@functools.lru_cache(maxsize=4_096)
def _zones(phone: str) -> tuple[ZoneInfo, ...]:
    try:
        number = parse(phone)
        names = time_zones_for_number(number)
        if _UNKNOWN in names:  # a block that is not in use: its first digits tell the country
            names = time_zones_for_geographical_number(number)
        return tuple(ZoneInfo(name) for name in names if name != _UNKNOWN)
    except (NumberParseException, ZoneInfoNotFoundError, ValueError):
        return ()
