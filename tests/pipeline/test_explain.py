"""Explaining: from a message, a number or a record to everything that is known, and why."""

from datetime import timedelta

import pytest

from connector.domain.delivery import DeliveryStatus
from connector.domain.directory import DirectoryEntry
from connector.domain.records import Outcome, RecordRef, Verdict
from connector.pipeline.directory import keep_entries
from connector.pipeline.explain import explain
from connector.pipeline.phone_reader import PhoneReader
from tests.support.events import ALEX, MOBILE, NOON, arrival, report


KIM = "00Q000000000001EAA"
ACCOUNT = "001000000000001AAA"


def dlr(kind=1, message_id="42", ref=ALEX, at=1_700_000_000):
    return arrival(
        f"/callbacks/kannel?extid={message_id}&type={kind}&from=%2B447700900456&ts={at}&ref={ref}"
    )


def hold(store, record_id, phone=MOBILE, name="Contact", **changes):
    entry = DirectoryEntry(
        record=RecordRef(name, record_id),
        phones={"MobilePhone": phone},
        **{"modified_at": NOON, **changes},
    )
    with store.transaction() as t:
        keep_entries(t, [entry], PhoneReader())


@pytest.fixture
def ask(store, mappings):
    return lambda text: explain(store, mappings, PhoneReader(), text)


class TestMessage:
    def test_tells_the_callbacks_and_which_event_decides(self, store, read, ask):
        store.inbox.keep([dlr(8), dlr(2, at=1_700_000_060), dlr(1, at=1_700_000_050)])
        read()

        (message,) = ask("42").messages

        assert [c.target.partition("type=")[2][0] for c in message.callbacks] == ["8", "2", "1"]
        assert {e.event.word: e.decides for e in message.events} == {
            "Pending": False,
            "Undelivered": False,
            "Delivered": True,
        }
        assert message.delivery.status is DeliveryStatus.DELIVERED

    def test_a_doubled_report_is_one_event(self, store, read, ask):
        store.inbox.keep([dlr(), dlr()])
        read()

        (message,) = ask("42").messages

        assert [event.decides for event in message.events] == [True]
        assert len(message.callbacks) == 1

    def test_tells_what_waits_what_was_written_and_what_was_refused(self, store, read, ask):
        store.inbox.keep([dlr()])
        read()
        with store.transaction() as t:
            (change,) = t.outbox.pending("Contact", 5, NOON)
            locked = Outcome(
                change=change, verdict=Verdict.RETRY, error_code="UNABLE_TO_LOCK_ROW"
            )
            rule = Outcome(change=change, verdict=Verdict.PARK, error_code="RULE")
            t.writes.log([locked], NOON)
            t.outbox.postpone([change], 1, NOON + timedelta(seconds=2))
            t.writes.refuse([rule], NOON)
            t.writes.stop_lane(rule, NOON, NOON)

        ((shown,),) = (message.shown_on for message in ask("42").messages)

        waiting = {each.topic: each for each in shown.story.pending}
        assert waiting["delivery"].fields["SMS_Delivery_Status__c"] == "Delivered"
        assert (waiting["delivery"].attempts, waiting["delivery"].not_before) == (
            1,
            NOON + timedelta(seconds=2),
        )
        assert [(w.verdict, w.error_code) for w in shown.story.writes] == [
            ("retry", "UNABLE_TO_LOCK_ROW")
        ]
        assert shown.story.refused.error_code == "RULE"
        assert shown.story.stopped.object == "Contact"

    def test_an_unread_or_unknown_message_is_not_there(self, store, ask):
        store.inbox.keep([dlr()])

        answer = ask("42")

        assert not answer
        assert answer.looked_for == ["message id 42"]


class TestDecision:
    def decided(self, ask):
        ((message,),) = (ask("42").messages,)
        return [(each.story.record.id, each.because) for each in message.shown_on]

    def test_the_id_that_rode_along(self, store, read, ask):
        hold(store, KIM, name="Lead")
        store.inbox.keep([dlr()])
        read()

        assert self.decided(ask) == [(ALEX, "its id rode along in the callback")]
        assert [h.record.id for h in ask("42").messages[0].passed_over] == [KIM]

    def test_the_record_that_the_named_one_became(self, store, read, ask):
        hold(store, KIM, name="Lead", successor=RecordRef("Contact", ALEX))
        store.inbox.keep([dlr(ref=KIM)])
        read()

        assert self.decided(ask) == [
            (ALEX, f"its id rode along in the callback, as {KIM}, which became it")
        ]

    def test_the_registered_record(self, store, read, ask):
        store.register([report("42", registered_record=ALEX, sent_at=NOON)])
        store.inbox.keep([dlr(ref=ACCOUNT)])
        read()

        assert self.decided(ask) == [
            (
                ALEX,
                (
                    "the sender registered the message for it;"
                    f" {ACCOUNT}, which rode along, is of Account, which has no mapping"
                ),
            )
        ]

    def test_the_holder_that_the_rule_chose_among_several(self, store, read, ask):
        hold(store, ALEX)
        hold(store, KIM, name="Lead", modified_at=NOON + timedelta(days=1))
        store.inbox.keep([dlr(ref="")])
        read()

        assert self.decided(ask) == [
            (
                KIM,
                (
                    "it holds the number in MobilePhone;"
                    " lead.yaml says 'holders: newest', the holder that changed last"
                ),
            )
        ]
        assert [h.record.id for h in ask("42").messages[0].passed_over] == [ALEX]

    def test_a_holder_that_holds_it_no_more(self, store, read, ask):
        hold(store, ALEX)
        store.inbox.keep([dlr(ref="")])
        read()
        hold(store, ALEX, phone="+447700900999")

        assert self.decided(ask) == [(ALEX, f"it held the number {MOBILE} when it was matched")]

    def test_nobody(self, store, read, ask):
        store.inbox.keep([dlr(ref="00Q000000000009EAA"), dlr(ref="a0B000000000001AAA")])
        hold(store, "00Q000000000009EAA", phone="", name="Lead", deleted=True)
        read()

        (message,) = ask("42").messages
        assert message.why_none == (
            "a0B000000000001AAA, which rode along, is of no object that we know;"
            f" nobody holds {MOBILE} yet"
        )

    def test_none_so_far(self, store, ask):
        store.register([report("42", recipient=MOBILE)])

        (message,) = ask("42").messages

        assert message.why_none == "it has not been matched yet: a worker does that"


class TestPhone:
    def test_tells_consent_holders_and_messages_in_any_spelling(self, store, read, ask):
        hold(store, ALEX)
        store.inbox.keep(
            [dlr(), arrival("/callbacks/kannel?text=Stop&from=%2B447700900456", urgent=True)]
        )
        read()

        phone = ask("+44 7700 900456").phone

        assert (phone.phone, phone.opted_out, phone.changed_at) == (MOBILE, True, NOON)
        assert [(each.event.kind, each.event.keyword) for each in phone.said] == [
            ("stop", "STOP")
        ]
        assert phone.said[0].callback_id == store.inbox.last_id()
        assert [holder.field for holder in phone.holders] == ["MobilePhone"]
        assert [message.message_id for message in phone.messages] == ["42"]

    def test_a_number_that_nobody_knows_is_not_there(self, ask):
        answer = ask("+44 7700 900999")

        assert not answer
        assert answer.looked_for == ["message id +44 7700 900999", "number +447700900999"]


class TestRecord:
    def test_is_found_by_15_or_18_characters(self, store, read, ask):
        hold(store, KIM, name="Lead")
        store.inbox.keep(
            [
                dlr(ref=KIM),
                arrival("/callbacks/kannel?text=Stop&from=%2B447700900456", urgent=True),
            ]
        )
        read()

        short, long = ask(KIM[:15]).record, ask(KIM).record

        assert short == long
        assert long.story.record == RecordRef("Lead", KIM)
        assert long.story.phones == {"MobilePhone": MOBILE}
        assert [message.message_id for message in long.messages] == ["42"]
        assert [consent.opted_out for consent in long.consents] == [True]
        assert {waiting.topic for waiting in long.story.pending} >= {"delivery", "consent"}

    def test_tells_where_it_went(self, store, ask):
        hold(store, KIM, name="Lead", successor=RecordRef("Contact", ALEX))

        assert ask(KIM).record.story.successor == RecordRef("Contact", ALEX)

    def test_one_that_nothing_is_known_of_is_not_there(self, ask):
        answer = ask(KIM[:15])

        assert not answer
        assert answer.looked_for == [f"message id {KIM[:15]}", f"record id {KIM}"]
