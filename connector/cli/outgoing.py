"""Files that commands write: whole, and for their owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from connector.domain.errors import ConfigurationError


@contextmanager
def written_file(path: Path, *, overwrite: bool) -> Iterator[TextIO]:
    """A file that only its owner reads."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path}: is there already; say --overwrite") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from error
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
