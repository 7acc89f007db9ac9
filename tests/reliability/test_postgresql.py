"""The trial of PostgreSQL, at a small size, finds what is wrong and nothing else."""

from tests.reliability import postgresql
from tests.reliability.postgresql import Case, play
from tests.reliability.trial import Ask


KINDS = ("commits_not_heard", "stopped_at_once", "deadlocked")


def test_nothing_is_lost_when_it_crashes_deadlocks_or_forgets_to_answer():
    tally = play(Ask(seed=1, size=0.1), Case(kinds=KINDS))

    assert tally.faults == []
    assert tally.counts["commits whose answer was lost"] > 0
    assert tally.counts["deadlocks"] > 0


def test_a_check_that_does_not_fail_closed_is_found():
    control = next(
        each
        for each in postgresql.TRIAL.controls
        if each.name == "numbers that cannot be looked up may be texted"
    )

    tally = control.run(Ask(seed=1, size=0.5))

    assert any("may be texted" in each for each in tally.faults)
