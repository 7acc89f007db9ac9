"""How many calls a backlog takes."""

import pytest

from connector.pipeline.backlog import Backlog, weigh


@pytest.mark.parametrize(
    "waiting, backlog",
    [
        ({}, Backlog(records=0, opt_outs=0, calls=0, calls_without_jobs=0, jobs=0)),
        (
            {("Contact", False): 5_000, ("Contact", True): 201, ("Lead", False): 1},
            Backlog(records=5_001, opt_outs=201, calls=28, calls_without_jobs=28, jobs=0),
        ),
        (
            {("Contact", False): 100_000, ("Contact", True): 6_000},
            Backlog(records=100_000, opt_outs=6_000, calls=66, calls_without_jobs=530, jobs=4),
        ),
    ],
)
def test_is_weighed_by_object_and_urgency(waiting, backlog):
    assert weigh(waiting, batch_size=200, bulk_from=5_000) == backlog


def test_without_jobs_all_goes_by_calls():
    found = weigh({("Contact", False): 100_000}, batch_size=100, bulk_from=0)

    assert (found.calls, found.jobs) == (1_000, 0)
