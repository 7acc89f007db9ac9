"""
The service with a tenth of its patience: `python -m tests.reliability.hurried --help`.

What takes a minute in the field takes seconds here; what happens is the same. Instead of a
command of `connector`: `jobs` is a scheduler of nothing but jobs that note what they do;
`locks` is a worker in the middle of a unit of work, `calls` one in the middle of a call, for
ever.
"""

import argparse
import sys
import threading
from collections.abc import Mapping
from datetime import timedelta

from connector import cli, worker
from connector.clock import system_clock
from connector.pipeline import presence
from connector.pipeline.lane import LEASE
from connector.pipeline.presence import Presence
from connector.store import Store, engine
from connector.store.holders import own_name
from connector.store.house import Leases
from tests.jobs import process


#: When somebody has been silent for too long, in seconds.
SILENCE = 5
MISTAKES: Mapping[str, tuple[tuple[object, str, object], ...]] = {
    "a lease's end is not looked at": (
        (Leases, "holds", lambda *_: True),
        (Leases, "renew", lambda *_: True),
    ),
    "a server waits for whoever is silent": ((engine, "_SERVER_SIDE", {}),),
    "nobody watches over the silent": ((Presence, "_give_free", lambda *_: False),),
}
_TIMES: tuple[tuple[object, str, object], ...] = (
    (worker, "LOOK_SECONDS", 1.0),
    (presence, "SILENCE", timedelta(seconds=SILENCE)),
    (presence, "MARGIN", timedelta(seconds=1)),
    (engine, "SILENCE_MS", SILENCE * 1_000),
    (
        engine,
        "_SERVER_SIDE",
        {
            **engine._SERVER_SIDE,  # noqa: SLF001 (the same settings, other values)
            "idle_in_transaction_session_timeout": SILENCE * 1_000,
            "tcp_keepalives_idle": 2,
            "tcp_keepalives_interval": 1,
            "tcp_keepalives_count": 3,
            "tcp_user_timeout": SILENCE * 1_000,
            "client_connection_check_interval": 1_000,
        },
    ),
)


def locks(url: str, lease: str) -> None:
    """A worker in the middle of a unit of work under this lease."""
    store, holder = Store.open(url, upgrade=False), own_name()
    while True:  # a try that fails has locked the lease too, until its transaction ends
        with store.transaction() as transaction:
            if transaction.leases.take(lease, holder, system_clock(), LEASE):
                _stay()
        threading.Event().wait(0.02)


def calls(url: str, lease: str) -> None:
    """A worker that waits for an answer, under this lease."""
    store, holder = Store.open(url, upgrade=False), own_name()
    Presence(store, system_clock, holder=holder, longest_call=timedelta(0)).look()
    while True:
        with store.transaction() as transaction:
            taken = transaction.leases.take(lease, holder, system_clock(), LEASE)
        if taken:
            _stay()
        threading.Event().wait(0.02)


def _stay() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


_INSTEAD = {
    "jobs": lambda *_: process.main(),
    "locks": locks,
    "calls": calls,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.hurried")
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("words", nargs="+", metavar="-- WORD", help="as `worker`, or `jobs`")
    given = parser.parse_args()
    for owner, name, instead in (*_TIMES, *MISTAKES.get(given.mistake, ())):
        setattr(owner, name, instead)
    sys.argv = ["connector", *given.words]
    if instead := _INSTEAD.get(given.words[0]):
        sys.argv = given.words
        instead(*given.words[1:])
    else:
        cli.main()


if __name__ == "__main__":
    main()
