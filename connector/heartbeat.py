"""A file that a worker touches as long as it works: for whoever has to see that it lives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.clock import Clock


#: How often it is touched, and how old it may be before the worker counts as stuck.
BEAT_SECONDS = 10.0
LONGEST_SILENCE = timedelta(seconds=60)


class Heartbeat:
    """The beats of one worker; without a file there are none."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def beat(self) -> None:
        if self._file:
            self._file.touch(mode=0o600)

    def silence(self, clock: Clock) -> timedelta | None:
        """Since when nothing was heard; None where nothing ever was."""
        if self._file is None or not self._file.exists():
            return None
        return clock() - datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
