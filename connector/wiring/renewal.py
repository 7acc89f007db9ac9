"""Secrets that change in their files, taken up without a restart."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping

from connector import logs
from connector.domain.errors import ConfigurationError
from connector.settings import Settings


log = logging.getLogger(__name__)

#: How often the files are looked at.
SECONDS = 10.0
_FROM_FILE = "file "

#: What tells one content of a file from the next; a link that leads elsewhere counts too.
Stamp = tuple[int, int, int]


class Renewal:
    """
    Looks at the files that secrets came from, and reads all settings anew when one changed.

    What cannot be read or taken leaves everything as it was, and is said once.
    """

    def __init__(
        self,
        settings: Settings,
        take: Callable[[Settings], object],
        *,
        read: Callable[[], Settings] = Settings.from_environment,
    ) -> None:
        self._take = take
        self._read = read
        self._files = secret_files(settings)
        self._seen = _stamps(self._files)

    def look(self) -> bool:
        """Whether something new was taken up."""
        found = _stamps(self._files)
        if found == self._seen:
            return False
        self._seen = found
        try:
            settings = self._read()
            logs.hide(settings.secrets)
            self._take(settings)
        except ConfigurationError as error:
            log.warning("settings.not_renewed", extra={"reason": str(error)})
            return False
        log.info("settings.renewed")
        return True


def secret_files(settings: Settings) -> list[str]:
    sources = settings.sources.values()
    return [each.removeprefix(_FROM_FILE) for each in sources if each.startswith(_FROM_FILE)]


def _stamps(files: Iterable[str]) -> Mapping[str, Stamp | None]:
    return {each: _stamp(each) for each in files}


def _stamp(file: str) -> Stamp | None:
    try:
        found = os.stat(file)  # noqa: PTH116 (a path of the operator, as it stands)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
