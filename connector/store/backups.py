"""Backups of a store that is in use, and what one holds."""

import contextlib
import importlib.metadata
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from connector.clock import Clock
from connector.domain.errors import StoreUnavailableError
from connector.store import copying, dump
from connector.store.archive import Archive, Contents, Progress, demand_room, pack, quiet
from connector.store.audit import BEGINNING, Act, Break, Entry, Walk
from connector.store.copying import INBOX_FILE, STATE_FILE
from connector.store.dump import DUMP_FILE, Server
from connector.store.store import Store
from connector.store.times import moment


#: What a backup consists of, by engine.
FILES = {"SQLite": (INBOX_FILE, STATE_FILE), "PostgreSQL": (DUMP_FILE,)}
_COUNTED = ("callbacks", "deliveries", "consent_events", "consents", "audit")


def back_up(
    url: str,
    path: Path,
    clock: Clock,
    *,
    overwrite: bool,
    privacy_key: str = "",
    progress: Progress = quiet,
) -> Archive:
    """Write all that is committed by now into one file; web and worker processes may run."""
    demand_room(path, overwrite=overwrite)
    opened = Store.open(url, upgrade=False, privacy_key=privacy_key)
    with contextlib.closing(opened) as store, scratch(path.parent) as folder:
        made_at = clock()
        if store.shared:
            Server(url).dump(folder / DUMP_FILE)
            contents = look_at_dump(folder / DUMP_FILE, made_at)
        else:
            copying.copy(folder_of(url), folder, progress)
            contents = look_at_copy(folder, made_at, privacy_key)
        files = [folder / name for name in FILES[contents.engine]]
        return pack(path, files, contents, overwrite=overwrite, progress=progress)


def folder_of(url: str) -> Path:
    """Where an embedded database lies."""
    return Path(url.removeprefix("sqlite:///"))


@contextlib.contextmanager
def scratch(beside: Path | None = None) -> Iterator[Path]:
    """A folder for a while, that nobody else looks into."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".connector-", dir=beside))
    except OSError as error:
        raise StoreUnavailableError(
            f"{beside}: cannot be written ({error.strerror})"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_at_copy(
    folder: Path, made_at: datetime, privacy_key: str, *, upgrade: bool = False
) -> Contents:
    """What two databases hold that nobody uses; raises where they are not sound."""
    if fault := copying.fault(folder):
        raise StoreUnavailableError(f"the copy is not sound: {fault}")
    url = f"sqlite:///{folder}"
    with contextlib.closing(Store.connect(url, privacy_key=privacy_key)) as store:
        schema = store.revision()
        store.prepare(upgrade=upgrade)
        with store.transaction(reads=True) as transaction:
            fault = _words(next(transaction.audit.verify(), None))
            number, own = transaction.audit.head()
            org = transaction.belonging.org()
        rows = store.size().rows
    return Contents(
        made_at=made_at,
        engine="SQLite",
        version=importlib.metadata.version("connector"),
        schema=schema,
        org=org,
        rows={name: rows[name] for name in _COUNTED},
        audit_number=number,
        audit_hash=own,
        audit_fault=fault,
    )


def look_at_dump(path: Path, made_at: datetime) -> Contents:
    """What a dump holds; no server is asked."""
    marks = {row["name"]: row["value"] for row in dump.rows(path, "marks")}
    number, _, own = marks.get("audit.head", "").partition(" ")
    head = (int(number), own) if own else (0, BEGINNING)
    walk = Walk()
    broken = next(walk.along(_entries(path)), None) or next(walk.end(head), None)
    return Contents(
        made_at=made_at,
        engine="PostgreSQL",
        version=importlib.metadata.version("connector"),
        schema=next((row["version_num"] for row in dump.rows(path, "alembic_version")), ""),
        org=marks.get("org", ""),
        rows={name: sum(1 for _ in dump.rows(path, name)) for name in _COUNTED},
        audit_number=head[0],
        audit_hash=head[1],
        audit_fault=_words(broken),
    )


def _words(broken: Break | None) -> str:
    return f"entry {broken.number} {broken.fault}" if broken else ""


def _entries(path: Path) -> list[Entry]:
    found = map(_entry, dump.rows(path, "audit"))
    return sorted(found, key=lambda each: each.number)


def _entry(row: Mapping[str, str]) -> Entry:
    act = Act(
        at=moment(int(row["at"])),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=row["detail"],
        version_before=int(row["version_before"]),
        version_after=int(row["version_after"]),
    )
    return Entry(number=int(row["number"]), act=act, previous=row["previous"], hash=row["hash"])
