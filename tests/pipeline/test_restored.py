"""A store that was put back to an earlier moment: what it may have forgotten is no yes."""

from datetime import timedelta

import pytest

from connector.domain.consent import ConsentKind
from connector.domain.errors import ConfigurationError
from connector.pipeline.consent import start, stop
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.restored import reopen, unread
from connector.pipeline.suppression import check
from connector.store.block_entries import EntryState
from connector.store.restoration import Restoration
from connector.store.restoring import begin
from tests.pipeline.block_lists import MemoryList, configured
from tests.pipeline.test_flags import FLAG, alex, evidence, found, ledger, sync
from tests.support.events import MOBILE


OTHER = "+12125550123"

__all__ = ["alex", "sync"]  # fixtures


@pytest.fixture
def restored(store, clock):
    """Say that the store was restored just now, from a backup of a moment before."""

    def restored():
        clock.advance(minutes=1)
        begin(store, Restoration(at=clock(), since=clock() - timedelta(seconds=30)), "user:ann")

    return restored


@pytest.fixture
def ask(store, clock):
    def ask(*phones):
        told = check(store, phones, PhoneReader(), clock, actor="key:crm")
        return [(each.sendable, each.rule.value) for each in told]

    return ask


@pytest.fixture
def open_again(store, clock, mappings):
    def open_again(**more):
        with store.transaction(reads=True) as transaction:
            left = unread(transaction, mappings, more.pop("lists", ()))
        values = {"actor": "user:ann", "reason": "all is read", "nothing_lost": False, **more}
        reopen(store, left, clock(), **values)

    return open_again


class TestUntilItIsOpenAgain:
    def test_nobody_is_told_yes(self, store, restored, ask, clock):
        stop(store, [MOBILE], evidence(clock), clock)

        restored()

        assert ask(MOBILE, OTHER) == [(False, "opted_out"), (False, "restored")]

    def test_a_number_that_opted_in_again_is_no_yes_either(self, store, restored, ask, clock):
        stop(store, [MOBILE], evidence(clock), clock)
        clock.advance(minutes=1)
        start(store, MOBILE, evidence(clock), clock, version=1)

        restored()

        assert ask(MOBILE) == [(False, "restored")]

    @pytest.mark.usefixtures("alex")
    def test_afterwards_checks_answer_as_before(self, restored, sync, ask, open_again):
        restored()
        sync()

        open_again()

        assert ask(OTHER) == [(True, "nothing_against")]

    def test_no_flag_is_cleared(self, store, emulator, alex, restored, sync, open_again, clock):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        start(store, MOBILE, evidence(clock), clock, version=1)
        restored()

        sync()
        sync()
        before = emulator.record("Contact", alex)[FLAG]
        open_again()
        sync()

        assert (before, emulator.record("Contact", alex)[FLAG]) == (True, False)

    def test_nor_one_whose_clearing_waited_in_the_backup(
        self, store, emulator, alex, restored, sync, read, clock
    ):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        start(store, MOBILE, evidence(clock), clock, version=1)
        read()  # queued, and not written

        restored()
        sync()

        assert emulator.record("Contact", alex)[FLAG] is True

    def test_opt_outs_are_written_all_the_same(
        self, store, emulator, alex, restored, sync, clock
    ):
        restored()
        stop(store, [MOBILE], evidence(clock), clock)

        sync()
        sync()

        assert emulator.record("Contact", alex)[FLAG] is True

    def test_nobody_is_taken_off_a_block_list(self, store, restored, open_again, clock):
        entries = [("memory", MOBILE, 2)]
        with store.transaction() as t:
            t.block_entries.queue(entries, clock(), blocked=False)
            t.block_entries.queue([("memory", OTHER, 1)], clock(), blocked=True)
        restored()

        def due():
            with store.transaction(reads=True) as t:
                assert t.block_entries.any_due("memory", clock())
                found = t.block_entries.due("memory", EntryState.WAITING, clock(), 10)
            return [each.phone for each in found]

        before = due()
        open_again(nothing_lost=True)

        assert (before, due()) == ([OTHER], [OTHER, MOBILE])


class TestWhatItHasForgotten:
    """The org has the flag of a STOP that came after the backup."""

    def test_of_somebody_nobody_spoke_of_is_a_stop(
        self, store, emulator, alex, restored, sync, ask
    ):
        sync()
        restored()
        emulator.update("Contact", alex, {FLAG: True})

        sync()

        assert ledger(store) == [ConsentKind.STOP]
        assert ask(MOBILE) == [(False, "opted_out")]

    def test_is_found_also_where_the_directory_was_read_before(
        self, store, emulator, alex, restored, sync, clock
    ):
        emulator.update("Contact", alex, {FLAG: True})
        clock.advance(days=2)
        restored()

        sync()

        assert found(store).opted_out

    @pytest.mark.parametrize("written", [True, False])
    def test_of_somebody_who_opted_in_before_is_a_stop(
        self, store, emulator, alex, restored, sync, clock, written
    ):
        stop(store, [MOBILE], evidence(clock), clock)
        sync()
        start(store, MOBILE, evidence(clock), clock, version=1)
        if written:
            sync()
        restored()
        emulator.update("Contact", alex, {FLAG: True, "Department": "Sales"})

        sync()

        assert found(store).opted_out
        assert emulator.record("Contact", alex)[FLAG] is True


class TestOpeningAgain:
    def test_is_too_soon_before_all_flags_are_read(self, restored, sync, open_again, emulator):
        restored()

        with pytest.raises(ConfigurationError, match="opt-outs of Contact in Salesforce"):
            open_again()

        assert emulator
        sync()
        open_again()

    def test_or_before_a_block_list_is_read_whole(self, restored, sync, open_again, lists):
        restored()
        sync()

        with pytest.raises(ConfigurationError, match="the block list memory"):
            open_again(lists=lists)

    def test_can_be_done_where_nothing_was_lost(self, restored, open_again, ask):
        restored()

        open_again(nothing_lost=True)

        assert ask(OTHER) == [(True, "nothing_against")]

    def test_is_nothing_where_nothing_waits(self, open_again):
        with pytest.raises(ConfigurationError, match="nothing of the kind"):
            open_again(nothing_lost=True)

    def test_stands_in_the_audit_with_its_reason(self, store, restored, open_again):
        restored()
        open_again(nothing_lost=True, reason="moved to another machine")

        with store.transaction(reads=True) as t:
            acts = [each.act for each in t.audit.entries(limit=10)]
        assert [each.action for each in acts] == ["store.restore", "store.reopen"]
        assert acts[1].detail == "nothing-lost moved to another machine"

    def test_of_two_restorations_the_earlier_moment_counts(self, store, restored, clock):
        restored()
        first = clock() - timedelta(seconds=30)
        restored()

        with store.transaction(reads=True) as t:
            assert t.restorations.current().since == first


@pytest.fixture
def lists(clock):
    """A list that can be read, and was not."""
    return [configured(MemoryList(clock))]
