"""Questions to gateways are found by their index, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryEvent, DeliveryStatus
from connector.store import reconciliations as questions
from connector.store.reconciliations import Asked, Lost, OpenMessage
from connector.store.times import micros


AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def messages(store, number, status, gateway="twilio"):
    events = [
        DeliveryEvent(
            gateway=gateway,
            message_id=f"{status}{n:05}",
            status=status,
            received_at=AT + timedelta(seconds=n),
        )
        for n in range(number)
    ]
    with store.transaction() as transaction:
        transaction.deliveries.fold(map(Delivery.from_event, events))


@pytest.fixture
def explained(store):
    """How the database goes about a statement."""

    def explained(statement, **values):
        with store._state.connect() as connection:  # noqa: SLF001 (looks behind it)
            name = connection.dialect.name
            if name == "postgresql":
                connection.execute(sa.text("ANALYZE"))
            text = statement._texts[name].text  # noqa: SLF001
            plan = "EXPLAIN QUERY PLAN " if name == "sqlite" else "EXPLAIN "
            rows = connection.execute(sa.text(plan + text), values).all()
        return "\n".join(str(row) for row in rows)

    return explained


def test_open_messages_are_found_without_a_scan(store, explained):
    messages(store, 20_000, DeliveryStatus.DELIVERED)
    messages(store, 300, DeliveryStatus.PENDING)

    plan = explained(
        questions.SELECT_OPEN,
        gateway="twilio",
        since=micros(AT),
        until=micros(AT + DAY),
        after="",
        limit=100,
    )

    assert "deliveries_open" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_due_messages_are_found_without_a_scan(store, explained):
    rows = [
        Asked(
            message_id=f"SM{n:05}",
            tries=5,
            next_at=AT if n < 50 else None,
            asked_at=AT,
            answer="Pending",
            sent_at=AT,
        )
        for n in range(20_000)
    ]
    with store.transaction() as transaction:
        transaction.reconciliations.note("twilio", "", rows)

    plan = explained(
        questions.SELECT_DUE, gateway="twilio", account="", now=micros(AT + DAY), limit=20
    )

    assert "reconciliations_due" in plan
    assert "Seq Scan on reconciliations" not in plan


def test_goes_on_behind_the_last_one(store):
    messages(store, 5, DeliveryStatus.PENDING)
    messages(store, 5, DeliveryStatus.PENDING, gateway="plivo")
    with store.transaction(reads=True) as transaction:
        find = transaction.reconciliations.open_messages
        first = find("twilio", AT, AT + DAY, after="", limit=2)
        last = first[-1]
        others = find("twilio", last.first_seen_at, AT + DAY, after=last.message_id, limit=10)

    ids = [each.message_id for each in (*first, *others)]
    assert ids == [f"Pending0000{n}" for n in range(5)]


def test_what_is_on_the_list_stays_as_it_is(store):
    one = OpenMessage(message_id="SM1", account="", first_seen_at=AT)
    with store.transaction() as transaction:
        found = transaction.reconciliations
        found.enlist("twilio", "", [one], AT)
        found.note("twilio", "", [asked("SM1", next_at=AT + DAY)])
        found.enlist("twilio", "", [one], AT)
        due = found.due("twilio", "", AT + DAY / 2, 10)

    assert due == []


def test_what_was_lost_is_counted_by_day_and_never_less(store):
    with store.transaction() as transaction:
        found = transaction.reconciliations
        found.note("twilio", "", [asked("SM1", lost=Lost.END), asked("SM2", lost=Lost.ALL)])
        found.note("twilio", "", [asked("SM1"), asked("SM2", lost=Lost.END)])
        found.note("twilio", "eu", [asked("SM3", lost=Lost.END, sent_at=AT + DAY)])
        lost = found.lost(AT - DAY)

    assert [(e.account, e.day, e.ends, e.messages) for e in lost] == [
        ("", AT.date(), 1, 1),
        ("eu", (AT + DAY).date(), 1, 0),
    ]


def test_what_is_old_and_settled_is_forgotten(store):
    with store.transaction() as transaction:
        found = transaction.reconciliations
        found.note("twilio", "", [asked("SM1"), asked("SM2", next_at=AT + DAY)])
        young = found.forget(AT, 10)
        old = found.forget(AT + DAY, 10)

    assert (young, old) == (0, 1)


def asked(message_id, **changes):
    usual = {"tries": 1, "next_at": None, "asked_at": AT, "answer": "", "sent_at": AT}
    return Asked(message_id=message_id, **{**usual, **changes})
