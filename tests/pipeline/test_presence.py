"""What a worker had reserved that has fallen silent, the others give free."""

import logging
from datetime import timedelta

import pytest

from connector.pipeline.presence import MARGIN, MOST_BETWEEN, SILENCE, Presence
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.store import Store


CALL = timedelta(seconds=130)
LEASE = timedelta(hours=1)
LOOK = timedelta(seconds=10)


@pytest.fixture
def watch(store, clock):
    def make(holder):
        return Presence(store, clock, holder=holder, longest_call=CALL)

    return make


def take(store, clock, name, holder):
    with store.transaction() as transaction:
        return transaction.leases.take(name, holder, clock(), LEASE)


def look_for(watcher, clock, length, *others):
    """Look as a scheduler does; how many leases were given free."""
    freed = watcher.look()
    for _ in range(length // LOOK):
        clock.advance(seconds=LOOK.total_seconds())
        for other in others:
            other.look()
        freed += watcher.look()
    return freed


def test_a_job_of_one_that_fell_silent_is_free_after_a_minute(store, clock, watch):
    watch("host-a 17").look()
    lost = take(store, clock, "job:roll-up", "host-a 17")
    watcher = watch("host-b 4")

    early = look_for(watcher, clock, SILENCE - LOOK)
    assert take(store, clock, "job:roll-up", "host-b 4") is None
    late = look_for(watcher, clock, LOOK)

    assert (early, late) == (0, 1)
    taken = take(store, clock, "job:roll-up", "host-b 4")
    assert taken
    assert taken.fence > lost.fence


def test_a_lane_is_kept_until_its_longest_call_must_have_ended(store, clock, watch):
    watch("host-a 17").look()
    take(store, clock, "push:Contact", "host-a 17")
    watcher = watch("host-b 4")

    early = look_for(watcher, clock, CALL)
    late = look_for(watcher, clock, MARGIN)

    assert (early, late) == (0, 1)


def test_who_says_that_it_is_there_keeps_what_it_has(store, clock, watch):
    busy = watch("host-a 17")
    take(store, clock, "job:retention", "host-a 17")

    assert look_for(watch("host-b 4"), clock, LEASE / 2, busy) == 0


def test_who_renews_its_lease_keeps_it_even_if_it_says_nothing_else(store, clock, watch):
    watch("host-a 17").look()
    lease = take(store, clock, "push:Contact", "host-a 17")
    tenure, watcher = Tenure(lease, store, clock, LEASE), watch("host-b 4")

    freed = 0
    for _ in range(60):
        with tenure.renewed():
            pass
        freed += look_for(watcher, clock, LOOK)

    assert freed == 0


def test_a_command_that_never_said_so_keeps_its_lease_until_it_ends(store, clock, watch):
    take(store, clock, "job:roll-up", "host-a 17")

    assert look_for(watch("host-b 4"), clock, LEASE / 2) == 0


def test_who_was_halted_itself_does_not_take_others_for_silent(store, clock, watch):
    watch("host-a 17").look()
    take(store, clock, "job:roll-up", "host-a 17")
    watcher = watch("host-b 4")
    watcher.look()

    clock.advance(minutes=30)

    assert watcher.look() == 0
    assert MOST_BETWEEN < SILENCE


@pytest.mark.parametrize("back", [timedelta(minutes=-10), timedelta(hours=-2)])
def test_nor_does_a_clock_that_is_put_right_make_anybody_silent(store, clock, watch, back):
    watch("host-a 17").look()
    take(store, clock, "job:roll-up", "host-a 17")
    watcher = watch("host-b 4")
    watcher.look()

    clock.advance(seconds=back.total_seconds())

    assert look_for(watcher, clock, SILENCE - LOOK) == 0


def test_who_comes_back_changes_nothing(store, clock, watch):
    away = watch("host-a 17")
    away.look()
    tenure = Tenure(take(store, clock, "push:Contact", "host-a 17"), store, clock, LEASE)
    look_for(watch("host-b 4"), clock, CALL + MARGIN)
    other = take(store, clock, "push:Contact", "host-b 4")
    away.look()

    for unit_of_work in (tenure.held, tenure.renewed):
        with pytest.raises(TenureLostError), unit_of_work():
            pass

    tenure.give_back()
    with store.transaction() as transaction:
        assert transaction.leases.holds(other)


def test_it_is_told_whose_lease_it_was(store, clock, watch, caplog):
    watch("host-a 17").look()
    take(store, clock, "job:roll-up", "host-a 17")

    with caplog.at_level(logging.WARNING):
        look_for(watch("host-b 4"), clock, SILENCE)

    (record,) = [each for each in caplog.records if each.msg == "lease.freed"]
    assert (record.lease, record.machine) == ("job:roll-up", "host-a")


def test_nothing_is_left_of_those_who_are_long_gone(store, clock, watch):
    for number in range(5):
        watch(f"host-a {number}").look()
    watcher = watch("host-b 4")

    look_for(watcher, clock, CALL + MARGIN)

    with store.transaction(reads=True) as transaction:
        assert [each.holder for each in transaction.leases.all()] == ["host-b 4"]


def test_a_lease_that_a_transaction_is_at_is_left_alone(copied_url, clock):
    """On PostgreSQL; on the embedded database one of the two waits for the other."""
    store = Store.open(copied_url)
    silent = Presence(store, clock, holder="host-a 17", longest_call=CALL)
    watcher = Presence(store, clock, holder="host-b 4", longest_call=CALL)
    silent.look()
    lease = take(store, clock, "job:roll-up", "host-a 17")

    with store.transaction() as using:
        using.leases.holds(lease)
        freed = look_for(watcher, clock, SILENCE)

    store.close()
    assert freed == 0


def test_who_leaves_gives_free_what_it_holds_and_is_no_longer_missed(store, clock, watch):
    leaving = watch("host-a 17")
    leaving.look()
    take(store, clock, "push:Contact", "host-a 17")
    take(store, clock, "push:Lead", "host-b 4")

    freed = leaving.leave()

    assert freed == ["push:Contact"]
    assert take(store, clock, "push:Contact", "host-b 4")
    with store.transaction(reads=True) as transaction:
        assert {each.holder for each in transaction.leases.all()} == {"host-b 4"}


def test_who_leaves_waits_for_nobody_who_is_at_work(copied_url, clock):
    store = Store.open(copied_url)
    leaving = Presence(store, clock, holder="host-a 17", longest_call=CALL)
    leaving.look()
    busy = Tenure(take(store, clock, "push:Contact", "host-a 17"), store, clock, LEASE)
    take(store, clock, "push:Lead", "host-a 17")

    with busy.held():
        freed = leaving.leave()

    store.close()
    assert freed == ["push:Lead"]
