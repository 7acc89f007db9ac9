"""The probes: live is not ready, and neither asks Salesforce."""

import asyncio
import json

import pytest

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.web.health import Health, disk_reserve


class Looks:
    """A check that counts how often somebody looked, and finds what it is told to."""

    def __init__(self, fault=None):
        self.count = 0
        self.fault = fault

    def __call__(self):
        self.count += 1
        if self.fault:
            raise self.fault


@pytest.fixture
def ready():
    opened = []

    def ready(*checks, times=1, draining=False):
        health = Health(checks)
        opened.append(health)
        health.draining = draining

        async def run():
            return await asyncio.gather(*(health.ready() for _ in range(times)))

        answers = asyncio.run(run())
        return answers[0].status, json.loads(answers[0].body)

    yield ready
    for health in opened:
        health.close()


def test_live_means_that_it_answers():
    health = Health([Looks(StoreUnavailableError("away"))])

    assert health.live().status == 200
    health.close()


def test_ready_when_every_check_passes(ready):
    assert ready(Looks(), Looks()) == (200, {"ready": True})


@pytest.mark.parametrize("kind", [StoreUnavailableError, ConfigurationError, OSError])
def test_the_first_cause_is_told(ready, kind):
    assert ready(Looks(), Looks(kind("because"))) == (
        503,
        {"ready": False, "cause": "because"},
    )


def test_not_ready_while_shutting_down(ready):
    assert ready(draining=True) == (503, {"ready": False, "cause": "shutting down"})


def test_many_who_ask_share_one_look(ready):
    looks = Looks()

    ready(looks, times=50)

    assert looks.count == 1


def test_the_disk_must_have_its_reserve(tmp_path):
    disk_reserve(tmp_path, 1)()

    with pytest.raises(StoreUnavailableError, match="disk space"):
        disk_reserve(tmp_path, 2**62)()


def test_the_store_is_looked_at(ready, store):
    assert ready(store.check) == (200, {"ready": True})
