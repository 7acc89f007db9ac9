"""A short run of real schedulers that are killed and paused; `live` plays longer ones."""

import secrets

import pytest

from tests.jobs.live import play
from tests.jobs.process import Rhythm


SECONDS = 6


@pytest.mark.parametrize("schedulers", [3])
def test_every_slot_is_worked_off_once_whoever_is_killed_or_paused(
    store_url, tmp_path, schedulers
):
    outcome = play(
        store_url,
        tmp_path,
        schedulers=schedulers,
        seconds=SECONDS,
        seed=secrets.randbelow(10**6),
        rhythm=Rhythm(),
    )

    assert not outcome.faults, f"\n{outcome}"
    assert outcome.done["slots"] > 0
