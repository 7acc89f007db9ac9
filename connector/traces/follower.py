"""Follows what workers say of the way of each callback, and makes spans of it."""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from connector.domain.errors import ConnectorError
from connector.pipeline import trail
from connector.store import Store
from connector.traces.place import Place, place_of
from connector.traces.spans import Spans


log = logging.getLogger(__name__)

#: What was said and is not worked off yet; beyond, it is not followed.
MOST_WAITING = 20_000
#: So many messages and records are remembered; of others the store is asked.
REMEMBERED = 20_000
LAST_SECONDS = 2.0

#: A trace, and when its last step ended, in nanoseconds.
Known = tuple[Place, int]


class Memory:
    """Whose trace a message or a record belongs to, the newest of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Known] = OrderedDict()

    def get(self, key: Hashable) -> Known | None:
        return self._known.get(key)

    def keep(self, key: Hashable, known: Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


class Follower(logging.Handler):
    """
    Hears the lines of the trail in the thread that says them, and does all else in its own.

    What another process has read or matched it finds in the store. Whatever goes wrong here,
    the pipeline does not notice.
    """

    def __init__(self, spans: Spans, store: Store) -> None:
        super().__init__(logging.DEBUG)
        self._spans = spans
        self._store = store
        self._memory = Memory()
        self._said: queue.Queue[logging.LogRecord | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._follow, name="traces", daemon=True)
        self._failed = False
        self._steps: dict[str, Callable[[Any, int], None]] = {
            "callback.read": self._read,
            "message.matched": self._matched,
            "record.queued": self._queued,
            "sf.record.answered": self._answered,
        }

    def begin(self) -> None:
        """From now on; the log itself says no more than before."""
        trail.log.addHandler(self)
        trail.log.setLevel(logging.DEBUG)
        trail.log.propagate = False
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        root = logging.getLogger()
        if root.isEnabledFor(record.levelno):
            root.handle(record)
        try:
            self._said.put_nowait(record)
        except queue.Full:
            return

    def close(self) -> None:
        if trail.log.handlers.count(self):
            trail.log.removeHandler(self)
            trail.log.propagate = True
            trail.log.setLevel(logging.NOTSET)
            try:
                self._said.put_nowait(None)
                self._thread.join(LAST_SECONDS)
            except queue.Full:
                log.debug("traces.left_undone")
            self._spans.close()
        super().close()

    def _follow(self) -> None:
        while (record := self._said.get()) is not None:
            try:
                self._steps[record.msg](record, int(record.created * 1e9))
            except Exception as error:  # noqa: BLE001 (a trace is never worth a fall)
                self._complain(error)

    def _complain(self, error: Exception) -> None:
        if not self._failed:
            reason = str(error) if isinstance(error, ConnectorError) else type(error).__name__
            log.warning("traces.failed", extra={"reason": reason})
        self._failed = True

    def _read(self, said: Any, now: int) -> None:  # noqa: ANN401 (fields of a line)
        kept = self._store.inbox.callback(said.callback)
        if kept is None:
            return
        place = place_of(kept.callback)
        start = int(kept.callback.received_at.timestamp() * 1e9)
        told = {"connector.gateway": said.gateway, "connector.callback": said.callback}
        self._spans.step("read", place, start, now, told)
        for message_id in said.messages:
            self._memory.keep((said.gateway, message_id), (place, now))

    def _matched(self, said: Any, now: int) -> None:  # noqa: ANN401
        message = (said.gateway, said.message_id)
        known = self._memory.get(message) or self._of_message(message, now)
        if known:
            told = {"connector.gateway": said.gateway, "connector.records": len(said.records)}
            self._next("match", message, known, now, told)

    def _queued(self, said: Any, now: int) -> None:  # noqa: ANN401
        if said.topic == "delivery" and (known := self._of_record(said.record, now)):
            told = {"salesforce.object": said.object}
            self._next("enqueue", said.record, known, now, told)

    def _answered(self, said: Any, now: int) -> None:  # noqa: ANN401
        if said.urgent:  # an opt-out: no message leads to it
            return
        known = self._memory.get(said.record) or self._of_record(said.record, now)
        if known:
            told = {
                "salesforce.object": said.object,
                "salesforce.verdict": said.verdict,
                "salesforce.code": said.code,
            }
            self._next("salesforce write", said.record, known, now, told)

    def _next(
        self, name: str, key: Hashable, known: Known, now: int, told: dict[str, str | int]
    ) -> None:
        place, before = known
        self._spans.step(name, place, before, now, told)
        self._memory.keep(key, (place, now))

    def _of_record(self, record_id: str, now: int) -> Known | None:
        """That of the message which the record shows."""
        with self._store.transaction(reads=True) as transaction:
            latest = next(iter(transaction.matches.latest([record_id]).values()), None)
        if latest is None:
            return None
        message = (latest.delivery.gateway, latest.delivery.message_id)
        return self._memory.get(message) or self._of_message(message, now)

    def _of_message(self, message: tuple[str, str], now: int) -> Known | None:
        """That of the last callback that said something new of it."""
        with self._store.transaction(reads=True) as transaction:
            events = transaction.events.of_message(*message)
        numbers = [each.callback_id for each in events if each.callback_id > 0]
        kept = self._store.inbox.callback(numbers[-1]) if numbers else None
        return (place_of(kept.callback), now) if kept else None
