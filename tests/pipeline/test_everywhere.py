"""An opt-out is on every record that holds the number, whatever becomes of the records."""

import pytest

from connector.emulator import seed_contacts, seed_leads
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.suppression import check
from tests.support.callbacks import reply
from tests.support.events import MOBILE


FLAG = "SMS_Opt_Out__c"
OTHER = "+447700900457"


@pytest.fixture
def work(directory, read, pusher, clock):
    """What a worker does in some minutes."""

    def work():
        for _ in range(2):
            clock.advance(minutes=2)
            directory.sync()
            read()
            pusher.push()

    return work


@pytest.fixture
def flags(emulator):
    """Whether these records say that their person opted out."""

    def flags(*records):
        names = {"003": "Contact", "00Q": "Lead"}
        return [emulator.record(names[each[:3]], each)[FLAG] for each in records]

    return flags


@pytest.fixture
def people(emulator, store, work):
    """A Contact and a Lead with one number, which has opted out."""
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    (kim,) = seed_leads(emulator, 1, MobilePhone="+44 7700 900456")
    work()
    store.inbox.keep([reply("STOP")])
    work()
    return alex, kim


def test_all_who_hold_the_number_carry_it_from_then_on(
    store, emulator, people, work, flags, clock
):
    alex, kim = people
    both = flags(alex, kim)
    (created,) = seed_contacts(emulator, 1, start=7, Phone=MOBILE, MobilePhone=None)
    doomed, merged, winner = seed_contacts(emulator, 3, start=8)
    emulator.delete("Contact", doomed)
    work()
    emulator.undelete("Contact", doomed)
    emulator.update("Contact", doomed, {"MobilePhone": MOBILE})
    emulator.update("Contact", merged, {"MobilePhone": MOBILE})
    work()
    emulator.update("Contact", winner, {"MobilePhone": MOBILE})
    emulator.merge(winner, [merged])
    work()

    assert both == [True, True]
    assert flags(alex, kim, created, doomed, winner) == [True] * 5
    (answer,) = check(store, [MOBILE], PhoneReader(), clock, actor="key:sender")
    assert not answer.sendable


def test_one_that_is_deleted_and_undeleted_has_it_again(emulator, people, work, flags):
    alex, _ = people
    emulator.delete("Contact", alex)
    work()
    emulator.undelete("Contact", alex)
    emulator.update("Contact", alex, {FLAG: False})
    work()

    assert flags(alex) == [True]


def test_one_that_was_deleted_when_the_stop_came_has_it_afterwards(
    store, emulator, work, flags
):
    alex, kim = seed_contacts(emulator, 2, MobilePhone=MOBILE)
    work()
    emulator.delete("Contact", alex)
    work()
    store.inbox.keep([reply("STOP")])
    work()
    emulator.undelete("Contact", alex)
    work()

    assert flags(alex, kim) == [True, True]


@pytest.mark.parametrize("told", ["before", "after"])
def test_one_that_others_are_merged_into_has_it(store, emulator, work, flags, told):
    alex, kim = seed_contacts(emulator, 2, MobilePhone=MOBILE)
    work()
    if told == "before":
        store.inbox.keep([reply("STOP")])
        work()
    emulator.merge(kim, [alex])
    emulator.update("Contact", kim, {FLAG: False})
    if told == "after":
        store.inbox.keep([reply("STOP")])
    work()

    assert flags(kim) == [True]


def test_a_contact_that_a_lead_became_has_it(emulator, people, work, flags):
    _, kim = people
    contact = emulator.convert_lead(kim)["contact"]
    emulator.update("Contact", contact, {"MobilePhone": MOBILE, FLAG: False})
    work()

    assert flags(contact) == [True]


class TestAnotherNumber:
    def test_begins_as_unknown_and_the_old_one_keeps_its_opt_out(
        self, store, emulator, people, work, flags, clock
    ):
        alex, kim = people
        emulator.update("Contact", alex, {"MobilePhone": OTHER})
        work()

        old, new = check(store, [MOBILE, OTHER], PhoneReader(), clock, actor="key:sender")

        assert (old.sendable, new.sendable) == (False, True)
        assert flags(kim) == [True]

    @pytest.mark.usefixtures("people")
    def test_that_has_opted_out_brings_the_flag(self, emulator, work, flags):
        (sam,) = seed_contacts(emulator, 1, start=20, MobilePhone=OTHER)
        work()
        before = flags(sam)

        emulator.update("Contact", sam, {"MobilePhone": MOBILE})
        work()

        assert (before, flags(sam)) == ([False], [True])


def test_a_person_account_has_it_on_its_contact(store, emulator, work, flags):
    emulator.enable_person_accounts()
    fields = {"LastName": "Brook", "PersonMobilePhone": MOBILE}
    account = emulator.create("Account", fields)
    contact = emulator.record("Account", account)["PersonContactId"]
    work()

    store.inbox.keep([reply("STOP")])
    work()

    assert flags(contact) == [True]
    assert emulator.record("Account", account)["SMS_Opt_Out__pc"] is True
