"""
The proof that a big backlog ends where it should: `python -m tests.end_to_end.scale --help`.

Many records wait for an org that is in trouble: locks, merged, converted and deleted records, a
validation rule. Opt-outs are among them. The worker is killed twice on its way. In the end each
record has to be in its place, and calls are counted: by collections only, and with bulk jobs.
"""

import argparse
import collections
import contextlib
import dataclasses
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.emulator import EmulatedOrg, OrgServer, serve
from connector.store import Store
from tests.end_to_end import scale_org
from tests.end_to_end.scale_org import Countdown, People
from tests.end_to_end.scale_worker import read
from tests.support.callbacks import dlr, reply


DELIVERED, FAILED = 1, 2
KILLS = 2
PAGE = 5_000
PATIENCE_SECONDS = 1_800
POLL_SECONDS = 0.02
_SHOWN = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run showed: `faults` is empty when all is as it should be."""

    calls: Mapping[str, int]
    facts: Mapping[str, object]
    faults: Sequence[str]


def play(records: int, seed: int, bulk_from: int, folder: Path) -> Outcome:
    """One run, in a folder of its own."""
    chance = random.Random(seed)  # noqa: S311 (the same people in every run)
    org, people = scale_org.make_org(folder, records, chance)
    with (
        contextlib.closing(org),
        contextlib.closing(Store.open(f"sqlite:///{folder / 'data'}")) as store,
        serve(org, folder=folder / "certificates") as server,
    ):
        queue(store, people)
        locks = scale_org.trouble(org, people)
        run = Run(folder, org, server, store, people, bulk_from)
        facts = run.to_the_end(chance)
        faults = list(deviations(org, store, people, locks, run))
        return Outcome(calls=calls(org), facts=facts, faults=faults)


def queue(store: Store, people: People) -> None:
    """A delivered message for everybody, and the STOPs of those who opt out early."""
    now = system_clock()
    for page in _pages(people.everybody):
        entries = [
            DirectoryEntry(
                record=RecordRef("Contact" if each[:3] == "003" else "Lead", each),
                phones={},
                modified_at=now,
                parent=people.parents.get(each, ""),
            )
            for each in page
        ]
        phones = {**people.opt_outs, **people.late_opt_outs}
        held = {each: {"MobilePhone": phones[each]} for each in page if each in phones}
        with store.transaction() as transaction:
            transaction.directory.put(entries, held)
    # The loser's message is the later one, so that the winner has to show it.
    losers = set(people.merged)
    for page in _pages(people.everybody):
        store.inbox.keep(
            [
                dlr(DELIVERED, message_id(each), ref=each, at=1_700_000_000 + (each in losers))
                for each in page
            ]
        )
    stop(store, people.opt_outs)
    read(store, system_clock)


def stop(store: Store, opt_outs: Mapping[str, str]) -> None:
    store.inbox.keep([reply("STOP", phone.replace("+", "%2B")) for phone in opt_outs.values()])


def message_id(record: str) -> str:
    return f"m{record}"


class Run:
    """The worker, killed twice and started again."""

    def __init__(
        self,
        folder: Path,
        org: EmulatedOrg,
        server: OrgServer,
        store: Store,
        people: People,
        bulk_from: int,
    ) -> None:
        self._org = org
        self._store = store
        self._people = people
        self.bulk_from = bulk_from
        self.late_from = 0
        self.under_way: frozenset[str] = frozenset()
        self.kills = 0
        self._command = [
            *(sys.executable, "-m", "tests.end_to_end.scale_worker", str(folder / "data")),
            *(server.https_url, str(server.ca_file), str(bulk_from)),
        ]

    def to_the_end(self, chance: random.Random) -> dict[str, object]:
        started = time.monotonic()
        self._until(self._is_half_way)
        self.late_from = self._last_change()
        self.under_way = frozenset(job.id for job in self._org.bulk.jobs.all())
        stop(self._store, self._people.late_opt_outs)
        before = self._org.calls.total()
        more = chance.randint(5, 40)
        self._until(lambda: self._org.calls.total() >= before + more)
        told = self._until(lambda: False)
        return {
            "seconds": time.monotonic() - started,
            "worker's memory, MiB": told["peak_mib"],
            "kills": self.kills,
        }

    def _is_half_way(self) -> bool:
        """In the middle of a job, or of the calls."""
        if not self.bulk_from:
            updates = self._org.calls["PATCH /composite/sobjects"]
            return updates >= len(self._people.everybody) / 400
        return any(
            job.state == "InProgress" and job.processed for job in self._org.bulk.jobs.all()
        )

    def _last_change(self) -> int:
        rows = self._org.storage.fetch("SELECT MAX(sequence) AS last FROM _history")
        return int(rows[0]["last"])

    def _until(self, is_time: Callable[[], bool]) -> dict[str, float]:
        """Run a worker until it ends or the time has come to kill it."""
        with subprocess.Popen(self._command, stdout=subprocess.PIPE) as worker:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while worker.poll() is None:
                if is_time() or time.monotonic() > deadline:
                    worker.kill()
                    self.kills += 1
                    worker.wait()
                time.sleep(POLL_SECONDS)  # noqa: TID251 (another process)
            told = worker.stdout.read() if worker.stdout else b""
        return json.loads(told) if told else {}


def deviations(
    org: EmulatedOrg, store: Store, people: People, locks: Countdown, run: Run
) -> Iterator[str]:
    """Everything that is not as it should be."""
    yield from _fields(org, people)
    yield from _places(store, people)
    yield from _order(org, people, locks, run)
    if run.kills != KILLS:
        yield f"the worker was killed {run.kills} times, not {KILLS}"
    if locks.met != {*people.locked}:
        yield f"{len(people.locked) - len(locks.met)} records never met their lock"


def expected(org: EmulatedOrg, people: People) -> dict[str, tuple[object, ...]]:
    """What every record has to show: status, message, opt-out."""
    opted_out = {*people.opt_outs, *people.late_opt_outs}
    wanted: dict[str, tuple[object, ...]] = {
        each: ("Delivered", message_id(each), int(each in opted_out))
        for each in people.everybody
        if each not in people.troubled
    }
    untouched = (None, None, 0)
    wanted.update(dict.fromkeys(people.troubled, untouched))
    for lead, contact in scale_org.converted_to(org, people.converted).items():
        wanted[contact] = ("Delivered", message_id(lead), 0)
    for loser, winner in people.merged.items():
        wanted[winner] = ("Delivered", message_id(loser), int(winner in opted_out))
    return wanted


def _fields(org: EmulatedOrg, people: People) -> Iterator[str]:
    shown, wanted = scale_org.shown(org), expected(org, people)
    wrong = [each for each in shown if shown[each] != wanted.get(each)]
    for each in wrong[:_SHOWN]:
        yield f"{each} shows {shown[each]}, should show {wanted.get(each)}"
    if len(wrong) > _SHOWN:
        yield f"... and {len(wrong) - _SHOWN} more records"
    if missing := wanted.keys() - shown.keys():
        yield f"{len(missing)} records are not in the org at all"


def _places(store: Store, people: People) -> Iterator[str]:
    """Nothing waits any more, and what was refused is on the list."""
    with store.transaction(reads=True) as transaction:
        waiting, _ = transaction.outbox.size()
        marked = transaction.outbox.marked_count()
        refused = transaction.writes.refused(limit=len(people.everybody))
        stopped = transaction.writes.stopped_lanes()
        jobs = transaction.bulk_jobs.latest(1_000)
        left = [job for job in jobs if transaction.bulk_jobs.left(job, 1)]
    if waiting or marked or stopped:
        yield f"{waiting} fields wait, {marked} records are marked, {stopped} stopped"
    listed = {(each.record.id, each.error_code) for each in refused}
    wanted = {(each, "ENTITY_IS_DELETED") for each in people.deleted}
    wanted |= {(each, "FIELD_CUSTOM_VALIDATION_EXCEPTION") for each in people.refused}
    if listed != wanted:
        yield f"{len(listed ^ wanted)} records are wrongly on the list of refusals, or off it"
    for job in jobs:
        if job.settled != job.records or not job.ended_at or job.error or job in left:
            yield f"a job is not accounted for: {job}"


def _order(org: EmulatedOrg, people: People, locks: Countdown, run: Run) -> Iterator[str]:
    """Opt-outs come before everything else, and do not wait for a job that is under way."""
    opted = dict.fromkeys(record for record, _, _ in scale_org.order_of(org, "SMS_Opt_Out__c"))
    when = {
        r: at for r, at, call in scale_org.order_of(org, "SMS_Opt_Out__c") if "PATCH" in call
    }
    others = {
        at: call.rpartition("/")[2]
        for _, at, call in scale_org.order_of(org, "SMS_Delivery_Status__c")
    }
    if set(opted) - {*people.opt_outs, *people.late_opt_outs}:
        yield "somebody is opted out who never said so"
    early = [when.get(each, 0) for each in people.opt_outs if each not in locks.met]
    if max(early, default=0) > min(others, default=0):
        yield "an opt-out came after something else"
    late = [when.get(each, 0) for each in people.late_opt_outs if each not in locks.met]
    # What Salesforce has been given already, it goes on writing while the worker is away.
    between = sum(
        run.late_from < at < max(late, default=0) and job not in run.under_way
        for at, job in others.items()
    )
    if between:
        yield f"{between} records were written before an opt-out that was known already"


def calls(org: EmulatedOrg) -> dict[str, int]:
    """What the org counted, by kind."""
    kinds = {
        "PATCH /composite/sobjects": "update calls",
        "POST /jobs/ingest": "jobs created",
        "GET /query": "queries: where records went",
        "GET /queryAll": "queries: where records went",
    }
    found: collections.Counter[str] = collections.Counter()
    for name, number in org.calls.items():
        kind = "other calls of jobs" if "/jobs/ingest" in name else "other calls"
        found[kinds.get(name, kind)] += number
    found["all calls"] = org.calls.total()
    return dict(found)


def table(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """A line for each figure, a column for each way."""
    yield f"{'':34}" + "".join(f"{name:>20}" for name in outcomes)
    names = dict.fromkeys(n for each in outcomes.values() for n in (*each.calls, *each.facts))
    for name in names:
        figures = [{**each.calls, **each.facts}.get(name, 0) for each in outcomes.values()]
        yield f"{name:34}" + "".join(f"{figure:>20,.0f}" for figure in figures)


def _pages(records: Sequence[str]) -> Iterator[Sequence[str]]:
    return (records[at : at + PAGE] for at in range(0, len(records), PAGE))


def main() -> None:
    """Play it both ways; exit code 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bulk-from", type=int, default=5_000)
    chosen = parser.parse_args()
    outcomes: dict[str, Outcome] = {}
    for name, bulk_from in (("collections only", 0), ("with bulk jobs", chosen.bulk_from)):
        with tempfile.TemporaryDirectory() as folder:
            outcomes[name] = play(chosen.records, chosen.seed, bulk_from, Path(folder))
    write = sys.stdout.write
    write(f"{chosen.records:,} records, seed {chosen.seed}\n")
    write("\n".join(table(outcomes)) + "\n")
    faults = [f"{name}: {fault}" for name, each in outcomes.items() for fault in each.faults]
    write("".join(f"WRONG  {fault}\n" for fault in faults) or "every record is in its place\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
