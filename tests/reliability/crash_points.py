"""
Work broken off between any two things that last, and gone on with by another process.

A run without a crash notes every place where something becomes lasting: each commit, and each
call that changes what others hold. Then a process is made to die at one of them, and a new one
does that part of the work again: whatever lasts must be as it was without a crash. A web server
dies between check, commit and answer, and its callers repeat what got no 2xx.
"""

from connector import block_lists, gateways, message_apis
from tests.reliability.crashes.doors import STORED, crash_each
from tests.reliability.crashes.shelf import shelf
from tests.reliability.crashes.trying import Trying
from tests.reliability.trial import Ask, Control, Tally, Trial


ENGINES = ("sqlite", "postgresql")
#: More passes than a place has in a control.
_EVERY = 1_000


def _import() -> None:
    """What every process would import for itself."""
    for package in (gateways, block_lists, message_apis):
        package.installed()


def _run(ask: Ask) -> Tally:
    _import()
    dice, total, tried = ask.dice(), Tally(), set[str]()
    for engine in ENGINES:
        trying = Trying(engine=engine, dice=dice, share=min(ask.size, 1.0), tried=tried)
        trying.work()
        trying.upgrade()
        if engine == "sqlite":  # files of its own, not a program of the server's
            trying.backup()
        with shelf(engine) as kept:
            points = STORED[: ask.of(len(STORED))]
            doors = crash_each(kept, points, nth=dice.randint(1, 4))
        for tally in (trying.tally, doors):
            total.counts.update(tally.counts)
            total.faults += [f"seed {ask.seed}: {each}" for each in tally.faults]
    total.counts["places"] = len(tried)
    total.counts["crashes"] = sum(
        count for name, count in total.counts.items() if name.startswith("crashes in")
    )
    return total


def _control(mistake: str, phase: str, at: str) -> Control:
    def run(ask: Ask) -> Tally:
        _import()
        trying = Trying(
            engine="sqlite",
            dice=ask.dice(),
            planted=(mistake,),
            only=(phase,),
            at=at,
            passes=_EVERY,
        )
        trying.work()
        return trying.tally

    return Control(name=mistake, run=run)


def _at_the_door(mistake: str) -> Control:
    def run(_: Ask) -> Tally:
        with shelf("sqlite") as kept:
            return crash_each(kept, STORED[:1], nth=1, planted=(mistake,))

    return Control(name=mistake, run=run)


def _upgrading(mistake: str) -> Control:
    def run(ask: Ask) -> Tally:
        trying = Trying(engine="sqlite", dice=ask.dice(), planted=(mistake,), at="statement")
        trying.upgrade()
        return trying.tally

    return Control(name=mistake, run=run)


TRIAL = Trial(
    name="crash_points",
    title="Crashes at named places",
    shows="Whoever dies between two things that last, the next one brings all to where it"
    " would be without a crash.",
    run=_run,
    most_seconds=600,
    controls=(
        _at_the_door("answers before it commits"),
        _control(
            "settles before Salesforce has answered",
            "writing to Salesforce",
            "after the commit of lane",
        ),
        _control(
            "callbacks are ticked off before what they say is kept",
            "reading callbacks",
            "after the commit of normalise",
        ),
        _control(
            "figures are added up, and forgotten afterwards",
            "rolling up",
            "after the commit of steps",
        ),
        _upgrading("an upgrade commits as it goes"),
    ),
)
