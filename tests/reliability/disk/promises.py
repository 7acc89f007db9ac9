"""What a process has acknowledged, and what an image of its disk has of it."""

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from connector.clock import system_clock
from connector.domain.callback import Arrival, Callback
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.gateways import installed
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Store
from connector.store.sql import Row
from tests.reliability.disk.files import Image


#: The header that tells a callback from all others, as in tests/end_to_end/sends.py.
TOKEN = "i-twilio-idempotency-token"
FOLDER = "data"


def callback(token: str, *, urgent: bool = False, body: bytes = b"") -> Arrival:
    return Arrival(
        callback=Callback(
            gateway="kannel",
            method="POST",
            target=f"/callbacks/kannel?id={token.replace(':', '-')}&type=1",
            headers={"host": "sms.example.org", TOKEN: token},
            body=body,
            received_at=system_clock(),
        ),
        urgent=urgent,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What was in one image: promises that were kept, and what is wrong with it."""

    kept: frozenset[str]
    faults: tuple[str, ...] = ()

    def broken(self, promised: set[str]) -> list[str]:
        lost = [f"acknowledged and lost: {each}" for each in sorted(promised - self.kept)]
        return [*self.faults, *lost]


def lay_out(image: Image, root: Path, place: Path) -> None:
    """Write the files of an image, taken below `root`, below another place."""
    for path in sorted(image):
        target, content = place / Path(path).relative_to(root), image[path]
        if content is None:
            target.mkdir(mode=0o700, exist_ok=True)
        elif not target.name.endswith("-shm"):  # memory, not a file
            target.write_bytes(content)
            target.chmod(0o600)


def look(place: Path, *, goes_on: bool) -> Found:
    """
    Start on an image as the service does, and tell what is there.

    `goes_on`: read all callbacks that nobody has read, and take another one.
    """
    try:
        store = _start(f"sqlite:///{place / FOLDER}", whole=goes_on)
    except (ConnectorError, sqlite3.Error, sa.exc.DBAPIError) as error:
        return Found(frozenset(), (f"does not start: {error}",))
    try:
        store.check()
        faults = [*_unsound(place / FOLDER), *_contradictions(store)]
        kept = frozenset(_kept(store))
        if goes_on:
            faults += _cannot_go_on(store)
        return Found(kept, tuple(faults))
    except (ConnectorError, sqlite3.Error, sa.exc.DBAPIError) as error:
        return Found(frozenset(), (f"does not work: {error}",))
    finally:
        store.close()


def _start(url: str, *, whole: bool) -> Store:
    """As `connector web` does, or as the processes that it starts; the first takes longer."""
    try:
        return Store.open(url, upgrade=whole)
    except ConfigurationError:
        return Store.open(url)  # the power failed before there was a schema


def _unsound(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.sqlite3")):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            for (told,) in connection.execute("PRAGMA integrity_check(3)"):
                if told != "ok":
                    yield f"{path.name}: {told}"


def _contradictions(store: Store) -> Iterator[str]:
    """Entries of the audit that do not hold, and a reader that is beyond what was kept."""
    with store.transaction(reads=True) as transaction:
        for each in transaction.audit.verify():
            yield f"audit: entry {each.number} {each.fault}"
    last = store.inbox.last_id()
    for lane, position in _rows(store, "SELECT lane, position FROM cursors"):
        if position > last:
            yield f"lane {lane} was read up to {position}, the last callback is {last}"


def _kept(store: Store) -> Iterator[str]:
    for urgent in (True, False):
        for each in store.inbox.after(0, urgent=urgent, limit=1_000_000):
            yield each.callback.header(TOKEN)
    for row in _rows(store, "SELECT message_id FROM deliveries"):
        yield row.message_id
    with store.transaction(reads=True) as transaction:
        for _, state in transaction.consents.opted_out(limit=1_000_000):
            yield f"opt-out:{state.phone}"
        for key in transaction.keys.all():
            yield f"key:{key.name}"


def _cannot_go_on(store: Store) -> Iterator[str]:
    store.inbox.keep([callback("callback:one-more")])
    for _ in range(100):
        if not normalise(store, installed(), PhoneReader("US"), system_clock).callbacks:
            break
    with store.transaction(reads=True) as transaction:
        if waiting := transaction.unread.waiting():
            yield f"{waiting} callbacks are not read"
        if transaction.deliveries.find("kannel", "callback-one-more") is None:
            yield "a callback that came later is not read"


def _rows(store: Store, question: str) -> Sequence[Row]:
    with store._state.connect().execution_options(reads=True) as connection:  # noqa: SLF001
        return connection.execute(sa.text(question)).all()
