"""The trial of three days without Salesforce, at a small size, and what it has to find."""

import pytest

from tests.reliability.outage import TRIAL
from tests.reliability.trial import Ask


def test_nothing_is_lost_and_opt_outs_come_first():
    tally = TRIAL.run(Ask(seed=1, size=0.1))

    assert tally.faults == []
    assert tally.counts["opt-outs written before any report"] == 600
    assert tally.counts["workers killed while they wrote, once it was back"] > 0


@pytest.mark.parametrize("control", TRIAL.controls, ids=lambda each: each.name)
def test_what_is_planted_is_found(control):
    tally = control.run(Ask(seed=1, size=0.1))

    assert tally.faults
