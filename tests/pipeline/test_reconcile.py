"""Gateways are asked for the end of messages that no callback has told of."""

import logging
from datetime import timedelta

import pytest

from connector.domain.delivery import DeliveryStatus, Reason
from connector.pipeline.match import match
from connector.pipeline.reconcile import HORIZON, REST, TRIES, lease_name
from connector.pipeline.reconcile_facts import reconcile_facts
from connector.rest.errors import BusyError, RefusedError
from tests.pipeline.message_apis import (
    ALEX,
    KIM,
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
def of(api):
    return configured(api)


@pytest.fixture
def asker(store, clock, of):
    return reconciler(store, clock, of)


def facts(store, clock, *names):
    with store.transaction(reads=True) as transaction:
        return reconcile_facts(transaction, names, clock() - timedelta(days=30))


def settled(store, mappings, clock):
    """Match all that has changed; how many messages that were."""
    with store.transaction(reads=True) as transaction:
        count = transaction.deliveries.changed_count()
    match(store, mappings, clock)
    return count


class TestAsking:
    def test_learns_the_end_of_a_message_that_stays_open(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        sent = clock()
        api.knows("SM1", "undelivered", "30005", at=sent + timedelta(minutes=1))
        clock.advance(hours=6, minutes=1)

        report = asker.reconcile(of)

        found = state(store, "SM1")
        assert (report.asked, report.ended) == (1, 1)
        assert (found.status, found.reason) == (
            DeliveryStatus.UNDELIVERED,
            Reason.INVALID_NUMBER,
        )
        assert found.status_at == sent + timedelta(minutes=1)
        assert found.sent_at is None  # nobody registered it

    def test_the_answer_is_told_apart_from_a_callback(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        api.knows("SM1", "delivered")
        clock.advance(hours=7)

        asker.reconcile(of)

        (first, second) = events(store, "SM1")
        assert (first.callback_id, first.asked_for) == (7, False)
        assert (second.kind, second.word, second.asked_for) == ("delivery", "Delivered", True)

    def test_leaves_young_and_ended_messages_alone(self, store, clock, api, of, asker):
        told(store, clock, "SM1", status=DeliveryStatus.DELIVERED)
        clock.advance(hours=3)
        told(store, clock, "SM2")
        clock.advance(hours=4)

        asker.reconcile(of)

        assert api.asked == []

    def test_a_callback_that_was_faster_saves_the_question(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        clock.advance(hours=7)
        api.faults.append(BusyError("answered 503"))
        asker.reconcile(of)
        told(store, clock, "SM1", status=DeliveryStatus.DELIVERED)
        clock.advance(hours=1)

        asker.reconcile(of)

        assert len(api.asked) == 1
        assert facts(store, clock, "twilio").accounts[0].waiting == 0
        assert facts(store, clock).lost == []

    def test_asks_at_growing_intervals_and_gives_up(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        api.knows("SM1", "sent")
        began, ages = clock(), []
        for _ in range(24 * 9):
            clock.advance(hours=1)
            if asker.reconcile(of).asked:
                ages.append((clock() - began) // timedelta(hours=1))

        assert len(ages) == TRIES
        assert ages == [7, 13, 25, 49, 97]

    def test_what_the_gateway_does_not_know_is_not_asked_for_again(
        self, store, clock, api, of, asker
    ):
        told(store, clock, "SM1")
        clock.advance(hours=7)

        first = asker.reconcile(of)
        clock.advance(days=3)
        asker.reconcile(of)

        assert (first.asked, first.given_up) == (1, 1)
        assert api.asked == ["SM1"]

    def test_an_id_that_the_gateway_does_not_like_holds_up_no_other(
        self, store, clock, api, of, asker
    ):
        told(store, clock, "SM1")
        told(store, clock, "SM2")
        api.knows("SM2", "delivered")
        api.faults.append(RefusedError("answered 400", status=400))
        clock.advance(hours=7)

        asker.reconcile(of)

        assert state(store, "SM2").status is DeliveryStatus.DELIVERED

    def test_messages_that_are_too_old_are_not_asked_for(self, store, clock, api):
        of = configured(api, keeps=timedelta(days=2))
        asker = reconciler(store, clock, of)
        told(store, clock, "SM1")
        clock.advance(days=2, hours=1)

        asker.reconcile(of)

        assert api.asked == []

    def test_whoever_was_open_before_it_was_set_up_is_asked_for(self, store, clock, api, of):
        told(store, clock, "SM1", received_at=clock() - HORIZON - timedelta(days=1))
        told(store, clock, "SM2", received_at=clock() - HORIZON + timedelta(days=1))

        reconciler(store, clock, of).reconcile(of)

        assert api.asked == ["SM2"]

    def test_a_message_that_is_known_late_is_found_within_a_day(
        self, store, clock, api, of, asker
    ):
        clock.advance(hours=1)
        asker.reconcile(of)
        told(store, clock, "SM1", received_at=clock() - timedelta(hours=30))
        clock.advance(days=1, minutes=1)

        asker.reconcile(of)

        assert api.asked == ["SM1"]

    def test_many_messages_are_asked_for_round_by_round(self, store, clock, api, of, asker):
        ids = [f"SM{number:04}" for number in range(1_100)]
        told(store, clock, *ids)
        clock.advance(hours=7)

        for _ in range(30):
            clock.advance(seconds=2)
            asker.reconcile(of)

        assert sorted(api.asked) == ids

    def test_zero_hours_asks_nobody(self, store, clock, of):
        assert reconciler(store, clock, of, after=timedelta()).apis == ()


class TestAskingTwice:
    def test_an_answer_that_is_no_news_changes_nothing(
        self, store, clock, api, of, asker, mappings
    ):
        told(store, clock, "SM1", sender=US)
        api.knows("SM1", "sent")
        settled(store, mappings, clock)
        clock.advance(hours=7)

        asker.reconcile(of)

        assert api.asked == ["SM1"]
        assert settled(store, mappings, clock) == 0
        assert len(events(store, "SM1")) == 1

    def test_a_late_callback_joins_to_the_same(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        at = clock() + timedelta(minutes=2)
        api.knows("SM1", "delivered", at=at)
        clock.advance(hours=7)
        asker.reconcile(of)
        before = state(store, "SM1")

        told(store, clock, "SM1", status=DeliveryStatus.UNDELIVERED, error_code="30003")

        assert state(store, "SM1") == before

    def test_a_proof_of_an_opt_out_counts_as_in_a_callback(self, store, clock, api, of, asker):
        told(store, clock, "SM1", recipient=KIM)
        api.knows("SM1", "failed", "21610", to=KIM)
        clock.advance(hours=7)

        asker.reconcile(of)

        with store.transaction(reads=True) as transaction:
            found = transaction.consents.find([KIM])
        assert [each.opted_out for each in found.values()] == [True]

    def test_two_processes_ask_once(self, store, clock, api, of, asker):
        told(store, clock, "SM1")
        clock.advance(hours=7)
        with store.transaction() as transaction:
            transaction.leases.take(lease_name(of), "another", clock(), timedelta(minutes=5))

        asker.reconcile(of)

        assert api.asked == []


class TestAccounts:
    def test_each_account_asks_for_its_own(self, store, clock):
        apis = [MemoryApi(clock), MemoryApi(clock)]
        mine = configured(apis[0], account="eu_west", for_any=False)
        any_ = configured(apis[1])
        asker = reconciler(store, clock, mine, any_)
        told(store, clock, "SM1", account="eu-west")
        told(store, clock, "SM2")
        told(store, clock, "SM3", account="other")
        clock.advance(hours=7)

        for each in (mine, any_):
            asker.reconcile(each)

        assert [each.asked for each in apis] == [["SM1"], ["SM2"]]

    def test_a_message_keeps_the_account_of_its_callbacks(self, store, clock, api):
        of = configured(api, account="eu_west")
        asker = reconciler(store, clock, of)
        told(store, clock, "SM1", account="eu-west")
        api.knows("SM1", "delivered")
        clock.advance(hours=7)

        asker.reconcile(of)

        assert state(store, "SM1").account == "eu-west"

    def test_a_gateway_in_trouble_holds_up_no_other(self, store, clock):
        broken, fine = MemoryApi(clock), MemoryApi(clock)
        apis = [configured(broken, account="a"), configured(fine, account="b")]
        asker = reconciler(store, clock, *apis)
        told(store, clock, "SM1", account="a")
        told(store, clock, "SM2", account="b")
        fine.knows("SM2", "delivered")
        broken.faults.append(BusyError("no answer: ConnectTimeout"))
        clock.advance(hours=7)

        for each in apis:
            asker.reconcile(each)

        assert state(store, "SM2").status is DeliveryStatus.DELIVERED


class TestTrouble:
    def test_a_busy_gateway_is_asked_when_it_wants(self, store, clock, api, of, asker):
        for number in range(2):
            told(store, clock, f"SM{number}")
            api.knows(f"SM{number}", "delivered")
        api.faults.append(BusyError("answered 429", wait=timedelta(minutes=3)))
        clock.advance(hours=7)

        asker.reconcile(of)
        clock.advance(minutes=2)
        asker.reconcile(of)
        at_once = len(api.asked)
        clock.advance(minutes=2)
        asker.reconcile(of)

        assert at_once == 1
        assert api.asked == ["SM0", "SM1"]

    def test_the_message_that_it_stumbled_over_comes_again(self, store, clock, api, of, asker):
        told(store, clock, "SM0")
        api.knows("SM0", "delivered")
        api.faults.append(BusyError("answered 500"))
        clock.advance(hours=7)

        asker.reconcile(of)
        clock.advance(minutes=16)
        asker.reconcile(of)

        assert api.asked == ["SM0", "SM0"]
        assert state(store, "SM0").status is DeliveryStatus.DELIVERED

    def test_refused_credentials_are_told_once_and_rest(
        self, store, clock, api, of, asker, caplog
    ):
        told(store, clock, "SM0")
        clock.advance(hours=7)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                api.faults.append(RefusedError("answered 401: 20003", status=401))
                asker.reconcile(of)
                asker.reconcile(of)
                clock.advance(minutes=61)

        assert len(api.asked) == 3
        assert [each.message for each in caplog.records] == ["reconcile.held_up"]
        (account,) = facts(store, clock, "twilio").accounts
        assert account.error == "answered 401: 20003"
        assert account.rests_until == clock() - timedelta(minutes=61) + REST

    def test_a_restart_tries_at_once(self, store, clock, api, of, asker):
        told(store, clock, "SM0")
        api.knows("SM0", "delivered")
        api.faults.append(RefusedError("answered 403", status=403))
        clock.advance(hours=7)
        asker.reconcile(of)

        reconciler(store, clock, of).reconcile(of)

        assert state(store, "SM0").status is DeliveryStatus.DELIVERED


def test_counts_by_day_what_was_lost_on_the_way(store, clock, api, of, asker):
    sent = clock()
    for number in range(3):
        told(store, clock, f"SM{number}", recipient=ALEX)
        api.knows(f"SM{number}", "delivered" if number else "sent")
    clock.advance(hours=7)

    asker.reconcile(of)

    (lost,) = facts(store, clock, "twilio").lost
    assert (lost.gateway, lost.account, lost.day) == ("twilio", "", sent.date())
    assert (lost.ends, lost.messages) == (2, 0)
    assert facts(store, clock, "twilio").accounts[0].waiting == 1


def test_an_opt_out_that_was_asked_for_is_counted_for_its_message(store, clock, api, of, asker):
    told(store, clock, "SM1", recipient=KIM)
    api.knows("SM1", "failed", "21610", to=KIM)
    clock.advance(hours=7)

    asker.reconcile(of)

    with store.transaction(reads=True) as transaction:
        assert transaction.reactions.any_open()
