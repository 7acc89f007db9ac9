"""What time says of messages, as the store keeps it."""

import dataclasses
import itertools
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.delivery import Delivery, DeliveryStatus, Overdue
from connector.domain.time_rules import USUAL, TimeRules
from tests.support.events import NOON, deliveries, report


#: Whether the rules are the usual ones, of minutes, or expire before they fail softly.
RULES = (
    USUAL,
    TimeRules(soft_failure=timedelta(minutes=2), expiry=timedelta(minutes=4)),
    TimeRules(soft_failure=timedelta(minutes=4), expiry=timedelta(minutes=2)),
)
DAY = timedelta(days=1)
#: Each example has a message of its own: the store lives as long as the test.
names = map(str, itertools.count())


def pending(message_id, **changes):
    return Delivery.from_event(report(message_id, status=DeliveryStatus.PENDING, **changes))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    delivery=deliveries,
    rules=st.sampled_from(RULES),
    minutes=st.integers(0, 10),
)
def test_the_store_judges_as_the_rules_do(store, delivery, rules, minutes):
    name = next(names)
    delivery = dataclasses.replace(delivery, message_id=name)
    now = NOON + timedelta(minutes=minutes)

    with store.transaction() as t:
        t.deliveries.fold([delivery])
        t.deliveries.settle_changed([("kannel", name)], [], now, rules)
        kept = t.deliveries.find("kannel", name)

        due_at = rules.standing(delivery, now).due_at
        assert kept == rules.judged(delivery, now)
        if due_at:
            assert not changed_at(t, name, due_at - timedelta(microseconds=1))
        assert changed_at(t, name, NOON + 400 * DAY) == (due_at is not None)


def changed_at(transaction, message_id, moment):
    """Whether the message is due by then; nothing else is left due."""
    transaction.deliveries.mark_due(moment, 1_000)
    return transaction.deliveries.is_changed("kannel", message_id)


def test_messages_that_are_due_are_looked_at_a_batch_at_a_time(store):
    three = ["1", "2", "3"]
    with store.transaction() as t:
        t.deliveries.fold([pending(name) for name in three])
        t.deliveries.settle_changed([("kannel", name) for name in three], [], NOON)
        assert t.deliveries.mark_due(NOON, 2) == 0

        assert t.deliveries.mark_due(NOON + DAY, 2) == 2
        assert t.deliveries.mark_due(NOON + DAY, 2) == 1
        assert t.deliveries.mark_due(NOON + DAY, 2) == 0
        assert t.deliveries.changed_count() == 3


def test_a_report_after_the_expiry_is_told_of_at_once(store):
    with store.transaction() as t:
        t.deliveries.fold([pending("1")])
        t.deliveries.settle_changed([("kannel", "1")], [], NOON + 4 * DAY)
        assert t.deliveries.find("kannel", "1").overdue is Overdue.EXPIRED

        t.deliveries.fold([Delivery.from_event(report("1", received_at=NOON + 5 * DAY))])

        assert t.deliveries.find("kannel", "1").shown_status is DeliveryStatus.DELIVERED
