"""Date literals (`LAST_N_DAYS:7`): which days they span, on the org's calendar in UTC."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta


Span = tuple[date, date]  # first day, and the day after the last

_WEEK = 7
_DECEMBER = 12


def span(word: str, count: int | None, today: date) -> Span | None:
    """The days that a literal stands for, or None where there is no such literal."""
    if count is None:
        fixed = _FIXED.get(word)
        return fixed(today) if fixed else None
    counted = _COUNTED.get(word)
    return counted(today, count) if counted else None


def _days(start: date, length: int = 1) -> Span:
    return start, start + timedelta(days=length)


def _week(today: date, offset: int) -> Span:
    """Weeks begin on Sunday, as in the locale en_US."""
    start = today - timedelta(days=(today.weekday() + 1) % _WEEK)
    return _days(start + timedelta(weeks=offset), _WEEK)


def _month(today: date, offset: int) -> Span:
    return _month_start(today, offset), _month_start(today, offset + 1)


def _month_start(today: date, offset: int) -> date:
    months = today.year * _DECEMBER + today.month - 1 + offset
    return date(months // _DECEMBER, months % _DECEMBER + 1, 1)


def _year(today: date, offset: int) -> Span:
    return date(today.year + offset, 1, 1), date(today.year + offset + 1, 1, 1)


_FIXED: Mapping[str, Callable[[date], Span]] = {
    "TODAY": _days,
    "YESTERDAY": lambda today: _days(today - timedelta(days=1)),
    "TOMORROW": lambda today: _days(today + timedelta(days=1)),
    "LAST_WEEK": lambda today: _week(today, -1),
    "THIS_WEEK": lambda today: _week(today, 0),
    "NEXT_WEEK": lambda today: _week(today, 1),
    "LAST_MONTH": lambda today: _month(today, -1),
    "THIS_MONTH": lambda today: _month(today, 0),
    "NEXT_MONTH": lambda today: _month(today, 1),
    "LAST_YEAR": lambda today: _year(today, -1),
    "THIS_YEAR": lambda today: _year(today, 0),
    "NEXT_YEAR": lambda today: _year(today, 1),
    "LAST_90_DAYS": lambda today: _days(today - timedelta(days=90), 91),
    "NEXT_90_DAYS": lambda today: _days(today + timedelta(days=1), 90),
}
_COUNTED: Mapping[str, Callable[[date, int], Span]] = {
    "LAST_N_DAYS": lambda today, n: _days(today - timedelta(days=n), n + 1),
    "NEXT_N_DAYS": lambda today, n: _days(today + timedelta(days=1), n),
    "N_DAYS_AGO": lambda today, n: _days(today - timedelta(days=n)),
    "LAST_N_WEEKS": lambda today, n: (_week(today, -n)[0], _week(today, -1)[1]),
    "LAST_N_MONTHS": lambda today, n: (_month(today, -n)[0], _month(today, -1)[1]),
}
