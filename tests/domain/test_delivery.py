"""State is a join: the laws, and what they mean for a person."""

import itertools
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.delivery import Delivery, DeliveryStatus
from tests.support.events import ALEX, NOON, deliveries, report


LATER = NOON + timedelta(minutes=1)


@given(deliveries, deliveries)
def test_joining_is_commutative(left, right):
    assert left.join(right) == right.join(left)


@given(deliveries, deliveries, deliveries)
def test_joining_is_associative(first, second, third):
    assert first.join(second).join(third) == first.join(second.join(third))


@given(deliveries, deliveries)
def test_a_repeated_report_changes_nothing(first, second):
    state = first.join(second)

    assert state.join(first) == state.join(second) == state


@given(st.lists(deliveries, min_size=1), st.randoms())
def test_any_order_gives_the_same_state(reports, random):
    shuffled = random.sample(reports, len(reports))

    assert reduce(Delivery.join, reports) == reduce(Delivery.join, shuffled)


@given(deliveries, deliveries)
def test_status_never_loses_rank(known, other):
    assert known.join(other).rank >= known.rank


SEVEN = [
    report(status=DeliveryStatus.PENDING),
    report(status=DeliveryStatus.PENDING, occurred_at=LATER),
    report(status=DeliveryStatus.FAILED, error_code="1"),
    report(status=DeliveryStatus.EXPIRED, occurred_at=NOON),
    report(status=DeliveryStatus.DELIVERED, recipient="+447700900456"),
    report(status=None, word="odd", reference=ALEX),
    report(status=DeliveryStatus.PENDING, registered_record=ALEX, sent_at=NOON),
]


@pytest.mark.parametrize("length", range(1, 8))
def test_every_order_of_up_to_seven_events_gives_one_state(length):
    states = [Delivery.from_event(event) for event in SEVEN[-length:]]

    results = {reduce(Delivery.join, order) for order in itertools.permutations(states)}

    assert len(results) == 1


def test_a_handset_receipt_outranks_a_later_give_up():
    receipt = Delivery.from_event(report(occurred_at=NOON))
    failure = Delivery.from_event(
        report(status=DeliveryStatus.UNDELIVERED, occurred_at=LATER, error_code="30005")
    )

    assert receipt.join(failure).status is DeliveryStatus.DELIVERED


def test_between_two_failures_the_later_gateway_time_stands():
    first = Delivery.from_event(report(status=DeliveryStatus.UNDELIVERED, occurred_at=LATER))
    second = Delivery.from_event(report(status=DeliveryStatus.EXPIRED, occurred_at=NOON))

    assert second.join(first).status is DeliveryStatus.UNDELIVERED


def test_an_undocumented_word_claims_nothing_but_brings_the_reference():
    known = Delivery.from_event(report(status=DeliveryStatus.PENDING))
    odd = Delivery.from_event(report(status=None, word="odd", reference=ALEX, error_code="9"))

    state = known.join(odd)

    assert (state.status, state.reference, state.error_code) == ("Pending", ALEX, "")


def test_a_message_starts_when_it_was_registered_or_first_seen():
    seen = Delivery.from_event(report(received_at=LATER, occurred_at=NOON))
    registered = Delivery.from_event(report(received_at=LATER, sent_at=LATER))

    assert seen.started_at == NOON
    assert seen.join(registered).started_at == LATER
