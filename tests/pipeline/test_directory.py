"""The phone directory follows an emulated org, on both engines."""

from datetime import timedelta

import pytest

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.errors import ConfigurationError
from connector.emulator import seed_contacts, seed_leads
from connector.pipeline.directory import LEASE, OVERLAP, PAGE, Place
from connector.pipeline.settlement import PushReport
from tests.support.callbacks import dlr, reply
from tests.support.events import MOBILE, NOON


def holders(store, phone=MOBILE):
    with store.transaction(reads=True) as t:
        return [each.record.id for each in t.directory.holders([phone]).get(phone, ())]


def test_the_first_round_reads_every_record(emulator, directory):
    seed_contacts(emulator, 30)
    seed_leads(emulator, 20)

    report = directory.sync()

    assert (report.records, report.done) == (50, True)


def test_more_than_a_page_is_read_in_pages(emulator, directory):
    seed_contacts(emulator, PAGE + 10)

    report = directory.sync()

    assert (report.records, report.done) == (PAGE + 10, True)


def test_an_object_that_is_hidden_holds_up_no_other(store, emulator, directory):
    (kim,) = seed_leads(emulator, 1, MobilePhone=MOBILE)
    emulator.faults.refuse(404, "NOT_FOUND", "no", path="/sobjects/Contact/describe")

    with pytest.raises(ConfigurationError):
        directory.sync()

    assert holders(store) == [kim]


def test_numbers_are_found_however_they_are_written(store, emulator, directory):
    (alex,) = seed_contacts(emulator, 1, MobilePhone="+44 (0)7700 900-456")

    directory.sync()

    assert holders(store) == [alex]


def test_who_was_overtaken_while_it_asked_changes_nothing(store, emulator, directory, clock):
    seed_contacts(emulator, 1, MobilePhone=MOBILE)

    def overtake(_method, path):
        if "/query" in path:
            clock.advance(hours=1)
            with store.transaction() as transaction:
                transaction.leases.take("directory", "another", clock(), LEASE)
        return False

    emulator.faults.add("latency", when=overtake)

    report = directory.sync()

    assert (report.records, holders(store)) == (0, [])
    with store.transaction(reads=True) as transaction:
        (held,) = transaction.leases.all()
    assert held.holder == "another"


def test_a_changed_number_is_followed(store, emulator, directory, clock):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    clock.advance(minutes=30)
    emulator.update("Contact", alex, {"MobilePhone": "+447700900457"})

    directory.sync()

    assert holders(store) == []
    assert holders(store, "+447700900457") == [alex]


def test_a_change_that_becomes_visible_late_is_not_missed(store, emulator, directory, clock):
    alex, other = seed_contacts(emulator, 2, MobilePhone="")
    directory.sync()
    clock.advance(minutes=30)
    emulator.update(
        "Contact", alex, {"MobilePhone": MOBILE}, commit_after=OVERLAP - timedelta(minutes=1)
    )
    clock.advance(minutes=2)
    emulator.update("Contact", other, {"MobilePhone": "+447700900457"})
    directory.sync()
    clock.advance(minutes=8)

    directory.sync()

    assert holders(store) == [alex]


def test_nothing_changed_marks_nothing(emulator, directory):
    seed_contacts(emulator, 5)
    directory.sync()

    assert directory.sync().changed == 0


def test_a_deleted_contact_holds_its_number_no_more(store, emulator, directory, clock):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    clock.advance(minutes=1)
    emulator.delete("Contact", alex)

    directory.sync()

    assert holders(store) == []


def test_the_winner_of_a_merge_gets_the_loser_s_messages(
    store, emulator, directory, read, pusher, clock
):
    winner, loser = seed_contacts(emulator, 2)
    directory.sync()
    store.inbox.keep([dlr(1, ref=loser)])
    read()
    pusher.push()
    clock.advance(minutes=1)
    emulator.merge(winner, [loser])

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", winner)["SMS_Delivery_Status__c"] == "Delivered"


def test_a_record_that_was_named_before_it_was_known_gets_its_number(
    store, emulator, directory, read, pusher
):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    store.inbox.keep([dlr(1, ref=alex)])
    read()
    pusher.push()

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Phone_E164__c"] == MOBILE


@pytest.mark.parametrize("arrival", [dlr(1, ref=""), reply("STOP")], ids=["status", "stop"])
@pytest.mark.parametrize("number", ["+447700900457", None], ids=["another", "none"])
def test_a_number_that_changed_is_corrected_where_it_was_written(
    store, emulator, directory, read, pusher, clock, arrival, number
):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    store.inbox.keep([arrival])
    read()
    pusher.push()
    clock.advance(minutes=1)
    emulator.update("Contact", alex, {"MobilePhone": number})

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Phone_E164__c"] == number


def test_records_that_nothing_is_written_to_are_left_alone(
    emulator, directory, read, pusher, clock
):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    clock.advance(minutes=1)
    emulator.update("Contact", alex, {"MobilePhone": "+447700900457"})

    directory.sync()
    read()

    assert pusher.push() == PushReport()


def test_a_record_created_after_the_stop_is_opted_out(store, emulator, directory, read, pusher):
    directory.sync()
    store.inbox.keep([reply("STOP")])
    read()
    (kim,) = seed_leads(emulator, 1, MobilePhone=MOBILE)

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Lead", kim)["SMS_Opt_Out__c"] is True


def test_a_record_that_is_known_after_the_reply_shows_it(
    store, emulator, directory, read, pusher
):
    store.inbox.keep([reply("Thanks")])
    read()
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)

    directory.sync()
    read()
    pusher.push()

    shown = emulator.record("Contact", alex)
    assert shown["SMS_Last_Reply_At__c"] == "2026-11-23T12:00:00.000+0000"
    assert shown["SMS_Phone_E164__c"] == MOBILE


def test_an_undeleted_record_is_opted_out_too(store, emulator, directory, read, pusher, clock):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    emulator.delete("Contact", alex)
    directory.sync()
    store.inbox.keep([reply("STOP")])
    read()
    clock.advance(minutes=1)
    emulator.undelete("Contact", alex)

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Opt_Out__c"] is True


def test_a_stop_read_while_its_holder_was_being_read_is_found_the_next_time(
    store, emulator, directory, read, pusher
):
    """Two workers: neither saw what the other had not committed yet."""
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    directory.sync()
    unseen = ConsentEvent(phone=MOBILE, kind=ConsentKind.STOP, received_at=NOON)
    with store.transaction() as t:
        t.consents.record([(0, unseen)])

    directory.sync()
    read()
    pusher.push()

    assert emulator.record("Contact", alex)["SMS_Opt_Out__c"] is True


def test_an_org_that_is_away_is_asked_again(store, emulator, directory):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    emulator.faults.unavailable(path="/query", times=1)

    assert not directory.sync().done
    assert directory.sync().done

    assert holders(store) == [alex]


def test_a_place_survives_being_written_down():
    place = Place(since=NOON, after_id="003000000000001AAA")

    assert Place.read(str(place)) == place
    assert Place.read(str(Place())) == Place()
