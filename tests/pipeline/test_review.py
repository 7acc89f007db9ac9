"""What a person has to decide: the clock, the text, and the decisions."""

import json
from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.pipeline.consent import ConflictError, Evidence, hear, stop
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.review import (
    accept,
    confirm,
    doubtful_texts,
    open_questions,
    questions_about,
)
from tests.support.callbacks import reply
from tests.support.events import MOBILE, NOON, arrival


OTHER = "+447700900111"


def evidence(minutes=None, **changes):
    values = {
        "actor": "user:ann",
        "source": ConsentSource.OPERATOR,
        "reason": "clear",
        "evidence": "call 12",
        "occurred_at": None if minutes is None else NOON + timedelta(minutes=minutes),
        **changes,
    }
    return Evidence(**values)


def say(store, kind, minutes=0, **changes):
    at = NOON + timedelta(minutes=minutes)
    values = {"phone": MOBILE, "gateway": "kannel", **changes}
    event = ConsentEvent(kind=ConsentKind(kind), received_at=at, occurred_at=at, **values)
    with store.transaction() as transaction:
        hear(transaction, [(0, event)])


def questions(store, phone=MOBILE):
    with store.transaction(reads=True) as transaction:
        return questions_about(transaction, phone)


def state(store):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.find([MOBILE])[MOBILE]


def test_the_longest_waiting_comes_first(store):
    say(store, "review", 5)
    say(store, "review", 1, phone=OTHER)

    with store.transaction(reads=True) as transaction:
        found = open_questions(transaction, 9)
        assert len(open_questions(transaction, 1)) == 1

    assert [each.event.phone for each in found] == [OTHER, MOBILE]


class TestTexts:
    def texts(self, store, *arrivals):
        store.inbox.keep(arrivals)
        normalise(store, gateways.installed(), PhoneReader(), lambda: NOON)
        return [doubtful_texts(store.inbox, each) for each in questions(store)]

    def test_come_from_a_query(self, store):
        assert self.texts(store, reply("please+stop+texting+me")) == [
            ["please stop texting me"]
        ]

    def test_come_from_a_document_within_a_document(self, store):
        message = {
            "originationNumber": MOBILE,
            "destinationNumber": "+12015550100",
            "messageKeyword": "K",
            "messageBody": "do not text me any more",
            "inboundMessageId": "i1",
        }
        body = {"Type": "Notification", "MessageId": "m1", "Message": json.dumps(message)}
        sent = arrival(
            "/callbacks/aws",
            gateway="aws",
            method="POST",
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode(),
            urgent=True,
        )

        assert self.texts(store, sent) == [["do not text me any more"]]

    def test_are_none_where_the_callback_is_gone(self, store):
        say(store, "review")

        assert [doubtful_texts(store.inbox, each) for each in questions(store)] == [[]]


class TestConfirm:
    def test_makes_a_stop_of_it_since_it_was_said(self, store, clock):
        say(store, "review", 5)
        clock.advance(days=1)

        confirm(store, questions(store)[0], evidence(), clock, version=1)

        found = state(store)
        assert (found.opted_out, found.doubtful, found.questions) == (True, False, 0)
        assert found.changed_at == NOON + timedelta(minutes=5)
        assert questions(store) == []

    def test_does_not_count_when_something_came_meanwhile(self, store, clock):
        say(store, "review")
        (question,) = questions(store)
        say(store, "help", 1)

        with pytest.raises(ConflictError, match="version 2 now, not 1"):
            confirm(store, question, evidence(), clock, version=1)


class TestAccept:
    @pytest.fixture
    def asked(self, store, clock):
        stop(store, [MOBILE], evidence(), clock)
        say(store, "request", 60, source=ConsentSource.SALESFORCE, gateway="")
        return questions(store)[0]

    def test_opts_in_and_asks_no_more(self, store, clock, asked):
        clock.advance(days=1)

        accept(store, asked, evidence(90), clock, version=2)
        stop(store, [MOBILE], evidence(), clock)

        assert state(store).opted_out
        assert questions(store) == []

    def test_wants_evidence_later_than_the_stop(self, store, clock, asked):
        with pytest.raises(ConflictError, match="not later"):
            accept(store, asked, evidence(-5), clock, version=2)

        assert questions(store) == [asked]
