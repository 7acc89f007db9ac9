"""Consent is the fold of a set of events; every doubt goes to the opt-out."""

import dataclasses
import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consent import (
    CLOCK_SKEW,
    RECEIPT_SKEW,
    ConsentEvent,
    ConsentKind,
    ConsentSource,
    fold,
    questions,
)
from tests.support.events import MOBILE, NOON, consent_events


STOP, START, HELP, REVIEW = "stop", "start", "help", "review"


def said(kind, seconds=0, **changes):
    """Something said so many seconds after noon, told with the gateway's own time."""
    at = NOON + timedelta(seconds=seconds)
    values = {"gateway": "kannel", "occurred_at": at, "received_at": at, **changes}
    return ConsentEvent(phone=MOBILE, kind=ConsentKind(kind), **values)


def state(*events):
    return fold(MOBILE, events)


class TestAnyOrder:
    @given(st.lists(consent_events, max_size=7), st.randoms())
    def test_gives_the_same_state(self, events, random):
        shuffled = random.sample(events, len(events))

        assert state(*events) == state(*shuffled)

    @given(st.lists(consent_events, max_size=7))
    def test_doubled_events_change_nothing(self, events):
        assert state(*events, *events) == state(*events)

    @pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0)])
    def test_a_stop_that_is_told_again_counts_as_of_then(self, order):
        start = said(
            START, 60, source="API", gateway="", received_at=NOON + timedelta(seconds=10)
        )
        first = said(STOP, 5)
        again = dataclasses.replace(first, received_at=NOON + timedelta(seconds=30))
        events = (start, first, again)

        assert state(*(events[number] for number in order)).opted_out
        assert not state(start, first).opted_out

    def test_of_these_replies_ends_alike(self):
        replies = [
            said(kind, seconds)
            for kind, seconds in [
                (STOP, 0),
                (START, 60),
                (HELP, 130),
                (REVIEW, 140),
                (START, 180),
                (STOP, 181),
                (START, 185),
            ]
        ]

        ends = {state(*order) for order in itertools.permutations(replies)}

        assert [(end.opted_out, end.keyword) for end in ends] == [(True, "")]


@given(st.lists(consent_events, max_size=6), consent_events)
def test_a_stop_always_applies(events, event):
    latest = NOON + timedelta(hours=1)
    stop = dataclasses.replace(
        event, kind=ConsentKind.STOP, received_at=latest, occurred_at=None
    )

    assert state(*events, stop).opted_out


@given(st.lists(consent_events, max_size=6), consent_events)
def test_the_version_rises_with_every_event(events, event):
    before, after = state(*events), state(*events, event)

    is_new = event.id not in {each.id for each in events}
    assert after.version == before.version + is_new


class TestStart:
    @pytest.mark.parametrize("kind", [STOP, REVIEW])
    @pytest.mark.parametrize(
        "started, opted_out", [(-60, True), (0, True), (5, True), (6, False), (3600, False)]
    )
    def test_undoes_what_is_earlier_by_more_than_clocks_differ(self, kind, started, opted_out):
        assert state(said(kind), said(START, started)).opted_out is opted_out

    def test_has_to_wait_longer_where_only_the_receipt_is_known(self):
        stop = said(STOP, occurred_at=None)
        soon = said(START, RECEIPT_SKEW.total_seconds(), occurred_at=None)
        later = said(START, RECEIPT_SKEW.total_seconds() + 1, occurred_at=None)

        assert state(stop, soon).opted_out
        assert not state(stop, later).opted_out

    @pytest.mark.parametrize("other", [{"account": "europe"}, {"gateway": "twilio"}])
    def test_counts_for_its_own_account_only(self, other):
        stop, start = said(STOP), said(START, 60, **other)

        assert state(stop, start).opted_out
        assert questions([stop, start]) == [start]

    @pytest.mark.parametrize("source", ["Import", "API", "Operator"])
    def test_that_one_of_us_attests_undoes_all_that_is_earlier(self, source):
        start = said(START, 60, source=source, gateway="", actor="key:crm")

        assert not state(said(STOP), said(STOP, 1, gateway="twilio"), start).opted_out

    def test_of_salesforce_is_none(self):
        start = said(START, 60, source=ConsentSource.SALESFORCE, gateway="")

        assert state(said(STOP), start).opted_out

    def test_at_the_very_moment_loses(self):
        start = said(START, CLOCK_SKEW.total_seconds(), source="API", gateway="")

        assert state(said(STOP), start).opted_out

    def test_tells_since_when(self):
        end = state(said(STOP), said(START, 60))

        assert end.changed_at == NOON + timedelta(seconds=60)
        assert (end.source, end.questions) == ("", 0)


class TestEvidence:
    def test_is_the_newest_stop(self):
        first, second = said(STOP, keyword="STOP"), said(STOP, 60, keyword="END")

        assert state(second, first).keyword == "END"

    def test_is_no_doubt_where_there_is_a_stop(self):
        stop, doubt = said(STOP, keyword="STOP"), said(REVIEW, 60)

        end = state(stop, doubt)

        assert (end.keyword, end.doubtful, end.questions) == ("STOP", False, 1)

    def test_is_the_doubt_where_there_is_no_stop(self):
        end = state(said(REVIEW, keyword="review"))

        assert (end.opted_out, end.doubtful, end.questions) == (True, True, 1)

    def test_is_of_the_stop_that_holds(self):
        kept = said(STOP, keyword="STOP", gateway="twilio")
        undone = said(STOP, 10, keyword="END")

        end = state(kept, undone, said(START, 60))

        assert (end.opted_out, end.keyword, end.gateway) == (True, "STOP", "twilio")


class TestDecision:
    def test_a_doubt_that_was_settled_holds_no_more(self):
        doubt = said(REVIEW)
        settled = said("settled", 60, source="Operator", gateway="", about=doubt.id)

        end = state(doubt, settled)

        assert (end.opted_out, end.questions) == (False, 0)
        assert end.changed_at == NOON + timedelta(seconds=60)

    def test_another_doubt_goes_on(self):
        first, second = said(REVIEW), said(REVIEW, 10)
        settled = said("settled", 60, source="Operator", gateway="", about=first.id)

        assert questions([first, second, settled]) == [second]

    def test_a_cleared_flag_is_a_question_and_no_answer(self):
        stop = said(STOP)
        request = said("request", 60, source="Salesforce", gateway="")

        end = state(stop, request)

        assert (end.opted_out, end.questions) == (True, 1)

    def test_a_cleared_flag_of_who_may_be_texted_asks_nothing(self):
        assert state(said("request", source="Salesforce")).questions == 0

    def test_a_refused_question_is_asked_no_more(self):
        stop, request = said(STOP), said("request", 60, source="Salesforce", gateway="")
        refused = said("settled", 90, source="Operator", gateway="", about=request.id)

        end = state(stop, request, refused)

        assert (end.opted_out, end.questions) == (True, 0)


@pytest.mark.parametrize("events", [[], [said(HELP)], [said("request", source="Salesforce")]])
def test_what_says_nothing_changes_nothing(events):
    end = state(*events)

    assert (end.opted_out, end.changed_at) == (False, None)


def test_one_thing_said_has_one_name_whoever_tells_it_how_often():
    first = said(STOP, message_id="m1")
    again = dataclasses.replace(first, received_at=NOON + timedelta(hours=1))
    other = said(STOP, message_id="m2")

    assert first.id == again.id != other.id
    assert dataclasses.replace(first, phone="+12015550100").id == first.id
