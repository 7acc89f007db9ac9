"""A part of the trial; tests/jobs has more of it."""

from tests.reliability.schedulers import TRIAL
from tests.reliability.trial import Ask


def test_every_slot_is_worked_off_once():
    tally = TRIAL.run(Ask(1, 0.1))

    assert not tally.faults
    assert tally.counts["slots worked off"] > 0


def test_that_a_lease_is_not_looked_at_is_found():
    tally = TRIAL.controls[0].run(Ask(1, 0.1))

    assert tally.faults
