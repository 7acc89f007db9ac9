"""Days of a campaign in simulated time: the rows in the org are those counted by hand."""

from datetime import timedelta

import pytest

from tests.campaigns.play import Play, differences, rows_of
from tests.campaigns.recount import recount
from tests.campaigns.script import START
from tests.campaigns.stage import SETTINGS, ZONE, cast, emulated, objects, served


MESSAGES = 3_000


@pytest.fixture
def emulator(clock):
    with emulated(clock) as org:
        yield org


@pytest.fixture
def messages(emulator):
    return cast(emulator, MESSAGES, seed=7)


@pytest.fixture
def play(store, emulator, clock, messages):
    with served(store, emulator, clock) as steps:
        yield Play(steps, SETTINGS, clock, messages)


def test_every_row_is_what_is_counted_by_hand(play, emulator, clock, messages):
    for days in (2, 9):
        play.run(START + timedelta(days=days))

        expected = recount(messages, clock.now, ZONE, objects(messages))
        fields = list(next(iter(expected.values())))
        assert len(expected) > 100
        assert not differences(expected, rows_of(emulator, fields))


def test_what_is_said_again_writes_nothing(play, emulator, clock):
    play.run()
    calls = emulator.calls.total()

    play.again()
    clock.advance(hours=1)
    play.settle()

    assert emulator.calls.total() == calls
