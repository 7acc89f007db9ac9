"""What Salesforce has is not written again, however often records are looked at."""

import dataclasses

import pytest

from connector import gateways
from connector.domain.records import RecordRef
from connector.emulator import seed_contacts
from connector.pipeline.enqueue import adopt, enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.settlement import PushReport
from connector.store.outbox import Queued
from tests.support.callbacks import dlr, reply
from tests.support.events import MOBILE


@pytest.mark.parametrize("later", [reply("STOP"), dlr(1, "43", ref="")], ids=["stop", "status"])
def test_topics_that_were_written_one_by_one_come_to_rest(
    store, emulator, directory, read, pusher, clock, later
):
    seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    for arrival in (dlr(1, ref=""), reply("STOP"), later):
        clock.advance(minutes=1)
        store.inbox.keep([arrival])
        read()
        pusher.push()

    reports = []
    for _ in range(4):
        clock.advance(minutes=1)
        directory.sync()
        read()
        reports.append(pusher.push())

    assert reports == [PushReport()] * 4


def test_a_reply_finds_the_holder_that_becomes_known_later(
    store, emulator, directory, read, pusher
):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    store.inbox.keep([reply("Thanks, see you")])
    read()

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Last_Reply_At__c"] is not None


def test_a_value_withdrawn_while_it_was_under_way_is_corrected(
    store, emulator, directory, read, pusher, clock
):
    """The state came back to what Salesforce had, after the other value had left for it."""
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    store.inbox.keep([dlr(1, ref=alex)])
    read()
    pusher.push()
    with store.transaction() as t:
        had = t.writes.remembered([alex])
        t.outbox.enqueue([queued(alex, "Failed")], clock())

    def withdraw(*_call):
        with store.transaction() as t:
            t.outbox.forget([(RecordRef("Contact", alex), "delivery")])
        return False

    emulator.faults.unavailable(path="composite", when=withdraw)
    pusher.push()
    emulator.faults.clear()
    assert had
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


def queued(record_id, status):
    return Queued(
        record=RecordRef("Contact", record_id),
        topic="delivery",
        fields={"SMS_Delivery_Status__c": status},
        urgent=False,
        parent="",
    )


def test_a_field_that_a_mended_mapping_no_longer_names_is_not_sent(
    store, mappings, emulator, pusher, clock
):
    (alex,) = seed_contacts(emulator, 1)
    broken = rule(mappings["Contact"], "Not_There__c")
    store.inbox.keep([dlr(1, ref=alex)])
    work({"Contact": broken}, store, clock)
    assert pusher.push().stopped == 1

    work(mappings, store, clock)
    clock.advance(minutes=5)

    assert pusher.push().written == 1
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


def test_mappings_that_stay_work_nothing_out_anew(store, mappings):
    assert adopt(store, mappings)
    assert not adopt(store, mappings)


def rule(mapping, field):
    """The mapping with one field more."""
    status = next(each for each in mapping.fields if each.fact.name == "delivery.status")
    more = dataclasses.replace(status, field=field)
    return dataclasses.replace(mapping, fields=(*mapping.fields, more))


def work(mappings, store, clock):
    adopt(store, mappings)
    normalise(store, gateways.installed(), PhoneReader(), clock)
    match(store, mappings, clock)
    enqueue(store, mappings, clock)
