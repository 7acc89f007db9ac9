"""Answers of Salesforce that are lost, cut off, late or wrong, for calls of every kind."""

import logging
import tempfile
from collections.abc import Sequence

from connector.domain.records import Outcome, RecordChange, Verdict
from connector.pipeline.lane import Lane
from connector.pipeline.mood import HeldUpError
from connector.pipeline.push import Pusher
from connector.salesforce import write
from connector.store import Store
from tests.consent.faults import planted
from tests.reliability.shaky import Ended, Script, differences, play
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support.postgres import fast_place


PEOPLE, MINUTES, RUNS = 300, 40, 4
FEW_PEOPLE, FEW_MINUTES, FEW_RUNS = 150, 25, 1
TRIES = 5


def compare(ask: Ask, people: int, minutes: int, runs: int) -> Tally:
    """The same script before an org that answers, and before several that mostly do not."""
    script = Script(
        seed=ask.seed, people=ask.of(people, 60), minutes=ask.of(minutes, 16), bulk_from=25
    )
    right = _played(script, shaky=False, luck=0)
    tally = Tally(faults=[f"without any fault: {each}" for each in right.faults])
    for luck in range(1, ask.of(runs) + 1):
        found = _played(script, shaky=True, luck=ask.seed * 1_000 + luck)
        wrong = [*found.faults, *differences(right, found)]
        tally.faults += [f"{each} (seed {ask.seed}, run {luck})" for each in wrong]
        tally.counts["runs before an org that mostly fails"] += 1
        tally.counts["records compared field by field"] += len(right.fields)
        for kind, count in found.calls.items():
            tally.counts[kind] += count
        for kind, count in found.struck.items():
            tally.counts[_NAMES.get(kind, kind)] += count
    return tally


_NAMES = {
    "drop": "connections broken, before the call was done or after",
    "timeout": "calls done and never answered",
    "truncate": "answers cut off",
    "cut_body": "answers cut off that looked whole",
    "200": "maintenance pages instead of an answer",
    "400": "queries that took too long",
    "401": "sessions that had expired",
    "403": "calls over a limit",
    "500": "answers 500",
    "503": "answers 503",
    "lock": "calls with some records locked",
}


def _played(script: Script, *, shaky: bool, luck: int) -> Ended:
    with tempfile.TemporaryDirectory(prefix="connector-", dir=fast_place()) as folder:
        store = Store.open(f"sqlite:///{folder}/store")
        try:
            return play(store, script, shaky=shaky, luck=luck)
        finally:
            store.close()


def _run(ask: Ask) -> Tally:
    logging.disable(logging.CRITICAL)
    try:
        return compare(ask, PEOPLE, MINUTES, RUNS)
    finally:
        logging.disable(logging.NOTSET)


def _hope(self: Pusher, lane: Lane, batch: Sequence[RecordChange]) -> list[Outcome]:
    try:
        return _call(self, lane, batch)
    except HeldUpError:
        return [Outcome(change=each, verdict=Verdict.WRITTEN) for each in batch]


def _give_up(change: RecordChange, code: str, message: str, fields: tuple[str, ...]) -> Verdict:
    if code == "UNABLE_TO_LOCK_ROW":
        return Verdict.PARK
    return _verdict(change, code, message, fields)


_call = Pusher._call  # noqa: SLF001
_verdict = write._verdict  # noqa: SLF001


def _control(name: str, owner: object, place: str, fault: object) -> Control:
    def run(ask: Ask) -> Tally:
        logging.disable(logging.CRITICAL)
        try:
            with planted(owner, place, fault):
                # What the mistake shows in is drawn, too, and may not come at the first time.
                for number in range(TRIES):
                    again = Ask(ask.seed + number, ask.size)
                    tally = compare(again, FEW_PEOPLE, FEW_MINUTES, FEW_RUNS)
                    if tally.faults:
                        break
                return tally
        finally:
            logging.disable(logging.NOTSET)

    return Control(name=name, run=run)


TRIAL = Trial(
    name="lost_answers",
    title="Answers of Salesforce that are lost, cut off or wrong",
    shows="Whatever becomes of the answers, every record ends as before an org that always"
    " answers, and `not opted out` is never written after a later STOP.",
    run=_run,
    controls=(
        _control("an answer that was lost is taken for a yes", Pusher, "_call", _hope),
        _control("a record that is locked is given up", write, "_verdict", _give_up),
    ),
)
