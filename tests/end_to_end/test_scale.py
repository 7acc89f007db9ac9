"""
A backlog in an org full of trouble, at a thirtieth of the size of `scale`'s own defaults.

Each test takes up to 15 seconds: its worker is a real process that is killed twice.
"""

import pytest

from tests.end_to_end.scale import play


RECORDS = 3_000


@pytest.mark.parametrize("bulk_from", [0, 500], ids=["calls", "jobs"])
def test_every_record_ends_in_its_place_though_the_worker_is_killed_twice(tmp_path, bulk_from):
    outcome = play(RECORDS, 1, bulk_from, tmp_path)

    assert outcome.faults == []
    assert bool(outcome.calls.get("jobs created")) == bool(bulk_from)
