"""Opt-outs that were made at a gateway come into the ledger, each once."""

from datetime import timedelta

import pytest

from connector.block_lists.base import Page
from connector.domain.consent import ConsentKind, ConsentSource
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.block_pull import BlockPuller, PullState
from connector.pipeline.consent import start, stop
from connector.pipeline.erasure import erase
from connector.pipeline.phone_reader import PhoneReader
from connector.rest.errors import BusyError, RefusedError
from connector.store.block_entries import EntryState
from tests.pipeline.block_lists import (
    MemoryList,
    configured,
    consent,
    entry,
    evidence,
    ledger,
)


ALEX, KIM, SAM = "+447700900456", "+447700900457", "+447700900458"
HOUR = timedelta(hours=1)


@pytest.fixture
def there(clock):
    return MemoryList(clock)


@pytest.fixture
def undated(clock):
    """One that does not tell since when a number is listed."""
    return MemoryList(clock, dated=False)


@pytest.fixture
def pull(store, clock):
    """An hour later, one list is read whole."""

    def pull(of, **changes):
        clock.advance(minutes=61)
        puller = BlockPuller(
            store, [configured(of, **changes)], clock, holder="one", every=HOUR
        )
        return puller.pull()

    return pull


def opt_in(store, clock, phone):
    clock.advance(minutes=1)
    found = consent(store, phone)
    start(store, phone, evidence(clock), clock, version=found.version if found else 0)


def dies():
    raise KeyboardInterrupt


def prepared(store, clock, of, **options):
    pusher = BlockPusher(store, [configured(of)], clock, holder="one", **options)
    pusher.prepare()
    return pusher


class TestNews:
    def test_an_unknown_number_is_opted_out(self, store, clock, there, pull):
        there.entries[ALEX] = listed_at = clock()

        report = pull(there, name="memory/eu")

        (event,) = ledger(store, ALEX)
        assert (report.listed, report.found) == (1, 1)
        assert (event.kind, event.source) == (ConsentKind.STOP, ConsentSource.PROVIDER)
        assert (event.gateway, event.account, event.at) == ("memory", "eu", listed_at)
        assert (event.actor, event.reason) == ("gateway:memory/eu", "listed by the gateway")

    def test_the_list_that_told_it_is_not_told_it(self, store, clock, there, pull):
        other = MemoryList(clock)
        pusher = BlockPusher(
            store,
            [configured(there), configured(other, name="other")],
            clock,
            holder="one",
        )
        pusher.prepare()
        there.entries[ALEX] = clock()
        pull(there)

        pusher.push()

        assert there.told("add") == []
        assert set(other.entries) == {ALEX}
        assert entry(store, ALEX).state is EntryState.DONE

    def test_every_page_is_read(self, store, clock, there, pull):
        phones = [f"+4477009001{number:02}" for number in range(7)]
        there.entries |= dict.fromkeys(phones, clock())

        pull(there)

        assert all(consent(store, phone).opted_out for phone in phones)

    def test_a_long_list_goes_on_where_it_was(self, store, clock, there):
        phones = [f"+4477009001{number:02}" for number in range(20)]
        there.entries |= dict.fromkeys(phones, clock())
        rounds = [
            BlockPuller(store, [configured(there)], clock, holder="one", every=HOUR).pull()
            for _ in range(4)
        ]

        assert [each.found for each in rounds] == [8, 8, 4, 0]

    def test_nothing_is_read_before_its_time(self, store, clock, there, pull):
        pull(there)
        puller = BlockPuller(store, [configured(there)], clock, holder="one", every=HOUR)
        clock.advance(minutes=59)

        puller.pull()

        assert len(there.told("page")) == 1

    def test_what_came_since_is_asked_for_where_that_can_be(self, clock, there, pull):
        pull(there, since=True)
        began = clock()
        pull(there, since=True)
        clock.advance(days=1)
        pull(there, since=True)

        assert there.told("page") == [[""], ["", began - timedelta(minutes=15)], [""]]

    def test_an_entry_from_the_future_does_not_hold_longer_than_now(
        self, store, clock, there, pull
    ):
        there.entries[ALEX] = clock() + timedelta(days=30)
        pull(there)

        opt_in(store, clock, ALEX)

        assert not consent(store, ALEX).opted_out


class TestNoNews:
    @pytest.mark.parametrize("name", ["there", "undated"])
    def test_read_again_it_says_nothing_new(self, store, clock, pull, request, name):
        of = request.getfixturevalue(name)
        of.entries[ALEX] = clock()
        pull(of)

        report = pull(of)

        assert report.found == 0
        assert len(ledger(store, ALEX)) == 1

    @pytest.mark.parametrize("name", ["there", "undated"])
    def test_what_was_listed_before_a_later_start_stays_undone(
        self, store, clock, pull, request, name
    ):
        of = request.getfixturevalue(name)
        of.entries[ALEX] = clock()
        pull(of, dated=name == "there")
        opt_in(store, clock, ALEX)

        found = [pull(of, dated=name == "there").found for _ in range(3)]

        assert found == [0, 0, 0]
        assert not consent(store, ALEX).opted_out

    def test_nor_is_an_entry_news_that_was_seen_first_after_the_start(
        self, store, clock, there, pull
    ):
        there.entries[ALEX] = clock()
        clock.advance(minutes=5)
        stop(store, [ALEX], evidence(clock), clock)
        opt_in(store, clock, ALEX)

        assert pull(there).found == 0
        assert not consent(store, ALEX).opted_out

    def test_listed_after_the_start_it_is_news(self, store, clock, there, pull):
        stop(store, [ALEX], evidence(clock), clock)
        opt_in(store, clock, ALEX)
        clock.advance(minutes=1)
        there.entries[ALEX] = clock()

        assert pull(there).found == 1
        assert consent(store, ALEX).opted_out

    def test_what_we_put_there_ourselves_is_none(self, store, clock, there, pull):
        pusher = prepared(store, clock, there)
        stop(store, [ALEX], evidence(clock), clock)
        clock.advance(minutes=30)
        pusher.push()

        opt_in(store, clock, ALEX)  # and it stays on the list
        found = pull(there).found

        assert found == 0
        assert not consent(store, ALEX).opted_out

    @pytest.mark.parametrize("unblock", [False, True])
    def test_nor_what_we_put_there_when_we_died(self, store, clock, there, pull, unblock):
        pusher = prepared(store, clock, there, unblock=unblock)
        stop(store, [ALEX], evidence(clock), clock)
        there.during = dies
        with pytest.raises(KeyboardInterrupt):
            pusher.push()
        there.entries[ALEX] = clock()  # it was taken, and nobody heard of it

        opt_in(store, clock, ALEX)

        assert pull(there).found == 0
        assert not consent(store, ALEX).opted_out

    def test_nor_what_we_put_there_before_the_number_was_erased(
        self, store, clock, there, pull
    ):
        pusher = prepared(store, clock, there)
        stop(store, [ALEX], evidence(clock), clock)
        pusher.push()
        opt_in(store, clock, ALEX)

        erase(store, {}, PhoneReader("GB"), clock, ALEX, actor="user:ann")
        prepared(store, clock, there).push()

        assert pull(there).found == 0
        assert entry(store, ALEX) is None
        assert not consent(store, ALEX).opted_out

    def test_listed_after_it_was_erased_it_is(self, store, clock, there, pull):
        pusher = prepared(store, clock, there)
        stop(store, [ALEX], evidence(clock), clock)
        pusher.push()
        opt_in(store, clock, ALEX)
        erase(store, {}, PhoneReader("GB"), clock, ALEX, actor="user:ann")
        clock.advance(minutes=10)
        there.entries[ALEX] = clock()

        assert pull(there).found == 1
        assert consent(store, ALEX).opted_out

    def test_what_was_asked_and_refused_is_not_ours(self, store, clock, undated, pull):
        pusher = prepared(store, clock, undated)
        undated.refuses[ALEX] = "not a number"
        stop(store, [ALEX], evidence(clock), clock)
        pusher.push()
        opt_in(store, clock, ALEX)
        clock.advance(minutes=10)
        undated.entries[ALEX] = clock()

        assert pull(undated, dated=False).found == 1

    def test_put_there_again_by_others_it_is(self, store, clock, there, pull):
        pusher = prepared(store, clock, there)
        stop(store, [ALEX], evidence(clock), clock)
        pusher.push()
        opt_in(store, clock, ALEX)
        clock.advance(minutes=10)
        there.entries[ALEX] = clock()

        assert pull(there).found == 1

    def test_a_number_that_left_and_came_back_is_news_without_a_time_too(
        self, store, clock, undated, pull
    ):
        undated.entries[ALEX] = clock()
        pull(undated, dated=False)
        opt_in(store, clock, ALEX)
        undated.entries.clear()
        pull(undated, dated=False)
        undated.entries[ALEX] = clock()

        report = pull(undated, dated=False)

        assert report.found == 1
        assert consent(store, ALEX).opted_out

    def test_what_is_remembered_holds_no_number(self, store, clock, undated, pull):
        undated.entries[ALEX] = clock()
        pull(undated, dated=False)

        with store.transaction(reads=True) as transaction:
            subject = transaction.pseudonym(ALEX)
        with store.transaction() as transaction:
            seen = transaction.block_listings.see("memory", [subject], clock())

        assert list(seen) == [subject]
        assert seen[subject] == clock()


class TestTrouble:
    def test_it_goes_on_with_the_page_that_failed(self, store, clock, there):
        phones = [f"+4477009001{number:02}" for number in range(4)]
        there.entries |= dict.fromkeys(phones, clock())
        puller = BlockPuller(store, [configured(there)], clock, holder="one", every=HOUR)
        there.during = lambda: there.faults.append(
            BusyError("answered 429", wait=timedelta(seconds=30))
        )

        puller.pull()
        puller.pull()
        clock.advance(seconds=31)
        puller.pull()

        assert there.told("page") == [[""], ["2"], ["2"]]
        assert all(consent(store, phone).opted_out for phone in phones)

    def test_refused_it_begins_anew_and_says_why(self, store, clock, there):
        there.entries |= dict.fromkeys([ALEX, KIM, SAM], clock())
        puller = BlockPuller(store, [configured(there)], clock, holder="one", every=HOUR)
        there.during = lambda: there.faults.append(RefusedError("answered 400", status=400))

        puller.pull()
        with store.transaction(reads=True) as transaction:
            error = PullState.of(transaction, "memory").error
        clock.advance(minutes=10)
        puller.pull()

        assert error == "answered 400"
        assert there.told("page") == [[""], ["2"], [""], ["2"]]
        assert consent(store, SAM).opted_out

    def test_a_start_anew_tries_at_once(self, store, clock, there):
        there.faults.append(BusyError("no answer", wait=HOUR))
        puller = BlockPuller(store, [configured(there)], clock, holder="one", every=HOUR)
        puller.pull()

        puller.prepare()
        puller.pull()

        assert len(there.told("page")) == 2

    def test_a_list_that_goes_round_in_circles_is_left(self, store, clock):
        circle = _Circle(clock)
        puller = BlockPuller(store, [configured(circle)], clock, holder="one", every=HOUR)

        puller.pull()

        assert len(circle.asked) == 2


class _Circle(MemoryList):
    """Gives its second page again and again."""

    def page(self, since, token):
        self._ask("page", [token] if since is None else [token, since])
        return Page(entries=(), following="2")
