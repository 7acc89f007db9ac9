"""
The worker of the scale test, as a process that may be killed.

    python -m tests.end_to_end.scale_worker FOLDER LOGIN-URL CA-FILE BULK-FROM

It has the pipeline of the service, and a clock that it turns on instead of waiting. When
nothing is left to do it tells in one line of JSON what it did.
"""

import contextlib
import json
import logging
import resource
import sys
from datetime import datetime, timedelta

from connector import gateways, mapping
from connector.clock import Clock, system_clock
from connector.pipeline.enqueue import enqueue
from connector.pipeline.ledger import StoreLedger
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.pipeline.settlement import PushReport
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from connector.store import Store
from connector.store.holders import own_name
from connector.worker import tune
from tests.end_to_end.scale_org import CLIENT_ID, CLIENT_SECRET


#: A round that did nothing, one that did something: so much time is between it and the next.
WAIT, FLUSH = timedelta(seconds=5), timedelta(seconds=0.5)
MOST_ROUNDS = 20_000


class TurnedClock:
    """The system's clock, put forward."""

    def __init__(self) -> None:
        self._forward = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self._forward

    def advance(self, by: timedelta) -> None:
        self._forward += by


def read(store: Store, clock: Clock) -> None:
    """From callbacks to pending fields, until nothing is left."""
    mappings = mapping.load_all(mapping.packaged())
    while (
        normalise(store, gateways.installed(), PhoneReader(), clock).callbacks
        or match(store, mappings, clock).matched
        or enqueue(store, mappings, clock).records
    ):
        pass


def is_done(store: Store) -> bool:
    with store.transaction(reads=True) as transaction:
        waiting, _ = transaction.outbox.size()
        marked = transaction.outbox.marked_count()
        return not (waiting or marked or transaction.bulk_jobs.objects())


def main(folder: str, login_url: str, ca_file: str, bulk_from: int) -> None:
    clock, report, rounds = TurnedClock(), PushReport(), 0
    access = OrgAccess(
        login_url=login_url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        ca_file=ca_file,
    )
    tune()
    with (
        contextlib.closing(Store.open(f"sqlite:///{folder}")) as store,
        connect(access, clock=clock) as org,
    ):
        budget = Budget(
            clock=clock,
            share=1.0,
            reserve=0,
            ledger=StoreLedger(store),
            calls=lambda: org.calls,
        )
        pusher = Pusher(store, org, budget, clock, holder=own_name(), bulk_from=bulk_from)
        read(store, clock)
        while not is_done(store) and rounds < MOST_ROUNDS:
            rounds += 1
            done = pusher.push()
            report += done
            read(store, clock)
            clock.advance(FLUSH if done.calls else WAIT)
        told = {
            "rounds": rounds,
            "written": report.written,
            "calls": org.calls,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    # Refusals are no news here.
    logging.getLogger("connector").addHandler(logging.NullHandler())
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
