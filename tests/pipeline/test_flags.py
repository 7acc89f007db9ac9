"""A flag ticked in Salesforce is a STOP; one that is cleared there is only a question."""

from datetime import timedelta

import pytest

from connector.domain.consent import ConsentKind, ConsentSource
from connector.emulator import seed_contacts
from connector.pipeline.consent import Evidence, settle, start, stop
from connector.pipeline.flags import heed
from connector.pipeline.phone_reader import PhoneReader
from tests.support.events import MOBILE


FLAG = "SMS_Opt_Out__c"


@pytest.fixture
def alex(emulator):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    return alex


@pytest.fixture
def sync(directory, read, pusher, clock):
    """The directory is read, and all that follows is written; a minute and more goes by."""

    def sync():
        clock.advance(minutes=2)
        directory.sync()
        read()
        pusher.push()
        clock.advance(minutes=2)

    return sync


@pytest.fixture
def tick(emulator, alex, sync):
    """Somebody in the org sets the flag, or clears it, and we look."""

    def tick(*, to, **more):
        emulator.update("Contact", alex, {FLAG: to, **more})
        sync()

    return tick


def evidence(clock, **changes):
    values = {
        "actor": "user:ann",
        "source": ConsentSource.OPERATOR,
        "reason": "asked",
        "evidence": "call 1",
        "occurred_at": clock(),
        **changes,
    }
    return Evidence(**values)


def found(store, phone=MOBILE):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.find([phone]).get(phone)


def ledger(store, phone=MOBILE):
    with store.transaction(reads=True) as transaction:
        return [event.kind for event in transaction.consents.events_of(phone)]


class TestTicked:
    def test_is_a_stop(self, store, tick):
        tick(to=True)

        consent = found(store)
        assert (consent.opted_out, consent.source) == (True, "Salesforce")

    def test_is_heard_once_however_often_it_is_read(self, store, tick, sync, emulator, alex):
        tick(to=True)
        emulator.update("Contact", alex, {"Department": "Sales"})

        sync()
        sync()

        assert ledger(store) == [ConsentKind.STOP]

    def test_goes_to_all_who_hold_the_number(self, emulator, tick, alex):
        (other,) = seed_contacts(emulator, 1, start=9, MobilePhone=MOBILE)

        tick(to=True)

        assert emulator.record("Contact", other)[FLAG] is True
        assert emulator.record("Contact", alex)["SMS_Opt_Out_Source__c"] == "Salesforce"

    def test_before_the_service_came_counts(self, store, emulator, sync):
        seed_contacts(emulator, 1, start=5, MobilePhone="+12015550105", SMS_Opt_Out__c=True)

        sync()

        assert found(store, "+12015550105").opted_out

    def test_counts_for_the_number_that_messages_go_to(self, store, tick):
        switchboard = "+12015550177"

        tick(to=True, Phone=switchboard)

        assert found(store, switchboard) is None

    def test_on_a_record_without_a_number_counts_once_it_has_one(self, store, emulator, sync):
        (kim,) = seed_contacts(emulator, 1, start=7, MobilePhone=None, SMS_Opt_Out__c=True)
        sync()

        emulator.update("Contact", kim, {"MobilePhone": "+12015550107"})
        sync()

        assert found(store, "+12015550107").opted_out

    def test_again_after_a_start_is_a_stop_again(self, store, tick, sync, clock):
        tick(to=True)
        start(store, MOBILE, evidence(clock), clock, version=1)
        sync()
        assert not found(store).opted_out

        tick(to=True)

        assert found(store).opted_out


class TestOurOwnWrites:
    def test_are_no_news(self, store, emulator, alex, sync, clock):
        stop(store, [MOBILE], evidence(clock), clock)

        for _ in range(3):
            sync()

        assert emulator.record("Contact", alex)[FLAG] is True
        assert ledger(store) == [ConsentKind.STOP]

    def test_are_none_that_is_cleared_before_they_arrive(self, store, sync, clock, directory):
        sync()
        stop(store, [MOBILE], evidence(clock), clock)

        directory.sync()  # the flag is still clear: nothing was written yet

        assert ledger(store) == [ConsentKind.STOP]

    def test_of_a_start_are_no_stop(self, store, emulator, alex, sync, clock):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        start(store, MOBILE, evidence(clock), clock, version=1)

        for _ in range(3):
            sync()

        assert emulator.record("Contact", alex)[FLAG] is False
        assert not found(store).opted_out

    @pytest.fixture
    def _doubtful(self, store, emulator, alex, sync, clock, read, pusher):
        """Ours was written and never read again; what came of taking it back nobody knows."""
        sync()
        stop(store, [MOBILE], evidence(clock), clock)
        read()
        pusher.push()
        clock.advance(minutes=5)
        start(store, MOBILE, evidence(clock), clock, version=1)
        read()
        emulator.faults.unavailable(times=3)
        pusher.push()
        emulator.faults.clear()
        assert emulator.record("Contact", alex)[FLAG] is True

    @pytest.mark.usefixtures("_doubtful")
    def test_are_no_tick_while_it_is_in_doubt_what_came_after(
        self, store, emulator, alex, sync, directory
    ):
        directory.sync()
        sync()

        assert ledger(store) == [ConsentKind.STOP, ConsentKind.START]
        assert emulator.record("Contact", alex)[FLAG] is False

    @pytest.mark.usefixtures("_doubtful")
    def test_nor_is_a_tick_taken_for_ours_then(self, store, emulator, alex, clock, directory):
        emulator.update("Contact", alex, {FLAG: False})
        clock.advance(seconds=1)
        emulator.update("Contact", alex, {FLAG: True})

        directory.sync()

        assert found(store).opted_out

    def test_stay_with_the_old_number(self, store, emulator, alex, sync, clock):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()

        emulator.update("Contact", alex, {"MobilePhone": "+12015550123"})
        sync()

        assert found(store).opted_out
        assert found(store, "+12015550123") is None


class TestCleared:
    @pytest.fixture(autouse=True)
    def _opted_out(self, store, emulator, alex, sync, clock):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        assert emulator.record("Contact", alex)[FLAG] is True

    def test_is_set_again_and_asked_about(self, store, emulator, alex, tick):
        tick(to=False)

        assert emulator.record("Contact", alex)[FLAG] is True
        consent = found(store)
        assert (consent.opted_out, consent.questions) == (True, 1)

    def test_is_set_again_each_time(self, store, emulator, alex, tick):
        tick(to=False)
        tick(to=False)

        assert emulator.record("Contact", alex)[FLAG] is True
        assert ledger(store).count(ConsentKind.REQUEST) == 2

    def test_and_accepted_with_evidence_it_stays_clear(
        self, store, emulator, alex, tick, sync, clock
    ):
        tick(to=False)

        start(store, MOBILE, evidence(clock), clock, version=found(store).version)
        sync()
        sync()

        assert emulator.record("Contact", alex)[FLAG] is False
        assert not found(store).opted_out

    def test_and_refused_nothing_is_left_to_decide(self, store, tick, clock):
        tick(to=False)
        with store.transaction(reads=True) as transaction:
            request = next(
                e for e in transaction.consents.events_of(MOBILE) if e.kind == "request"
            )

        settle(store, MOBILE, request.id, evidence(clock), clock, version=2)

        assert (found(store).opted_out, found(store).questions) == (True, 0)

    def test_by_an_import_of_old_data_changes_nothing(self, store, emulator, tick, alex):
        tick(to=False, LastName="Reimported")

        assert emulator.record("Contact", alex)[FLAG] is True
        assert found(store).opted_out


class TestLate:
    """A change is stamped when it begins, and seen when it ends."""

    def test_a_tick_that_began_long_before_our_own_write_is_heard(
        self, store, emulator, alex, clock, sync
    ):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        start(store, MOBILE, evidence(clock), clock, version=1)
        emulator.update("Contact", alex, {FLAG: True}, commit_after=timedelta(minutes=6))
        sync()
        assert not found(store).opted_out

        for _ in range(3):
            sync()

        assert found(store).opted_out

    def test_what_was_asked_for_before_our_own_write_is_none(
        self, store, emulator, alex, clock, org, read, pusher, mappings, sync
    ):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        page = org.directory(
            "Contact",
            mappings["Contact"].phones,
            since=None,
            flags=mappings["Contact"].opt_out_fields,
        )
        asked_at = clock()
        clock.advance(seconds=1)
        start(store, MOBILE, evidence(clock), clock, version=1)
        read()
        pusher.push()
        assert emulator.record("Contact", alex)[FLAG] is False

        with store.transaction() as transaction:
            heed(
                transaction,
                page.entries,
                mappings["Contact"],
                PhoneReader(),
                clock(),
                asked_at=asked_at,
            )

        assert not found(store).opted_out


def test_a_reading_older_than_our_write_says_nothing(store, emulator, alex, clock, sync):
    sync()
    emulator.update("Contact", alex, {"Department": "Sales"}, commit_after=timedelta(minutes=3))
    stop(store, [MOBILE], evidence(clock), clock)

    for _ in range(4):
        sync()

    assert ledger(store) == [ConsentKind.STOP]
