"""Consent is a join too; every doubt goes to the opt-out."""

import itertools
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consent import CLOCK_SKEW, Consent, ConsentEvent, ConsentKind
from tests.support.events import MOBILE, NOON, consent_events


consents = consent_events.map(Consent.from_event)


def said(kind, after=timedelta(0), **changes):
    return Consent.from_event(
        ConsentEvent(phone=MOBILE, kind=kind, received_at=NOON + after, **changes)
    )


@given(consents, consents)
def test_joining_is_commutative(left, right):
    assert left.join(right) == right.join(left)


@given(consents, consents, consents)
def test_joining_is_associative(first, second, third):
    assert first.join(second).join(third) == first.join(second.join(third))


@given(st.lists(consents, min_size=1))
def test_joining_again_changes_nothing(events):
    state = reduce(Consent.join, events)

    assert reduce(Consent.join, [*events, state]) == state


@given(st.lists(consents, min_size=1, max_size=7), st.randoms())
def test_any_order_gives_the_same_state(events, random):
    shuffled = random.sample(events, len(events))

    assert reduce(Consent.join, events) == reduce(Consent.join, shuffled)


def test_all_orders_of_the_replies_end_alike():
    replies = [
        said(kind, timedelta(seconds=seconds))
        for kind, seconds in [
            (ConsentKind.STOP, 0),
            (ConsentKind.START, 60),
            (ConsentKind.HELP, 130),
            (ConsentKind.REVIEW, 140),
            (ConsentKind.START, 180),
            (ConsentKind.STOP, 181),
            (ConsentKind.START, 185),
        ]
    ]

    states = {reduce(Consent.join, order) for order in itertools.permutations(replies)}

    assert [state.opted_out for state in states] == [True]


@pytest.mark.parametrize("kind", [ConsentKind.STOP, ConsentKind.REVIEW])
@pytest.mark.parametrize(
    "started, stopped, opted_out",
    [(None, 0, True), (0, 60, True), (60, 60, True), (63, 60, True), (120, 60, False)],
)
def test_what_may_be_a_stop_holds_like_one(kind, started, stopped, opted_out):
    state = said(kind, timedelta(seconds=stopped), keyword="review")

    if started is not None:
        state = said(ConsentKind.START, timedelta(seconds=started)).join(state)

    assert state.opted_out is opted_out
    assert state.keyword == "review"


def test_a_doubt_does_not_undo_a_stop_and_is_undone_by_a_later_start():
    stop = said(ConsentKind.STOP)
    doubt = said(ConsentKind.REVIEW, timedelta(hours=1))
    start = said(ConsentKind.START, timedelta(hours=2))

    assert stop.join(doubt).opted_out
    assert not stop.join(doubt).join(start).opted_out


def test_nothing_said_is_no_opt_out():
    assert not said(ConsentKind.HELP).opted_out


def test_a_start_within_the_clock_skew_does_not_undo_a_stop():
    stop, start = said(ConsentKind.STOP), said(ConsentKind.START, CLOCK_SKEW)

    assert stop.join(start).opted_out


def test_a_later_start_undoes_a_stop():
    stop, start = said(ConsentKind.STOP), said(ConsentKind.START, CLOCK_SKEW * 2)

    state = start.join(stop)

    assert not state.opted_out
    assert state.changed_at == NOON + CLOCK_SKEW * 2


def test_the_newest_stop_is_the_evidence():
    first = said(ConsentKind.STOP, keyword="STOP")
    second = said(ConsentKind.STOP, timedelta(hours=1), keyword="END")

    assert second.join(first).keyword == "END"
