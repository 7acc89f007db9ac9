"""Who has an embedded database in use: as many as like share it, or one has it alone."""

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from connector.domain.errors import ConfigurationError
from connector.store.archive import sync_names


_FILE = "in-use"
#: What a restore has not finished yet; with it in the folder nobody begins to work.
RESTORING = "restoring"


class Occupancy:
    """
    A lock on the folder, which the kernel gives back when its process ends, however it ends.

    It is there before the databases are opened, and gone after they are closed.
    """

    def __init__(self, descriptor: int) -> None:
        self._end = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def shared(cls, folder: Path) -> "Occupancy":
        """For those who work; raises ConfigurationError while a restore is under way."""
        found = _locked(folder, fcntl.LOCK_SH)
        if found is None:
            raise ConfigurationError(f"{folder}: a backup is being restored here just now")
        held = cls(found)
        if (folder / RESTORING).exists():
            held.end()
            raise ConfigurationError(
                f"{folder}: the restoring of a backup was broken off here: call"
                " `connector store restore FILE --replace` again"
            )
        return held

    @classmethod
    def alone(cls, folder: Path) -> "Occupancy":
        """For who puts another database in its place; raises while anybody uses this one."""
        found = _locked(folder, fcntl.LOCK_EX)
        if found is None:
            raise ConfigurationError(
                f"{folder}: the database is in use: end the service and all commands first"
            )
        return cls(found)

    def end(self) -> None:
        self._end()


def _locked(folder: Path, kind: int) -> int | None:
    try:
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in made:
            with contextlib.suppress(PermissionError):  # of a folder above that is not ours
                sync_names(each.parent)
        descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: cannot keep the database here ({error.strerror}):"
            " choose a folder that this user may write, or mend its permissions"
        ) from error
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
