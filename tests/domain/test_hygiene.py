"""What the messages to a number say of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.delivery import Delivery, DeliveryStatus, Reason
from connector.domain.hygiene import COUNTED, Hygiene, judge
from connector.domain.time_rules import USUAL
from tests.support.events import MOBILE, NOON, report


FAILED, DELIVERED = DeliveryStatus.UNDELIVERED, DeliveryStatus.DELIVERED


def sent(hour, status=FAILED, reason=None):
    at = NOON + timedelta(hours=hour)
    event = report(
        f"{hour}", status=status, reason=reason, sent_at=at, received_at=at, recipient=MOBILE
    )
    return Delivery.from_event(event)


def failures(*reasons):
    return [sent(hour, reason=reason) for hour, reason in enumerate(reasons)]


outcomes = st.one_of(
    st.just((DELIVERED, None)),
    st.just((DeliveryStatus.PENDING, None)),
    st.sampled_from(Reason).map(lambda reason: (FAILED, reason)),
)
histories = st.lists(outcomes, max_size=8).map(
    lambda found: [sent(hour, *outcome) for hour, outcome in enumerate(found)]
)
replies = st.none() | st.integers(0, 9).map(lambda hour: NOON + timedelta(hours=hour))


def test_three_failures_in_a_row_flag_it():
    known = judge(MOBILE, failures(*[Reason.UNREACHABLE] * 3))

    assert (known.needs_review, known.failures) == (True, 3)
    assert known.since == NOON + timedelta(hours=2)
    assert known.review_reason == "3 failures in a row, the last unreachable"


def test_two_do_not():
    assert not judge(MOBILE, failures(Reason.UNREACHABLE, Reason.UNKNOWN)).needs_review


@pytest.mark.parametrize("reason", [Reason.INVALID_NUMBER, Reason.LANDLINE])
def test_one_is_enough_where_it_says_what_the_number_is(reason):
    assert judge(MOBILE, failures(reason)).review_reason == reason


@pytest.mark.parametrize("reason", sorted(set(Reason) - COUNTED))
def test_what_says_nothing_about_the_number_does_not_count(reason):
    assert judge(MOBILE, failures(*[reason] * 5)) == Hygiene(phone=MOBILE)


def test_what_does_not_count_does_not_interrupt_either():
    known = judge(MOBILE, failures(Reason.UNKNOWN, Reason.FILTERED, *[Reason.UNREACHABLE] * 2))

    assert known.needs_review


def test_messages_that_we_gave_up_do_not_count():
    pending = [sent(hour, DeliveryStatus.PENDING) for hour in range(3)]
    given_up = [USUAL.judged(each, NOON + timedelta(days=9)) for each in pending]

    assert judge(MOBILE, given_up).failures == 0


def test_a_delivery_clears_it():
    known = judge(MOBILE, [*failures(Reason.INVALID_NUMBER), sent(1, DELIVERED)])

    assert (known.needs_review, known.failures) == (False, 0)
    assert known.cleared_at == NOON + timedelta(hours=1)


def test_a_reply_clears_what_was_sent_before_it_alone():
    history = failures(*[Reason.UNREACHABLE] * 4)

    assert judge(MOBILE, history, NOON + timedelta(hours=9)).failures == 0
    assert judge(MOBILE, history, NOON + timedelta(hours=1, minutes=1)).failures == 2


@given(history=histories, reply=replies, data=st.data())
def test_the_order_of_arrival_decides_nothing(history, reply, data):
    shuffled = data.draw(st.permutations(history))

    assert judge(MOBILE, shuffled, reply) == judge(MOBILE, history, reply)


@given(history=histories, reply=replies)
def test_it_counts_what_came_after_the_last_success(history, reply):
    arrived = [each.started_at for each in history if each.status is DELIVERED]
    last = max([*arrived, *([reply] if reply else [])], default=NOON - timedelta(hours=1))
    after = [e.reason for e in history if e.started_at > last and e.reason in COUNTED]
    at_once = {Reason.INVALID_NUMBER, Reason.LANDLINE} & set(after)

    known = judge(MOBILE, history, reply)

    assert known.failures == len(after)
    assert known.needs_review == (len(after) >= 3 or bool(at_once))
