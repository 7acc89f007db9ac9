"""The trial of lost answers, at a small size, and what it has to find."""

import pytest

from tests.reliability.lost_answers import TRIAL
from tests.reliability.trial import Ask


def test_every_record_ends_as_before_an_org_that_answers():
    tally = TRIAL.run(Ask(seed=1, size=0.3))

    assert tally.faults == []
    assert min(tally.counts[each] for each in ("queries", "updates", "upserts")) > 0


@pytest.mark.parametrize("control", TRIAL.controls, ids=lambda each: each.name)
def test_what_is_planted_is_found(control):
    tally = control.run(Ask(seed=1, size=0.5))

    assert tally.faults
