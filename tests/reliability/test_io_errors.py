"""Disks that fail: the trial finds nothing, but what is planted it finds."""

import pytest

from tests.reliability.disk.strace import HOW_TO_GET_ONE
from tests.reliability.io_errors import BELIEVED, TRIAL
from tests.reliability.trial import Ask
from tests.support.programs import program


@pytest.fixture(autouse=True)
def _strace():
    program("strace", HOW_TO_GET_ONE)


def test_what_the_log_shows_is_written_again_after_a_failed_sync():
    control = next(each for each in TRIAL.controls if each.name == BELIEVED.mistake)

    assert control.run(Ask(seed=7)).faults
