"""A part of the trial, and one of the mistakes that it must find."""

from tests.reliability.slow_clients import TRIAL
from tests.reliability.trial import Ask


def test_slow_clients_keep_nobody_waiting():
    tally = TRIAL.run(Ask(1, 0.1))

    assert not tally.faults
    assert tally.counts["answered with 200"] > 0


def test_that_bodies_wait_for_each_other_is_found():
    tally = TRIAL.controls[1].run(Ask(1, 0.1))

    assert tally.faults
