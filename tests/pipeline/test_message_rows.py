"""A row for each message in Salesforce: ours made by upsert, another program's looked for."""

import pytest

from connector.emulator import SObject, seed_contacts, seed_leads
from connector.emulator.kinds import lookup, picklist, record_id, system_fields, text
from connector.pipeline.lookup import LOOK_EVERY, PATIENCE
from tests.pipeline.org_mappings import Pipeline, documented, load, optional
from tests.support.callbacks import dlr
from tests.support.events import MOBILE, NOON, report
from tests.support.sms_org import STATUSES


OURS = ("SMS_Message__c", "Key__c=kannel/42")
MAGIC = SObject(
    name="magic__SMS__c",
    label="Magic SMS",
    label_plural="Magic SMS",
    key_prefix="a77",
    fields=(
        record_id("Record ID"),
        text("magic__Id__c", "Message Id", 255),
        lookup("magic__Contact__c", "Contact", "Contact"),
        lookup("magic__Lead__c", "Lead", "Lead"),
        picklist("magic__Status__c", "Status", *STATUSES),
        *system_fields(),
    ),
)
MAGIC_FILE = documented("magic__SMS__c")


class TestOurRows:
    @pytest.fixture(params=["shipped", "documented"])
    def pipeline(self, store, org, budget, clock, pusher, mappings, request, tmp_path):
        """The shipped file, and the one of the documentation."""
        if request.param == "shipped":
            both = {**mappings, **optional("sms_message")}
        else:
            both = load(tmp_path, rows=documented("SMS_Message__c"))
        return Pipeline(store, org, budget, clock, pusher, both)

    def row(self, emulator, key="kannel/42"):
        (found,) = [r for r in emulator.records("SMS_Message__c") if r["Key__c"] == key]
        return found

    def test_are_made_with_the_person_beside_it(self, emulator, pipeline):
        (alex,) = seed_contacts(emulator, 1)

        report = pipeline.run(dlr(1, ref=alex))

        row = self.row(emulator)
        assert report.written == 2
        assert row["Contact__c"] == alex
        assert row["Status__c"] == "Delivered"
        assert row["Status_At__c"] == "2023-11-14T22:13:20.000+0000"
        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"
        assert pipeline.shown_on() == {("Contact", alex): "reference", OURS: "key"}

    def test_are_one_for_each_message(self, emulator, pipeline):
        (alex,) = seed_contacts(emulator, 1)

        pipeline.run(dlr(1, "1", ref=alex), dlr(2, "2", ref=alex), dlr(1, "1", ref=alex))

        rows = {r["Key__c"]: r["Status__c"] for r in emulator.records("SMS_Message__c")}
        assert rows == {"kannel/1": "Delivered", "kannel/2": "Undelivered"}

    def test_follow_later_reports(self, emulator, pipeline):
        pipeline.run(dlr(8, ref=""))
        made = self.row(emulator)

        pipeline.run(dlr(1, ref=""))

        assert made["Status__c"] == "Pending"
        assert self.row(emulator)["Status__c"] == "Delivered"
        assert self.row(emulator)["Id"] == made["Id"]

    def test_show_who_it_was_once_somebody_holds_the_number(self, emulator, pipeline):
        pipeline.run(dlr(1, ref=""))
        assert self.row(emulator)["Lead__c"] is None
        (kim,) = seed_leads(emulator, 1, MobilePhone=MOBILE)

        pipeline.directory.sync()
        pipeline.run()

        assert self.row(emulator)["Lead__c"] == kim
        assert self.row(emulator)["Phone__c"] == MOBILE

    def test_tell_of_their_own_message(self, emulator, store, org, budget, clock, pusher):
        pipeline = Pipeline(store, org, budget, clock, pusher, optional("sms_message"))
        sent = report(status=None, sent_at=NOON, sender="ACME", segments=2)
        store.register([sent])

        pipeline.run(dlr(1, ref=""))

        row = self.row(emulator)
        assert (row["Sender__c"], row["Segments__c"]) == ("ACME", 2)
        assert row["Sent_At__c"] == "2026-11-23T12:00:00.000+0000"
        assert row["Delivered_At__c"] == "2023-11-14T22:13:20.000+0000"

    def test_are_not_sent_twice(self, pipeline):
        pipeline.run(dlr(1, ref=""))

        assert pipeline.run(dlr(1, ref="")).calls == 0

    def test_of_a_winner_are_shown_on_it_after_a_merge(self, emulator, pipeline, clock):
        winner, loser = seed_contacts(emulator, 2)
        pipeline.directory.sync()
        pipeline.run(dlr(1, ref=loser))
        clock.advance(minutes=1)
        emulator.merge(winner, [loser])

        pipeline.directory.sync()
        pipeline.run()

        assert self.row(emulator)["Contact__c"] == winner

    def test_leave_a_message_without_a_person_unmatched(self, store, pipeline):
        pipeline.run(dlr(1, ref=""))

        with store.transaction(reads=True) as t:
            assert t.deliveries.unmatched_count() == 1

    def test_without_their_key_hold_nobody_else_up(self, emulator, pipeline, store):
        (alex,) = seed_contacts(emulator, 1)
        emulator.schema.hide("SMS_Message__c", "Key__c")

        pipeline.run(dlr(1, ref=alex))

        with store.transaction(reads=True) as t:
            (lane,) = t.writes.stopped_lanes()
        assert lane.object == "SMS_Message__c"
        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"

    def test_cost_no_call_when_matched(self, emulator, pipeline):
        pipeline.keep(dlr(1))

        assert pipeline.seek().asked == 0
        assert emulator.calls == {}


class TestRowsOfAnother:
    @pytest.fixture
    def pipeline(self, store, org, budget, clock, pusher, emulator, tmp_path):
        emulator.add_object(MAGIC)
        mappings = load(tmp_path, magic=MAGIC_FILE)
        return Pipeline(store, org, budget, clock, pusher, mappings)

    def make(self, emulator, message_id="42", **fields):
        return emulator.create("magic__SMS__c", {"magic__Id__c": message_id, **fields})

    def status(self, emulator, name, record):
        field = "magic__Status__c" if name == "magic__SMS__c" else "SMS_Delivery_Status__c"
        return emulator.record(name, record)[field]

    def test_are_found_and_updated_by_their_id(self, emulator, pipeline):
        row = self.make(emulator)

        pipeline.run(dlr(1, ref=""))

        assert self.status(emulator, "magic__SMS__c", row) == "Delivered"
        assert pipeline.shown_on() == {("magic__SMS__c", row): "key"}

    @pytest.mark.parametrize("name", ["Contact", "Lead"])
    def test_tell_whose_message_it_is(self, emulator, pipeline, name):
        seed = seed_contacts if name == "Contact" else seed_leads
        named, holder = seed(emulator, 2, MobilePhone=MOBILE)
        pipeline.directory.sync()
        row = self.make(emulator, **{f"magic__{name}__c": named})

        pipeline.run(dlr(1, ref=""))

        assert self.status(emulator, name, named) == "Delivered"
        assert self.status(emulator, name, holder) is None
        assert pipeline.shown_on() == {(name, named): "message", ("magic__SMS__c", row): "key"}

    def test_count_less_than_the_id_that_rode_along(self, emulator, pipeline):
        alex, other = seed_contacts(emulator, 2)
        row = self.make(emulator, magic__Contact__c=other)

        pipeline.run(dlr(1, ref=alex))

        assert pipeline.shown_on() == {
            ("Contact", alex): "reference",
            ("magic__SMS__c", row): "key",
        }

    def test_are_waited_for_before_the_number_decides(self, emulator, pipeline):
        (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
        pipeline.directory.sync()

        pipeline.keep(dlr(1, ref=""))
        before = pipeline.shown_on()
        pipeline.seek()

        assert before == {}
        assert pipeline.shown_on() == {("Contact", alex): "phone"}

    def test_that_come_later_take_the_message_with_them(self, emulator, pipeline, clock):
        holder, named = seed_contacts(emulator, 2, MobilePhone=MOBILE)
        pipeline.directory.sync()
        pipeline.run(dlr(1, ref=""))
        assert pipeline.shown_on() == {("Contact", max(holder, named)): "phone"}
        row = self.make(emulator, magic__Contact__c=min(holder, named))

        clock.advance(minutes=1)
        pipeline.run()

        assert pipeline.shown_on() == {
            ("Contact", min(holder, named)): "message",
            ("magic__SMS__c", row): "key",
        }
        assert self.status(emulator, "Contact", max(holder, named)) is None

    def test_are_asked_for_at_growing_intervals_and_then_no_more(self, pipeline, clock, store):
        pipeline.keep(dlr(1, ref=""))
        asked, began = [], clock()
        while clock() < began + PATIENCE * 2:
            if pipeline.seek().asked:
                asked.append((clock() - began).total_seconds() / 60)
            clock.advance(minutes=1 if clock() - began < PATIENCE / 50 else 60)

        with store.transaction(reads=True) as t:
            (lookup,) = t.lookups.find("magic__SMS__c", [("kannel", "42")]).values()
        assert asked[:4] == [0, 1, 5, 21]
        assert 10 <= len(asked) <= 14
        assert asked[-1] <= PATIENCE.total_seconds() / 60
        assert lookup.given_up

    def test_are_many_a_question(self, emulator, pipeline):
        numbers = [str(number) for number in range(350)]
        for number in numbers:
            self.make(emulator, number)

        pipeline.keep(*(dlr(1, number, ref="") for number in numbers))
        report = pipeline.seek()

        assert (report.asked, report.found) == (350, 350)
        assert emulator.calls["GET /query"] == 2

    def test_are_asked_for_again_when_the_org_was_away(self, emulator, pipeline, clock):
        row = self.make(emulator)
        emulator.faults.unavailable(path="/query", times=1)
        pipeline.keep(dlr(1, ref=""))

        first, at_once = pipeline.seek(), pipeline.seek()
        clock.advance(minutes=1)
        later = pipeline.seek()

        assert (first.asked, at_once.asked, later.found) == (0, 0, 1)
        assert pipeline.shown_on() == {("magic__SMS__c", row): "key"}

    def test_that_may_not_be_read_hold_nobody_up(self, emulator, pipeline, store):
        (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
        pipeline.directory.sync()
        emulator.schema.hide("magic__SMS__c", "magic__Id__c")

        pipeline.run(dlr(1, ref=""))

        with store.transaction(reads=True) as t:
            (lookup,) = t.lookups.find("magic__SMS__c", [("kannel", "42")]).values()
        assert pipeline.shown_on() == {("Contact", alex): "phone"}
        assert lookup.error == "INVALID_FIELD"

    def test_that_were_deleted_are_looked_for_again(self, emulator, pipeline, clock):
        row = self.make(emulator)
        pipeline.run(dlr(8, ref=""))
        emulator.delete("magic__SMS__c", row)
        other = self.make(emulator)

        pipeline.run(dlr(1, ref=""))
        clock.advance(seconds=LOOK_EVERY.total_seconds())
        pipeline.run()

        assert pipeline.shown_on() == {("magic__SMS__c", other): "key"}
        assert self.status(emulator, "magic__SMS__c", other) == "Delivered"

    def test_named_by_their_id_need_not_be_looked_for(self, emulator, pipeline):
        row = self.make(emulator, "another")
        pipeline.directory.sync()

        pipeline.keep(dlr(1, ref=row))

        assert pipeline.shown_on() == {("magic__SMS__c", row): "reference"}


def test_another_program_s_row_is_never_made(
    emulator, store, org, budget, clock, pusher, tmp_path
):
    emulator.add_object(MAGIC)
    mappings = load(tmp_path, magic=MAGIC_FILE)

    Pipeline(store, org, budget, clock, pusher, mappings).run(dlr(1))

    assert emulator.records("magic__SMS__c") == []
