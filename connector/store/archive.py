"""A backup as one file: the databases, and a list of what they are, each held by its hash."""

import contextlib
import dataclasses
import hashlib
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO

import orjson

from connector.domain.errors import ConfigurationError, StoreUnavailableError


#: The last of the file: without it the file is not whole.
_MANIFEST = "manifest.json"
_FORMAT = 1
_MOST_MANIFEST = 1 << 20
_CHUNK = 1 << 20

#: Told of bytes that were copied.
Progress = Callable[[int], None]


def quiet(_count: int) -> None:
    """For whoever wants to hear nothing of the progress."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """
    What a backup holds: all that was committed before `made_at`, and some of what came then.

    `rows` counts what matters to people; `audit_number` and `audit_hash` are the last entry,
    `audit_fault` says where the chain of the audit did not hold.
    """

    made_at: datetime
    engine: str
    version: str
    schema: str
    org: str
    rows: Mapping[str, int]
    audit_number: int
    audit_hash: str
    audit_fault: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A backup file, and what is in it."""

    path: Path
    bytes: int
    contents: Contents


def pack(
    path: Path,
    files: Sequence[Path],
    contents: Contents,
    *,
    overwrite: bool,
    progress: Progress = quiet,
) -> Archive:
    """Write these files into one; it has its name only when all of it is on the disk."""
    demand_room(path, overwrite=overwrite)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with _private(partial) as file:
            with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                hashes = {each.name: _add(tar, each, progress) for each in files}
                _add_manifest(tar, contents, hashes)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_names(path.parent)
    except OSError as error:
        raise StoreUnavailableError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)
    return Archive(path=path, bytes=path.stat().st_size, contents=contents)


def unpack(
    path: Path, into: Path, names: Sequence[Sequence[str]], progress: Progress = quiet
) -> Contents:
    """
    Take the files out, one of these sets of names and no others; nothing counts unless all do.

    Raises ConfigurationError for what is no backup, is not whole or was changed.
    """
    hashes: dict[str, str] = {}
    told: dict[str, object] = {}
    allowed = {name for each in names for name in each}
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None or told or member.name in hashes:
                    raise ConfigurationError(f"{path}: is no backup of ours")
                if member.name == _MANIFEST and member.size <= _MOST_MANIFEST:
                    told = orjson.loads(source.read())
                elif member.name in allowed:
                    hashes[member.name] = _take(source, into / member.name, progress)
                else:
                    raise ConfigurationError(f"{path}: is no backup of ours")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise ConfigurationError(f"{path}: is no backup, or not whole") from error
    if not told:
        raise ConfigurationError(f"{path}: is not whole: its end is missing")
    return _checked(path, told, hashes, names)


def _checked(
    path: Path,
    told: Mapping[str, object],
    hashes: Mapping[str, str],
    names: Sequence[Sequence[str]],
) -> Contents:
    if told.get("format") != _FORMAT:
        raise ConfigurationError(f"{path}: was made by a newer version: restore it with that")
    if told.get("files") != hashes or sorted(hashes) not in [sorted(each) for each in names]:
        raise ConfigurationError(f"{path}: is damaged: its parts are not what was put in")
    try:
        found = dict(told["contents"])  # type: ignore[call-overload]
        return Contents(**{**found, "made_at": datetime.fromisoformat(found["made_at"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}: is no backup of ours") from error


def demand_room(path: Path, *, overwrite: bool) -> None:
    """Raise ConfigurationError where a file is, or cannot be made."""
    if path.exists() and not overwrite:
        raise ConfigurationError(f"{path}: is there already; say --overwrite")
    if not path.parent.is_dir():
        raise ConfigurationError(f"{path.parent}: there is no such folder")


def sync_names(folder: Path) -> None:
    """Make it durable which files a folder has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


class _Heard:
    """A file whose bytes are hashed and counted as they are read."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.hash.update(found)
        self._progress(len(found))
        return found


def _add(tar: tarfile.TarFile, path: Path, progress: Progress) -> str:
    member = tarfile.TarInfo(path.name)
    member.size, member.mode = path.stat().st_size, 0o600
    with path.open("rb") as file:
        heard = _Heard(file, progress)
        tar.addfile(member, heard)
    return heard.hash.hexdigest()


def _add_manifest(tar: tarfile.TarFile, contents: Contents, hashes: Mapping[str, str]) -> None:
    told = {"format": _FORMAT, "contents": contents, "files": hashes}
    text = orjson.dumps(told, option=orjson.OPT_INDENT_2)
    member = tarfile.TarInfo(_MANIFEST)
    member.size, member.mode = len(text), 0o600
    tar.addfile(member, BytesIO(text))


def _take(source: IO[bytes], path: Path, progress: Progress) -> str:
    heard = _Heard(source, progress)
    with _private(path) as file:
        while chunk := heard.read(_CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return heard.hash.hexdigest()
