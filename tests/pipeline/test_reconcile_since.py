"""After an outage everything since a moment is asked for, by hand."""

from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.delivery import DeliveryStatus
from connector.pipeline.consent import stop
from connector.pipeline.erasure import erase
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reconcile import lease_name
from connector.pipeline.reconcile_since import PATIENCE, TURNS, Since
from connector.rest.errors import BusyError, RefusedError
from tests.pipeline.block_lists import evidence
from tests.pipeline.message_apis import (
    ALEX,
    US,
    MemoryApi,
    configured,
    events,
    reconciler,
    state,
    told,
)


@pytest.fixture
def api(clock):
    return MemoryApi(clock)


@pytest.fixture
def waits():
    return []


@pytest.fixture
def ask(store, clock, waits):
    """Asks an API for all of the last two days."""

    def ask(of, **options):
        since = Since(
            store,
            gateways.installed(),
            PhoneReader(),
            clock,
            holder="by hand",
            wait=waits.append,
            **options,
        )
        return since.reconcile(of, clock() - timedelta(days=2))

    return ask


@pytest.fixture
def outage(store, clock, api):
    """Four messages, whose callbacks were lost in different ways."""
    sent = clock()
    told(store, clock, "SM1", status=DeliveryStatus.DELIVERED, sender=US)
    told(store, clock, "SM2", "SM3", sender=US)
    for number, word in enumerate(["delivered", "undelivered", "sent", "delivered"], 1):
        api.knows(f"SM{number}", word, at=sent + timedelta(minutes=1))
    clock.advance(hours=1)
    return sent


def lost(store, since):
    with store.transaction(reads=True) as transaction:
        return transaction.reconciliations.lost(since)


def test_lists_what_was_sent_and_makes_it_known(store, api, ask, outage):
    report = ask(configured(api))

    assert (report.listed, report.ends, report.found, report.open) == (4, 1, 1, 1)
    assert (report.asked, report.trouble) == (0, "")
    assert state(store, "SM2").status is DeliveryStatus.UNDELIVERED
    unheard = state(store, "SM4")
    assert (unheard.status, unheard.sent_at) == (DeliveryStatus.DELIVERED, outage)
    (day,) = lost(store, outage)
    assert (day.day, day.ends, day.messages) == (outage.date(), 1, 1)


def test_doing_it_again_changes_nothing(store, api, ask, outage):
    ask(configured(api))
    before = [(state(store, f"SM{n}"), events(store, f"SM{n}")) for n in range(1, 5)]

    report = ask(configured(api))

    assert (report.listed, report.ends, report.found) == (4, 0, 0)
    assert [(state(store, f"SM{n}"), events(store, f"SM{n}")) for n in range(1, 5)] == before
    assert len(lost(store, outage)) == 1


@pytest.mark.usefixtures("outage")
def test_without_a_list_open_messages_are_asked_for(store, api, ask):
    report = ask(configured(api, lists=False))

    assert sorted(api.asked) == ["SM2", "SM3"]
    assert (report.listed, report.asked, report.ends, report.open) == (0, 2, 1, 1)
    assert state(store, "SM4") is None


@pytest.mark.usefixtures("outage")
def test_what_is_in_no_list_is_asked_for_one_by_one(store, clock, api, ask):
    told(store, clock, "SM9")
    clock.advance(minutes=11)

    report = ask(configured(api))

    assert api.asked == ["SM9"]
    assert (report.asked, report.unknown) == (1, 1)


def test_what_was_sent_just_now_is_not_asked_for(store, clock, api, ask):
    told(store, clock, "SM9")

    assert ask(configured(api)).asked == 0


def test_a_dry_run_tells_the_same_and_keeps_nothing(store, api, ask, outage):
    report = ask(configured(api), dry=True)

    assert (report.listed, report.ends, report.found, report.open) == (4, 1, 1, 1)
    assert state(store, "SM2").status is DeliveryStatus.PENDING
    assert state(store, "SM4") is None
    assert lost(store, outage) == []


def test_a_found_message_that_is_open_is_asked_for_again(store, clock, api, ask):
    api.knows("SM5", "sent")
    of = configured(api)
    ask(of)
    api.knows("SM5", "delivered")
    clock.advance(hours=7)

    reconciler(store, clock, of).reconcile(of)

    assert state(store, "SM5").status is DeliveryStatus.DELIVERED


@pytest.mark.usefixtures("outage")
def test_waits_for_a_gateway_that_is_busy(api, ask, waits):
    api.faults.append(BusyError("answered 429", wait=timedelta(seconds=30)))

    report = ask(configured(api))

    assert report.listed == 4
    assert 30.0 in waits


@pytest.mark.parametrize(
    "fault, tries",
    [
        (BusyError("answered 503"), PATIENCE),
        (BusyError("answered 429", wait=timedelta(minutes=30)), 1),
        (RefusedError("answered 401", status=401), 1),
    ],
)
@pytest.mark.usefixtures("outage")
def test_trouble_is_told_and_ends_it(api, ask, fault, tries):
    api.faults.extend([fault] * tries)

    report = ask(configured(api))

    assert report.trouble == str(fault)
    assert (report.listed, not api.faults) == (0, True)


@pytest.mark.usefixtures("outage")
def test_what_was_learnt_before_trouble_came_is_kept(store, api, ask):
    of = configured(api)
    page = api.page

    def second_breaks(since, until, token):
        if token:
            raise RefusedError("answered 403", status=403)
        return page(since, until, token)

    api.page = second_breaks

    report = ask(of)

    assert (report.listed, report.trouble) == (2, "answered 403")
    assert state(store, "SM2").status is DeliveryStatus.UNDELIVERED


@pytest.mark.usefixtures("outage")
def test_a_list_without_an_end_is_left(api, ask):
    page = api.page
    api.page = lambda since, until, _token: page(since, until, "")

    assert ask(configured(api)).trouble == "gives the same page again and again"


def test_another_process_that_is_asking_is_waited_for(store, clock, api, ask, waits):
    of = configured(api)
    with store.transaction() as transaction:
        transaction.leases.take(lease_name(of), "worker", clock(), timedelta(minutes=5))

    report = ask(of)

    assert report.trouble == "another process is asking: call again"
    assert len(waits) == TURNS - 1


@pytest.mark.usefixtures("outage")
def test_tells_how_it_goes_on(api, ask):
    steps: list[int] = []

    ask(configured(api), progress=steps.append)

    assert sum(steps) == 4


class TestErased:
    """A number that was erased is not brought back."""

    def test_a_known_message_gets_no_number_from_an_answer(self, store, clock, api, ask):
        told(store, clock, "SM1", recipient="", sender=US)
        api.knows("SM1", "failed", "21610")
        clock.advance(hours=1)

        ask(configured(api))

        found = state(store, "SM1")
        assert (found.status, found.recipient) == (DeliveryStatus.FAILED, "")
        with store.transaction(reads=True) as transaction:
            assert transaction.consents.find([ALEX]) == {}

    def test_an_unheard_message_to_who_opted_out_stays_unheard(self, store, clock, api, ask):
        stop(store, [ALEX], evidence(clock), clock)
        erase(store, gateways.installed(), PhoneReader(), clock, ALEX, actor="tests")
        api.knows("SM1", "delivered")
        clock.advance(hours=1)

        report = ask(configured(api))

        assert (report.listed, report.found) == (0, 0)
        assert state(store, "SM1") is None
