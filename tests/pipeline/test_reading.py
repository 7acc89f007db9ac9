"""From kept callbacks to pending fields, without Salesforce."""

import json
from datetime import timedelta

import pytest

from connector.domain.callback import Arrival
from connector.domain.delivery import DeliveryStatus
from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.pipeline.directory import keep_entries
from connector.pipeline.phone_reader import PhoneReader
from tests.gateways.cases import FOLDER
from tests.gateways.cases import read as read_file
from tests.support.callbacks import dlr, reply
from tests.support.events import ALEX, MOBILE, NOON, arrival, report


KIM = "00Q000000000001AAA"


def hold(store, record_id, phone=MOBILE, name="Contact", **changes):
    entry = DirectoryEntry(
        record=RecordRef(name, record_id),
        phones={"MobilePhone": phone},
        **{"modified_at": NOON, **changes},
    )
    with store.transaction() as t:
        keep_entries(t, [entry], PhoneReader())


def pending(store, record_id=ALEX):
    with store.transaction(reads=True) as t:
        return {
            name: value
            for waiting in t.outbox.waiting(record_id)
            for name, value in waiting.fields.items()
        }


class TestDeliveryReports:
    def test_a_report_becomes_the_fields_of_the_record_that_rode_along(self, store, read):
        store.inbox.keep([dlr(1)])

        read()

        fields = pending(store)
        assert fields["SMS_Delivery_Status__c"] == "Delivered"
        assert fields["SMS_Gateway__c"] == "kannel"
        assert fields["SMS_Status_At__c"] == "2023-11-14T22:13:20.000Z"

    def test_the_late_interim_report_does_not_undo_the_receipt(self, store, read):
        for late in (dlr(1), dlr(8, at=1_700_000_060)):
            store.inbox.keep([late])
            read()

        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"

    def test_any_order_over_any_batches_gives_the_same_fields(self, store, read):
        reports = [dlr(2), dlr(8), dlr(1), dlr(16), dlr(4), dlr(1), dlr(34)]

        for each in reports:
            store.inbox.keep([each])
            read()

        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"

    def test_the_latest_message_is_shown_not_the_latest_report(self, store, read):
        store.inbox.keep([dlr(1, "new", at=1_700_009_000)])
        read()
        store.inbox.keep([dlr(2, "old", at=1_700_000_000)])
        read()

        fields = pending(store)
        assert fields["SMS_Message_Id__c"] == "new"
        assert fields["SMS_Delivery_Status__c"] == "Delivered"

    def test_a_repeated_report_queues_nothing_new(self, store, read):
        store.inbox.keep([dlr(1)])
        read()
        with store.transaction() as t:
            changes = t.outbox.pending("Contact", 10, NOON)
            t.writes.remember(changes, NOON)
            t.outbox.settle(changes)

        store.inbox.keep([dlr(1)])
        *_, queued = read()

        assert (queued.queued, queued.unchanged > 0) == (0, True)
        assert pending(store) == {}

    def test_reading_twice_gives_the_same_state(self, store, read):
        store.inbox.keep([dlr(1)])
        read()
        before = pending(store)

        with store.transaction() as t:
            t.unread.read_again(store.inbox.ids_since(NOON, limit=10))
        normalised, *_ = read()

        assert normalised.callbacks == 1
        assert pending(store) == before


class TestPoison:
    @pytest.mark.parametrize(
        "poison",
        [
            arrival("/callbacks/kannel?type=1"),
            arrival("/callbacks/kannel?extid=%00&type=1"),
            arrival("/callbacks/kannel?extid=" + "9" * 5000 + "&type=1"),
            arrival("/callbacks/gone", gateway="gone"),
            arrival("/callbacks/generic", gateway="generic", method="POST", body=b"\xff"),
            arrival(
                "/callbacks/generic",
                gateway="generic",
                method="POST",
                body=json.dumps(
                    {
                        "type": "sms.status",
                        "timestamp": "2026-02-11T09:00:04Z",
                        "data": {"message_id": "\ud800", "to": MOBILE, "status": "sent"},
                    }
                ).encode(),
            ),
        ],
        ids=["no id", "NUL", "endless", "unknown gateway", "no JSON", "surrogate"],
    )
    def test_it_is_set_aside_and_holds_nobody_up(self, store, read, poison):
        store.inbox.keep([dlr(1, "before"), poison, dlr(1, "after", at=1_700_000_001)])

        normalised, *_ = read()

        assert (normalised.callbacks, normalised.quarantined) == (3, 1)
        assert pending(store)["SMS_Message_Id__c"] == "after"
        with store.transaction(reads=True) as t:
            assert len(t.unread.quarantined(10)) == 1

    def test_it_leaves_quarantine_when_it_can_be_read_after_all(self, store, read):
        store.inbox.keep([dlr(1)])
        (kept,) = store.inbox.latest(limit=1)
        with store.transaction() as t:
            t.unread.set_aside(kept, "a fault since mended", NOON)
            t.unread.read_again([(kept.id, False)])

        read()

        with store.transaction(reads=True) as t:
            assert t.unread.quarantined_count() == 0


class TestMatching:
    def test_without_a_reference_the_holder_of_the_number_gets_it(self, store, read):
        hold(store, KIM, name="Lead")
        store.inbox.keep([dlr(1, ref="")])

        read()

        assert pending(store, KIM)["SMS_Delivery_Status__c"] == "Delivered"

    def test_of_several_holders_the_one_changed_last_gets_it(self, store, read):
        hold(store, ALEX)
        hold(store, KIM, name="Lead", modified_at=NOON + timedelta(days=1))
        store.inbox.keep([dlr(1, ref="")])

        read()

        assert pending(store, KIM)
        assert not pending(store, ALEX)

    def test_without_a_holder_it_waits_for_one(self, store, read):
        store.inbox.keep([dlr(1, ref="")])
        _, matched, _ = read()
        assert matched.unmatched == 1

        hold(store, ALEX, phone="07700 900456 x")
        hold(store, ALEX)
        read()

        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"

    def test_the_registered_record_wins_over_the_holder(self, store, read):
        hold(store, KIM, name="Lead")
        store.inbox.keep([dlr(1, ref="")])
        read()
        store.register(
            [report("42", status=DeliveryStatus.PENDING, registered_record=ALEX, sent_at=NOON)]
        )

        read()

        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"
        with store.transaction(reads=True) as t:
            assert [m.record.id for m in t.matches.of_message("kannel", "42")] == [ALEX]

    def test_a_message_taken_from_a_record_is_taken_back_there(self, store, read):
        hold(store, KIM, name="Lead")
        store.inbox.keep([dlr(1, ref="")])
        read()
        with store.transaction() as t:
            t.writes.remember(t.outbox.pending("Lead", 9, NOON), NOON)
            t.outbox.settle(t.outbox.pending("Lead", 9, NOON))

        store.inbox.keep([dlr(1)])
        read()

        assert pending(store, KIM)["SMS_Delivery_Status__c"] is None
        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"

    def test_a_converted_lead_passes_its_messages_on(self, store, read):
        store.inbox.keep([dlr(1, ref=KIM)])
        read()

        hold(store, KIM, name="Lead", successor=RecordRef("Contact", ALEX))
        read()

        assert pending(store)["SMS_Delivery_Status__c"] == "Delivered"


class TestConsent:
    def test_a_stop_goes_to_every_record_that_holds_the_number(self, store, read):
        hold(store, ALEX)
        hold(store, KIM, name="Lead")
        store.inbox.keep([reply("Stop")])

        read()

        for record_id in (ALEX, KIM):
            fields = pending(store, record_id)
            assert fields["SMS_Opt_Out__c"] is True
            assert fields["SMS_Opt_Out_Source__c"] == "Reply"

    def test_what_may_be_a_stop_holds_until_a_later_start(self, store, read):
        hold(store, ALEX)
        store.inbox.keep([reply("please+stop+texting+me")])

        read()

        fields = pending(store)
        assert fields["SMS_Opt_Out__c"] is True
        assert fields["SMS_Opt_Out_Keyword__c"] == "review"
        with store.transaction(reads=True) as t:
            assert [event.kind for _, event in t.consents.said_by(MOBILE, 9)] == ["review"]

    def test_a_stop_overtakes_the_reports_before_it(self, store, read, clock):
        hold(store, KIM, name="Lead")
        hold(store, ALEX, phone="+447700900457")
        store.inbox.keep([dlr(1, str(n), to="%2B447700900457") for n in range(50)])
        store.inbox.keep([reply("STOP")])

        read()

        with store.transaction(reads=True) as t:
            assert len(t.outbox.pending("Lead", 9, clock(), urgent=True)) == 1

    def test_a_record_that_appears_later_gets_the_opt_out(self, store, read):
        store.inbox.keep([reply("STOP")])
        read()

        hold(store, ALEX)
        read()

        assert pending(store)["SMS_Opt_Out__c"] is True

    def test_a_later_start_takes_it_back(self, store, read):
        hold(store, ALEX)
        store.inbox.keep([reply("STOP")])
        read()
        store.inbox.keep(
            [
                arrival(
                    "/callbacks/kannel?text=START&from=%2B447700900456",
                    urgent=True,
                    received_at=NOON + timedelta(minutes=2),
                )
            ]
        )

        read()

        assert pending(store)["SMS_Opt_Out__c"] is False

    def test_a_reply_is_remembered_with_its_time(self, store, read):
        hold(store, ALEX)
        store.inbox.keep([reply("thanks+a+lot")])

        read()

        assert pending(store)["SMS_Last_Reply_At__c"] == "2026-11-23T12:00:00.000Z"


class TestRefusal:
    """A gateway that refuses to text a number knows of its opt-out."""

    def test_opts_the_number_out(self, store, read):
        callback = read_file(FOLDER / "twilio/failed-21610.yaml").callback
        recipient = callback.fields["To"]
        hold(store, ALEX, recipient)
        store.inbox.keep([Arrival(callback=callback, urgent=False)])

        read()

        fields = pending(store)
        assert (fields["SMS_Opt_Out__c"], fields["SMS_Opt_Out_Source__c"]) == (True, "Provider")
        with store.transaction(reads=True) as t:
            ((_, event),) = t.consents.said_by(recipient, 9)
        assert event.reason == "refused with 21610"
