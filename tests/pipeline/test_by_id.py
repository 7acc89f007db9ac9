"""Records of any object, named by their ids: their prefixes tell whose they are."""

import pytest

from connector.emulator import SObject, seed_contacts
from connector.emulator.kinds import phone, picklist, record_id, system_fields, text
from connector.pipeline.prefixes import FRESH, OFTEN
from tests.pipeline.org_mappings import Pipeline, load
from tests.support.callbacks import dlr, reply
from tests.support.events import MOBILE, report
from tests.support.sms_org import STATUSES


VISIT = SObject(
    name="acme__Visit__c",
    label="Visit",
    label_plural="Visits",
    key_prefix="a5V",
    fields=(
        record_id("Record ID"),
        text("Name", "Name", 80, name_field=True),
        phone("acme__Phone__c", "Phone"),
        picklist("acme__Text__c", "Text", *STATUSES),
        text("acme__Opted_Out__c", "Out", 10),
        *system_fields(),
    ),
)
FILE = "object: acme__visit__c\nfields: {acme__Text__c: delivery.status}\n"
WITH_PHONES = """\
object: acme__Visit__c
phones: [acme__Phone__c]
fields:
  acme__Text__c: delivery.status
  acme__Opted_Out__c: {fact: consent.opted_out, translate: {'true': out, 'false': in}}
"""
SYNC = "GET /sobjects"


@pytest.fixture
def made(store, org, budget, clock, pusher, tmp_path):
    def with_file(**texts):
        return Pipeline(store, org, budget, clock, pusher, load(tmp_path, **texts))

    return with_file


@pytest.fixture
def pipeline(emulator, made):
    emulator.add_object(VISIT)
    return made(visit=FILE)


def visit(emulator, **fields):
    return emulator.create("acme__Visit__c", {"Name": "Visit", **fields})


def status(emulator, record):
    return emulator.record("acme__Visit__c", record)["acme__Text__c"]


def test_a_record_of_any_object_is_known_by_its_id(emulator, pipeline):
    record = visit(emulator)
    pipeline.directory.sync()

    pipeline.run(dlr(1, ref=record))

    assert status(emulator, record) == "Delivered"
    assert pipeline.shown_on() == {("acme__visit__c", record): "reference"}


def test_the_person_is_found_beside_it(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    record = visit(emulator)
    pipeline.directory.sync()

    pipeline.run(dlr(1, ref=record))

    assert pipeline.shown_on() == {
        ("acme__visit__c", record): "reference",
        ("Contact", alex): "phone",
    }
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


def test_a_registered_person_and_a_record_that_rode_along_are_both_told(
    emulator, pipeline, store
):
    (alex,) = seed_contacts(emulator, 1)
    record = visit(emulator)
    pipeline.directory.sync()
    store.register([report(status=None, registered_record=alex)])

    pipeline.run(dlr(1, ref=record))

    assert set(pipeline.shown_on().values()) == {"reference", "registered"}


def test_an_id_that_comes_before_its_prefix_is_known_is_matched_later(emulator, pipeline):
    record = visit(emulator)
    pipeline.run(dlr(1, ref=record))
    before = pipeline.shown_on()

    pipeline.directory.sync()
    pipeline.run()

    assert before == {}
    assert status(emulator, record) == "Delivered"


def test_prefixes_are_asked_for_once_a_day(emulator, pipeline, clock):
    for _ in range(3):
        pipeline.directory.sync()
    first = emulator.calls[SYNC]
    clock.advance(seconds=FRESH.total_seconds())
    pipeline.directory.sync()

    assert (first, emulator.calls[SYNC]) == (1, 2)


def test_an_unknown_prefix_has_them_asked_for_sooner(emulator, made, clock):
    """An object that was not there yet when the service was started."""
    pipeline = made(visit=FILE)
    pipeline.directory.sync()
    emulator.add_object(VISIT)
    record = visit(emulator)
    pipeline.run(dlr(1, ref=record))
    pipeline.directory.sync()
    too_soon = emulator.calls[SYNC]

    clock.advance(seconds=OFTEN.total_seconds())
    pipeline.directory.sync()
    pipeline.run()

    assert (too_soon, emulator.calls[SYNC]) == (1, 2)
    assert status(emulator, record) == "Delivered"


def test_where_only_people_are_mapped_no_prefix_is_asked_for(emulator, made):
    pipeline = made(case="object: Case\nfields: {A__c: delivery.status}\n")

    pipeline.keep(dlr(1, ref="a5V000000000001AAA"))
    pipeline.directory.sync()

    assert SYNC not in emulator.calls


def test_an_org_that_is_away_is_asked_again(emulator, pipeline):
    emulator.faults.unavailable(path="/sobjects$", times=1)

    pipeline.directory.sync()
    pipeline.directory.sync()

    assert emulator.calls[SYNC] >= 1
    record = visit(emulator)
    pipeline.keep(dlr(1, ref=record))
    assert pipeline.shown_on() == {("acme__visit__c", record): "reference"}


def test_a_case_is_matched_without_asking_anything(emulator, made):
    pipeline = made(case="object: Case\nfields: {A__c: delivery.status}\n")

    pipeline.keep(dlr(1, ref="500000000000001AAA"))

    assert pipeline.shown_on() == {("Case", "500000000000001AAA"): "reference"}
    assert emulator.calls == {}


class TestCustomObjectWithNumbers:
    """Its records are people like others: they hold numbers."""

    @pytest.fixture
    def pipeline(self, emulator, made):
        emulator.add_object(VISIT)
        return made(visit=WITH_PHONES)

    def test_is_matched_by_its_number(self, emulator, pipeline):
        record = visit(emulator, acme__Phone__c="+44 (0)7700 900-456")
        pipeline.directory.sync()

        pipeline.run(dlr(1, ref=""))

        assert status(emulator, record) == "Delivered"
        assert pipeline.shown_on() == {("acme__Visit__c", record): "phone"}

    def test_is_told_of_a_stop(self, emulator, pipeline):
        record = visit(emulator, acme__Phone__c=MOBILE)
        pipeline.directory.sync()

        pipeline.run(reply("STOP"))

        assert emulator.record("acme__Visit__c", record)["acme__Opted_Out__c"] == "out"

    def test_named_by_its_id_it_decides_like_any_person(self, emulator, pipeline):
        seed_contacts(emulator, 1, MobilePhone=MOBILE)
        record = visit(emulator)
        pipeline.directory.sync()

        pipeline.run(dlr(1, ref=record))

        assert pipeline.shown_on() == {("acme__Visit__c", record): "reference"}

    def test_a_deleted_one_gives_the_message_to_who_holds_the_number(
        self, emulator, pipeline, clock
    ):
        (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
        record = visit(emulator, acme__Phone__c=MOBILE)
        pipeline.directory.sync()
        pipeline.run(dlr(1, ref=record))
        clock.advance(minutes=1)
        emulator.delete("acme__Visit__c", record)

        pipeline.directory.sync()
        pipeline.run()

        assert pipeline.shown_on() == {("Contact", alex): "phone"}


class TestUndelete:
    def deleted(self, emulator, pipeline, clock, alex):
        clock.advance(minutes=1)
        emulator.delete("Contact", alex)
        pipeline.directory.sync()

    def undeleted(self, emulator, pipeline, clock, alex):
        clock.advance(minutes=1)
        emulator.undelete("Contact", alex)
        pipeline.directory.sync()
        pipeline.run()

    def test_brings_the_status_of_meanwhile(self, emulator, made, clock):
        pipeline = made()
        (alex,) = seed_contacts(emulator, 1)
        pipeline.directory.sync()
        self.deleted(emulator, pipeline, clock, alex)
        pipeline.run(dlr(1, ref=alex, to="%2B447700900999"))
        gone = pipeline.shown_on()

        self.undeleted(emulator, pipeline, clock, alex)

        assert gone == {}
        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"

    def test_brings_what_was_registered_for_it(self, emulator, made, clock, store):
        pipeline = made()
        (alex,) = seed_contacts(emulator, 1)
        pipeline.directory.sync()
        self.deleted(emulator, pipeline, clock, alex)
        store.register([report(registered_record=alex)])
        pipeline.run()

        self.undeleted(emulator, pipeline, clock, alex)

        assert pipeline.shown_on() == {("Contact", alex): "registered"}

    def test_brings_what_was_refused_before_we_knew(self, emulator, made, clock, store):
        pipeline = made()
        (alex,) = seed_contacts(emulator, 1)
        pipeline.directory.sync()
        emulator.delete("Contact", alex)
        refused = pipeline.run(dlr(1, ref=alex)).refused
        clock.advance(minutes=1)
        emulator.undelete("Contact", alex)

        pipeline.directory.sync()
        pipeline.run()

        assert refused == 1
        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"
        with store.transaction(reads=True) as t:
            assert t.writes.refused_count() == 0

    def test_brings_consent_too(self, emulator, made, clock):
        pipeline = made()
        (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
        pipeline.directory.sync()
        self.deleted(emulator, pipeline, clock, alex)
        pipeline.run(reply("STOP"))

        self.undeleted(emulator, pipeline, clock, alex)

        assert emulator.record("Contact", alex)["SMS_Opt_Out__c"] is True


class TestMovedOn:
    def test_a_chain_of_merges_is_followed(self, emulator, made, clock):
        pipeline = made()
        last, middle, first = seed_contacts(emulator, 3)
        pipeline.directory.sync()
        pipeline.run(dlr(1, ref=first))
        for winner, loser in ((middle, first), (last, middle)):
            clock.advance(minutes=1)
            emulator.merge(winner, [loser])

        pipeline.directory.sync()
        pipeline.run()

        assert pipeline.shown_on() == {("Contact", last): "reference"}
        assert emulator.record("Contact", last)["SMS_Delivery_Status__c"] == "Delivered"

    def test_a_lead_that_was_converted_into_a_merged_contact_is_followed(
        self, emulator, made, clock
    ):
        pipeline = made()
        winner, loser = seed_contacts(emulator, 2)
        lead = emulator.create("Lead", {"LastName": "Brook", "Company": "Acme"})
        pipeline.directory.sync()
        pipeline.run(dlr(1, ref=lead))
        clock.advance(minutes=1)
        emulator.convert_lead(lead, contact=loser)
        emulator.merge(winner, [loser])

        pipeline.directory.sync()
        pipeline.run()

        assert emulator.record("Contact", winner)["SMS_Delivery_Status__c"] == "Delivered"
