"""Puts a backup in the place of the databases, where nobody uses them."""

import contextlib
import dataclasses
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store import schema
from connector.store.archive import Contents, Progress, quiet, sync_names, unpack
from connector.store.audit import Act
from connector.store.backups import FILES, folder_of, look_at_copy, look_at_dump, scratch
from connector.store.dump import DUMP_FILE, Server
from connector.store.occupancy import RESTORING, Occupancy
from connector.store.restoration import Restoration
from connector.store.store import Store


#: On a server a table of this name stands for the folder.
_BEGIN = f"CREATE TABLE IF NOT EXISTS {RESTORING} ()".encode()
_END = f"DROP TABLE IF EXISTS {RESTORING}".encode()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back; `aside` is where that lies now which was there before."""

    contents: Contents
    aside: Path | None
    keys: tuple[str, ...]


class Restorer:
    """One backup file on its way into a store."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        actor: str,
        privacy_key: str = "",
        progress: Progress = quiet,
    ) -> None:
        if not path.is_file():
            raise ConfigurationError(f"{path}: there is no such file")
        self._path = path
        self._clock = clock
        self._actor = actor
        self._privacy_key = privacy_key
        self._progress = progress

    def restore(self, url: str, *, replace: bool) -> Restored:
        """
        Nothing is touched before all of the file is found to be sound.

        From then on the store remembers that opt-outs may be missing in it.
        """
        if url.startswith("sqlite:///"):
            return self._into_folder(folder_of(url), replace=replace)
        return self._into_server(url)

    def _into_folder(self, folder: Path, *, replace: bool) -> Restored:
        occupancy = Occupancy.alone(folder)
        try:
            there = sorted(folder.glob("*.sqlite3*"))
            if there and not replace:
                raise ConfigurationError(
                    f"{folder}: there is a database already: say --replace to put it aside, or"
                    " choose an empty folder"
                )
            return self._replace(folder, there)
        except OSError as error:
            raise StoreUnavailableError(f"{folder}: {error.strerror}") from error
        finally:
            occupancy.end()

    def _replace(self, folder: Path, there: Sequence[Path]) -> Restored:
        """While the stage is there nobody begins to work, wherever this is broken off."""
        stage = folder / RESTORING
        broken_off = stage.exists()
        _empty(stage)
        try:
            contents = self._unpack(stage, "SQLite")
            found = look_at_copy(stage, contents.made_at, self._privacy_key, upgrade=True)
            self._compare(contents, found)
            keys = self._mark(f"sqlite:///{stage}", contents)
        except BaseException:
            if not broken_off:
                shutil.rmtree(stage)
            raise
        aside = _put_aside(folder, there, self._clock())
        for name in FILES["SQLite"]:
            (stage / name).rename(folder / name)
        sync_names(folder)
        shutil.rmtree(stage)
        sync_names(folder)
        return Restored(contents=contents, aside=aside, keys=keys)

    def _into_server(self, url: str) -> Restored:
        server = Server(url)
        if others := server.others():
            raise ConfigurationError(
                f"the database is in use by {others} connections: end the service and all"
                " commands first"
            )
        if set(server.tables()) - {RESTORING}:
            raise ConfigurationError(
                "there is a database already: make an empty one (createdb), and let"
                " CONNECTOR_DATABASE_URL lead to it; keep the old one, for its opt-outs"
            )
        with scratch() as folder:
            contents = self._unpack(folder, "PostgreSQL")
            self._compare(contents, look_at_dump(folder / DUMP_FILE, contents.made_at))
            server.say(_BEGIN)
            try:
                server.restore(folder / DUMP_FILE)
            except BaseException:
                server.say(_END)
                raise
        keys = self._mark(url, contents)
        server.say(_END)
        with contextlib.closing(Store.connect(url, privacy_key=self._privacy_key)) as store:
            store.prepare(upgrade=True)  # which says so if the key of the names is another
        return Restored(contents=contents, aside=None, keys=keys)

    def _unpack(self, folder: Path, engine: str) -> Contents:
        contents = unpack(self._path, folder, list(FILES.values()), self._progress)
        if contents.engine != engine:
            raise ConfigurationError(
                f"{self._path}: is of a {contents.engine} database, this one is {engine}"
            )
        if contents.schema > schema.head():
            raise ConfigurationError(
                f"{self._path}: has schema {contents.schema}, of a newer version than this one,"
                f" which knows {schema.head()}: restore it with that version"
            )
        return contents

    def _compare(self, told: Contents, found: Contents) -> None:
        # By whatever version it was made, and may be read.
        if dataclasses.replace(found, version=told.version) != told:
            raise ConfigurationError(f"{self._path}: does not hold what it says")

    def _mark(self, url: str, contents: Contents) -> tuple[str, ...]:
        """The names of the keys that are in force again."""
        now = self._clock()
        with contextlib.closing(Store.connect(url, privacy_key=self._privacy_key)) as store:
            store.upgrade()
            begin(store, Restoration(at=now, since=contents.made_at), self._actor)
            with store.transaction(reads=True) as transaction:
                keys = transaction.keys.all()
        return tuple(each.name for each in keys if not each.revoked)


def begin(store: Store, restoration: Restoration, actor: str) -> None:
    """From now on opt-outs that came since a moment may be missing; who says so."""
    with store.transaction() as transaction:
        transaction.restorations.begin(restoration)
        act = Act(
            at=restoration.at,
            actor=actor,
            action="store.restore",
            detail=f"since={restoration.since.isoformat()}",
        )
        transaction.audit.append([act])


def _empty(stage: Path) -> None:
    """Without ever being away: one that an earlier try has left still keeps others out."""
    stage.mkdir(mode=0o700, exist_ok=True)
    for each in stage.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()
    sync_names(stage.parent)


def _put_aside(folder: Path, files: Sequence[Path], now: datetime) -> Path | None:
    if not files:
        return None
    aside = folder / f"replaced-{now:%Y%m%dT%H%M%S.%f}"
    aside.mkdir(mode=0o700)
    for each in files:
        each.rename(aside / each.name)
    sync_names(aside)
    return aside
