"""Days of a campaign in simulated time: the rows in the org are those counted by hand."""

from datetime import timedelta

import pytest

from connector.pipeline.campaign_check import check_campaigns
from tests.campaigns.memberships import Enrolment
from tests.campaigns.play import Play, differences, rows_of
from tests.campaigns.recount import recount
from tests.campaigns.script import START
from tests.campaigns.stage import BY_MEMBERSHIP, SETTINGS, ZONE, cast, emulated, objects, served


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


def test_messages_without_a_campaign_have_that_of_their_person(store, emulator, clock):
    """People join campaigns all the time; one campaign ends meanwhile, another one begins."""
    messages = cast(emulator, MESSAGES // 4, seed=7)
    enrolment = Enrolment(emulator, clock, messages, seed=7)
    with served(store, emulator, clock, BY_MEMBERSHIP) as steps:
        play = Play(steps, BY_MEMBERSHIP, clock, messages, enrolment.go_on)
        for days in (2, 9):
            play.run(START + timedelta(days=days))

            expected = recount(
                messages, clock.now, ZONE, objects(messages), enrolment.campaign_of
            )
            fields = list(next(iter(expected.values())))
            assert len({place[0] for place in expected}) == 6
            assert not differences(expected, rows_of(emulator, fields))
        calls = emulator.calls.total()
        play.again()

        assert emulator.calls.total() == calls
        assert check_campaigns(store, steps.counting).differences == []


def test_what_is_said_again_writes_nothing(play, emulator, clock):
    play.run()
    calls = emulator.calls.total()

    play.again()
    clock.advance(hours=1)
    play.settle()

    assert emulator.calls.total() == calls
