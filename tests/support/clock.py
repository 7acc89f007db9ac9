"""A clock that tests set: time moves only when a test says so."""

from datetime import UTC, datetime, timedelta


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TestClock:
    """Tells the time it was set to; fits wherever a `Clock` is wanted."""

    __test__ = False  # its name looks like a class of tests to pytest

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)
