"""Moments as the database keeps them: whole microseconds since 1970, UTC; 0 is "none"."""

from datetime import UTC, datetime, timedelta


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE = 0


def micros(moment: datetime | None) -> int:
    """The stored form; None, and nothing else within reach of a gateway, becomes 0."""
    return _NONE if moment is None else (moment - _EPOCH) // _MICROSECOND


def duration(span: timedelta) -> int:
    return span // _MICROSECOND


def moment(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def moment_or_none(stored: int) -> datetime | None:
    return None if stored == _NONE else moment(stored)
