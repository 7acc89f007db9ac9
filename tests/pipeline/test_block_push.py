"""An opt-out reaches every block list that is set up, and nobody waits for that."""

from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.pipeline import block_lists
from connector.pipeline.block_lists import NOT_THERE, BlockPusher
from connector.pipeline.consent import hear, start, stop
from connector.pipeline.erasure import erase
from connector.pipeline.phone_reader import PhoneReader
from connector.rest.errors import BusyError, RefusedError
from connector.store.block_entries import EntryState, Told
from tests.pipeline.block_lists import (
    MemoryList,
    configured,
    consent,
    entry,
    evidence,
    without_time,
)


ALEX, KIM, SAM = "+447700900456", "+447700900457", "+447700900458"


@pytest.fixture
def there(clock):
    """What the gateway has."""
    return MemoryList(clock)


@pytest.fixture
def pusher(store, there, clock):
    return prepared(store, clock, configured(there))


@pytest.fixture
def freeing(store, there, clock):
    """The same where people are taken off again."""
    return prepared(store, clock, configured(there), unblock=True)


def prepared(store, clock, *lists, **options):
    found = BlockPusher(store, lists, clock, holder="one", **options)
    found.prepare()
    return found


def opt_out(store, clock, *phones, **more):
    stop(store, phones, evidence(clock, occurred_at=None), clock, **more)


def opt_in(store, clock, phone, **more):
    clock.advance(minutes=1)
    version = consent(store, phone).version
    start(store, phone, evidence(clock), clock, version=version, **more)


def say(store, clock, phone, kind):
    event = ConsentEvent(phone=phone, kind=kind, received_at=clock())
    with store.transaction() as transaction:
        hear(transaction, [(0, event)])


class TestBlocking:
    def test_an_opt_out_is_sent_and_read_back(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)

        report = pusher.push()

        assert without_time(report) == {"blocked": 1, "verified": 1}
        assert there.asked == [("add", [ALEX]), ("find", [ALEX])]
        assert entry(store, ALEX).state is EntryState.DONE
        assert entry(store, ALEX).told is Told.BLOCKED

    def test_nothing_is_queued_where_no_list_is_set_up(self, store, clock):
        opt_out(store, clock, ALEX)

        assert entry(store, ALEX) is None

    def test_nothing_is_asked_when_nothing_is_new(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)
        pusher.push()
        before = len(there.asked)

        pusher.push()

        assert len(there.asked) == before

    @pytest.mark.parametrize("amount", [0, 1, 3, 4, 10])
    def test_numbers_go_in_batches(self, store, clock, pusher, there, amount):
        phones = [f"+4477009001{number:02}" for number in range(amount)]
        opt_out(store, clock, *phones)

        for _ in range(5):
            pusher.push()
            clock.advance(seconds=1)

        assert sorted(there.entries) == phones
        assert all(len(each) <= there.batch for each in there.told("add"))

    def test_whoever_was_opted_out_before_the_list_was_set_up_is_sent_too(
        self, store, clock, there
    ):
        opt_out(store, clock, ALEX, KIM)

        prepared(store, clock, configured(there)).push()

        assert set(there.entries) == {ALEX, KIM}

    def test_each_list_hears_of_it(self, store, clock):
        lists = {name: MemoryList(clock) for name in ("memory", "memory/eu")}
        pusher = prepared(store, clock, *(configured(v, name=k) for k, v in lists.items()))
        opt_out(store, clock, ALEX)

        pusher.push()

        assert [set(each.entries) for each in lists.values()] == [{ALEX}, {ALEX}]

    def test_one_that_cannot_be_written_is_left_alone(self, store, clock, there):
        pusher = prepared(store, clock, configured(there, adds=False))
        opt_out(store, clock, ALEX)

        pusher.push()

        assert there.asked == []
        assert entry(store, ALEX) is None

    def test_a_doubt_is_sent_to_no_list(self, store, clock, pusher, there):
        say(store, clock, ALEX, ConsentKind.REVIEW)

        pusher.push()

        assert consent(store, ALEX).opted_out
        assert there.entries == {}

    def test_said_again_it_is_sent_again(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)
        pusher.push()
        there.entries.clear()  # by the person's START at the gateway, which does not count
        clock.advance(hours=1)

        say(store, clock, ALEX, ConsentKind.STOP)
        pusher.push()

        assert set(there.entries) == {ALEX}

    def test_an_erased_number_is_sent_no_more(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)
        erase(store, gateways.installed(), PhoneReader(), clock, ALEX, actor="user:ann")

        pusher.push()

        assert there.asked == []


class TestBrands:
    def test_a_list_of_one_brand_gets_its_opt_outs_and_those_of_all(self, store, clock, there):
        pusher = prepared(store, clock, configured(there, scope="shoes"))
        opt_out(store, clock, ALEX, scope="hats")
        opt_out(store, clock, KIM, scope="shoes")
        opt_out(store, clock, SAM)

        pusher.push()

        assert set(there.entries) == {KIM, SAM}

    def test_a_list_without_a_brand_gets_all(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX, scope="hats")

        pusher.push()

        assert set(there.entries) == {ALEX}


class TestTrouble:
    def test_it_waits_as_long_as_the_gateway_asks_for(self, store, clock, pusher, there):
        there.faults.append(BusyError("answered 429", wait=timedelta(seconds=90)))
        opt_out(store, clock, ALEX)

        pusher.push()
        clock.advance(seconds=89)
        pusher.push()
        early = dict(there.entries)
        clock.advance(seconds=2)
        pusher.push()

        assert early == {}
        assert set(there.entries) == {ALEX}

    def test_it_waits_longer_each_time_and_gives_up_never(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)
        there.faults.extend(BusyError("no answer") for _ in range(30))

        for _ in range(31):
            pusher.push()
            clock.advance(hours=1)

        assert set(there.entries) == {ALEX}

    def test_wrong_credentials_are_no_number_s_fault(self, store, clock, pusher, there):
        opt_out(store, clock, ALEX)
        there.faults.extend(RefusedError("answered 401", status=401) for _ in range(20))

        for _ in range(21):
            pusher.push()
            clock.advance(hours=1)

        assert set(there.entries) == {ALEX}

    def test_a_refused_number_is_left_to_a_person_in_the_end(self, store, clock, pusher, there):
        there.refuses[ALEX] = "answered 400: INVALID"
        opt_out(store, clock, ALEX, KIM)

        for _ in range(block_lists.TRIES + 2):
            pusher.push()
            clock.advance(hours=1)

        assert set(there.entries) == {KIM}
        assert entry(store, ALEX).state is EntryState.REFUSED
        assert entry(store, ALEX).error == "answered 400: INVALID"
        assert sum(ALEX in each for each in there.told("add")) == block_lists.TRIES

    def test_one_that_does_not_stay_is_sent_again(self, store, clock, pusher, there):
        there.loses.add(ALEX)
        opt_out(store, clock, ALEX)
        pusher.push()
        lost = entry(store, ALEX)
        there.loses.clear()
        clock.advance(hours=1)

        pusher.push()

        assert (lost.state, lost.error) == (EntryState.WAITING, NOT_THERE)
        assert entry(store, ALEX).state is EntryState.DONE

    def test_a_list_that_cannot_be_read_is_written_all_the_same(
        self, store, clock, pusher, there
    ):
        opt_out(store, clock, ALEX)
        there.during = lambda: there.faults.append(RefusedError("answered 403", status=403))
        pusher.push()
        opt_out(store, clock, KIM)

        pusher.push()

        assert set(there.entries) == {ALEX, KIM}
        assert entry(store, KIM).state is EntryState.SENT

    def test_one_who_was_killed_after_the_call_sends_it_again(self, store, clock, there):
        class KilledError(Exception):
            pass

        def killed():
            there.entries[ALEX] = clock()
            raise KilledError

        pusher = prepared(store, clock, configured(there))
        opt_out(store, clock, ALEX)
        there.during = killed
        with pytest.raises(KilledError):
            pusher.push()
        clock.advance(minutes=11)

        other = BlockPusher(store, [configured(there)], clock, holder="two")
        other.push()

        assert entry(store, ALEX).state is EntryState.DONE

    def test_two_workers_do_not_tell_one_list_at_once(self, store, clock, pusher, there):
        other = BlockPusher(store, [configured(there)], clock, holder="two")
        opt_out(store, clock, ALEX)
        there.during = other.push

        pusher.push()

        assert there.told("add") == [[ALEX]]

    def test_a_start_anew_tries_at_once(self, store, clock, pusher, there):
        there.faults.append(BusyError("no answer", wait=timedelta(hours=1)))
        opt_out(store, clock, ALEX)
        pusher.push()

        prepared(store, clock, configured(there)).push()

        assert set(there.entries) == {ALEX}


class TestFreeing:
    def test_who_opted_in_again_stays_on_the_list_unless_that_is_set(
        self, store, clock, pusher, there
    ):
        opt_out(store, clock, ALEX)
        pusher.push()
        opt_in(store, clock, ALEX)

        report = pusher.push()

        assert without_time(report) == {"kept": 1}
        assert set(there.entries) == {ALEX}
        assert entry(store, ALEX).state is EntryState.KEPT

    def test_where_it_is_set_they_are_taken_off(self, store, clock, freeing, there):
        opt_out(store, clock, ALEX)
        freeing.push()
        opt_in(store, clock, ALEX)

        report = freeing.push()

        assert without_time(report) == {"freed": 1}
        assert there.entries == {}
        assert entry(store, ALEX).told is Told.FREED

    def test_those_that_were_kept_are_taken_off_once_it_is_set(
        self, store, clock, pusher, there
    ):
        opt_out(store, clock, ALEX)
        pusher.push()
        opt_in(store, clock, ALEX)
        pusher.push()

        prepared(store, clock, configured(there), unblock=True).push()

        assert there.entries == {}

    def test_nobody_is_taken_off_where_the_gateway_cannot(self, store, clock, there):
        pusher = prepared(store, clock, configured(there, removes=False), unblock=True)
        opt_out(store, clock, ALEX)
        pusher.push()
        opt_in(store, clock, ALEX)

        pusher.push()

        assert there.told("remove") == []
        assert entry(store, ALEX).state is EntryState.KEPT

    def test_a_stop_before_the_call_leaves_them_on(self, store, clock, freeing, there):
        opt_out(store, clock, ALEX)
        freeing.push()
        opt_in(store, clock, ALEX)
        opt_out(store, clock, ALEX)

        freeing.push()

        assert there.told("remove") == []
        assert set(there.entries) == {ALEX}

    def test_a_stop_during_the_call_puts_them_on_again(self, store, clock, freeing, there):
        opt_out(store, clock, ALEX)
        freeing.push()
        opt_in(store, clock, ALEX)
        there.during = lambda: (clock.advance(seconds=1), opt_out(store, clock, ALEX))

        freeing.push()
        clock.advance(seconds=5)
        freeing.push()

        assert there.told("remove") == [[ALEX]]
        assert set(there.entries) == {ALEX}
        assert entry(store, ALEX).state is EntryState.DONE

    def test_a_late_removal_does_not_undo_what_another_worker_blocked(
        self, store, clock, freeing, there
    ):
        other = BlockPusher(store, [configured(there)], clock, holder="two", unblock=True)

        def meanwhile():
            clock.advance(minutes=11)  # slept past its lease
            opt_out(store, clock, ALEX)
            other.push()

        opt_out(store, clock, ALEX)
        freeing.push()
        opt_in(store, clock, ALEX)
        there.during = meanwhile

        freeing.push()
        clock.advance(minutes=11)
        other.push()

        assert set(there.entries) == {ALEX}

    def test_a_doubt_after_the_opt_in_leaves_them_on(self, store, clock, freeing, there):
        opt_out(store, clock, ALEX)
        freeing.push()
        opt_in(store, clock, ALEX)
        clock.advance(minutes=1)
        say(store, clock, ALEX, ConsentKind.REVIEW)

        freeing.push()

        assert set(there.entries) == {ALEX}
