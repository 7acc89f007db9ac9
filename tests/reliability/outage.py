"""Three days without Salesforce, with workers started anew and dying, in simulated time."""

import contextlib
import dataclasses
import logging
import tempfile
from collections.abc import Iterator

from connector.pipeline.push import Pusher
from connector.salesforce.budget import Budget
from connector.store import Store
from tests.consent.faults import planted
from tests.consent.outage import HOURS, Setting, faults, play
from tests.reliability import mistakes
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support.postgres import fast_place


STOPS, REPORTS = 1_000, 2_400
FEW_STOPS, FEW_REPORTS = 300, 1_000
#: Enough calls for all opt-outs, far too few for the reports.
CALLS_LEFT = 60


def settings(ask: Ask, stops: int = STOPS, reports: int = REPORTS) -> dict[str, Setting]:
    """By calls, by bulk jobs, and with next to no calls left of the day."""
    dice = ask.dice()
    wait = Setting(
        stops=ask.of(stops, 200),
        reports=ask.of(reports, 500),
        restarts=tuple(sorted(dice.sample(range(1, HOURS), 5))),
    )
    most = wait.reports // 200
    deaths = [tuple(sorted({dice.randint(1, most) for _ in range(4)})) for _ in range(2)]
    return {
        "calls": dataclasses.replace(wait, dies_after=deaths[0]),
        "jobs": dataclasses.replace(
            wait, bulk_from=wait.reports // 8, dies_after=deaths[1][:2]
        ),
        "few left": dataclasses.replace(wait, calls_left=CALLS_LEFT),
    }


def _add(tally: Tally, setting: Setting) -> None:
    with tempfile.TemporaryDirectory(prefix="connector-", dir=fast_place()) as folder:
        store = Store.open(f"sqlite:///{folder}/store")
        try:
            written = play(store, setting)
        except AssertionError as error:
            tally.faults.append(f"{error}: {setting}")
            return
        finally:
            store.close()
    tally.faults += [f"{each}: {setting}" for each in faults(written, setting)]
    tally.counts["hours without Salesforce"] += HOURS
    tally.counts["calls in vain meanwhile"] += written.vain
    tally.counts["workers started anew meanwhile"] += len(setting.restarts)
    tally.counts["opt-outs that waited"] += setting.stops
    tally.counts["reports that waited"] += setting.reports
    tally.counts["opt-outs written before any report"] += min(
        written.opt_outs_first, setting.stops
    )
    tally.counts["workers killed while they wrote, once it was back"] += written.deaths
    tally.counts["bulk jobs"] += written.jobs


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Three days of an outage are many lines."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _run(ask: Ask) -> Tally:
    with _quiet():
        tally = Tally()
        for setting in settings(ask).values():
            _add(tally, setting)
        return tally


def _allows(_self: Budget, *, urgent: bool = False, calls: int = 1) -> bool:  # noqa: ARG001
    return True


def _in_turn(self: Pusher) -> tuple[set[str], set[str]]:
    return _waiting(self)[0], set()


_waiting = Pusher._waiting  # noqa: SLF001


def _control(name: str, setting: str, owner: object, place: str, fault: object) -> Control:
    def run(ask: Ask) -> Tally:
        tally = Tally()
        with _quiet(), planted(mistakes, "EARLY_SECONDS", 0), planted(owner, place, fault):
            played = settings(ask, FEW_STOPS, FEW_REPORTS)[setting]
            _add(tally, dataclasses.replace(played, dies_after=()))
        return tally

    return Control(name=name, run=run)


_SETTLES_FIRST = mistakes.MISTAKES["settles before Salesforce has answered"]

TRIAL = Trial(
    name="outage",
    title="Salesforce away for 72 hours",
    shows="Nothing is lost, the org is left alone meanwhile, and afterwards every opt-out is"
    " there before the first field of a report, whatever is left of the day's calls.",
    run=_run,
    controls=(
        _control("one object after the other", "calls", Pusher, "_waiting", _in_turn),
        _control(_SETTLES_FIRST.name, "calls", *_SETTLES_FIRST.where[0]),
        _control("the day's calls are not counted", "few left", Budget, "allows", _allows),
    ),
)
