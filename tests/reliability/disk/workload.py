"""
A process that keeps things as the service does: `python -m tests.reliability.disk.workload`.

It writes a line for each thing once that is acknowledged, and nothing else, so that a trace of
its system calls shows what it promised, and when.
"""

import argparse
import asyncio
import logging
import os
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.domain.consent import ConsentSource
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.domain.errors import StoreUnavailableError
from connector.gateways import installed
from connector.pipeline.consent import Evidence, stop
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Store, engine
from connector.web.group_commit import GroupCommit
from tests.reliability.disk.mistakes import KNOWN
from tests.reliability.disk.promises import FOLDER, callback


#: How it ends where the disk has failed: as if killed, with no file closed.
FAILED = 3
MOST_AT_ONCE = 12
LONGEST_BODY = 12_000
JOURNALS = ("", "truncate", "wal", "delete", "persist")
LEVELS = {"off": 0, "normal": 1, "full": 2, "extra": 3}


def use(journal: str, synchronous: str) -> None:
    """From now on this process opens its databases like this; empty: as the service does."""
    if journal:
        engine.journal_mode = lambda: journal
    if synchronous:
        usual = engine._set_pragmas  # noqa: SLF001

        def set_pragmas(connection: sqlite3.Connection, path: Path) -> None:
            usual(connection, path)
            connection.execute(f"PRAGMA synchronous = {LEVELS[synchronous]}")

        engine._set_pragmas = set_pragmas  # noqa: SLF001


class Workload:
    """What the door, the API, the command line and the worker do, drawn by the dice."""

    def __init__(
        self, root: Path, dice: random.Random, first: int, say: Callable[[str], object]
    ) -> None:
        self._url = f"sqlite:///{root / FOLDER}"
        self._dice = dice
        self._say = say
        self._count = first
        self._open()

    def _open(self) -> None:
        self._store = Store.open(self._url)
        self._commit = GroupCommit(self._store.inbox.keep)

    async def play(self, rounds: int) -> None:
        steps: Sequence[Callable[[], Awaitable[None]]] = (
            *[self._callbacks] * 8,
            *[self._registrations] * 3,
            *[self._opt_outs] * 4,
            *[self._reading] * 4,
            self._key,
        )
        for number in range(rounds):
            await self._dice.choice(steps)()
            if number == rounds // 3:
                await self._restart()
            if number == rounds // 2:
                self._store.erasure().free_pages()
        await self._close()

    def _next(self) -> int:
        self._count += 1
        return self._count

    async def _callbacks(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._dice.randint(1, MOST_AT_ONCE)):
                group.create_task(self._callback(f"callback:{self._next()}"))

    async def _callback(self, token: str) -> None:
        body = self._dice.randbytes(self._dice.choice((0, 300, LONGEST_BODY)))
        await self._commit.keep(callback(token, urgent=self._dice.random() < 0.2, body=body))
        self._say(token)

    async def _registrations(self) -> None:
        names = [f"message:{self._next()}" for _ in range(self._dice.randint(1, 40))]
        now = system_clock()
        self._store.register(
            [
                DeliveryEvent(
                    gateway="twilio",
                    message_id=each,
                    status=DeliveryStatus.PENDING,
                    received_at=now,
                )
                for each in names
            ]
        )
        self._say(" ".join(names))

    async def _opt_outs(self) -> None:
        phone = f"+1201555{self._dice.randint(100, 199):04}"
        evidence = Evidence(actor="key:crm", source=ConsentSource.API, reason="said so")
        stop(self._store, [phone], evidence, system_clock)
        self._say(f"opt-out:{phone}")

    async def _reading(self) -> None:
        """What was read has to agree with what was kept; it promises nothing."""
        normalise(self._store, installed(), PhoneReader("US"), system_clock, limit=20)

    async def _key(self) -> None:
        name = f"k{self._next()}"
        with self._store.transaction() as transaction:
            transaction.keys.create(name, f"hash of {name}", {"status:read"}, system_clock())
        self._say(f"key:{name}")

    async def _restart(self) -> None:
        await self._close()
        self._open()

    async def _close(self) -> None:
        await self._commit.close()
        self._store.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.disk.workload")
    parser.add_argument("root", type=Path, help="a folder that is there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the number before the first one")
    parser.add_argument("--journal", choices=JOURNALS, default="")
    parser.add_argument("--synchronous", choices=("", *LEVELS), default="")
    parser.add_argument("--mistake", choices=("", *KNOWN), default="")
    given = parser.parse_args()
    # Standard error goes where the promises go.
    logging.getLogger().addHandler(logging.NullHandler())
    use(given.journal, given.synchronous)
    if given.mistake:
        KNOWN[given.mistake].plant()
    dice = random.Random(given.seed)  # noqa: S311 (repeatable, not secret)

    async def play() -> None:
        workload = Workload(given.root, dice, given.first, say)
        await workload.play(given.rounds)

    try:
        asyncio.run(play())
    except* StoreUnavailableError:
        os._exit(FAILED)


def say(told: str) -> None:
    os.write(1, f"{told}\n".encode())


if __name__ == "__main__":
    main()
