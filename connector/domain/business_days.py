"""
Until when a revocation is to be honoured: ten business days at most, 47 CFR 64.1200(a)(10).

Two doubts remain, and both are settled so that nothing is due later than the law says. Federal
holidays count as business days: a table of them would have to be kept, and where it lacks one
the time would be too long, not too short. And where it is Friday in one place it is Saturday in
another, so the place counts where the time ends first.
"""

from datetime import datetime, timedelta


DAYS = 10
_SATURDAY = 5
#: Hours from UTC of American Samoa and of Guam, the ends of the United States, and UTC itself.
_PLACES = (timedelta(hours=-11), timedelta(0), timedelta(hours=10))


def due(asked: datetime) -> datetime:
    """The tenth business day after, at the same time of day."""
    return min(_due(asked + place) - place for place in _PLACES)


def _due(asked: datetime) -> datetime:
    left, at = DAYS, asked
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < _SATURDAY
    return at
