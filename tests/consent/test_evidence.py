"""Evidence is of the past: an opt-in dated ahead ends no STOP that comes after it."""

from datetime import timedelta

from connector.pipeline.consent import start, stop
from connector.pipeline.suppression import check
from tests.consent.actors import evidence, read_phone
from tests.support.events import MOBILE


def sendable(store, clock):
    (answer,) = check(store, [MOBILE], read_phone, clock, actor="key:sender")
    return answer.sendable


def test_an_opt_in_dated_ahead_ends_no_stop_that_is_heard_after_it(store, clock):
    start(store, MOBILE, evidence(clock() + timedelta(minutes=4)), clock, version=0)
    before = sendable(store, clock)

    clock.advance(minutes=1)
    stop(store, [MOBILE], evidence(clock()), clock)

    assert (before, sendable(store, clock)) == (True, False)


def test_it_ends_one_that_was_heard_before(store, clock):
    stop(store, [MOBILE], evidence(clock()), clock)

    start(store, MOBILE, evidence(clock() + timedelta(minutes=4)), clock, version=1)

    assert sendable(store, clock)
