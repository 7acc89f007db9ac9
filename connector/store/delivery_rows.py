"""A delivery as a row: its columns, written and read."""

from connector.domain.delivery import Delivery, DeliveryStatus, Overdue, Reason
from connector.store.sql import Row
from connector.store.times import micros, moment, moment_or_none


#: What a fold writes; what is worked out afterwards is not among it.
COLUMNS = (
    "gateway text",
    "message_id text",
    "rank smallint",
    "occurred_at bigint",
    "status text",
    "error_code text",
    "reason text",
    "reported_at bigint",
    "first_seen_at bigint",
    "sent_at bigint",
    "account text",
    "recipient text",
    "sender text",
    "reference text",
    "campaign text",
    "registered_record text",
    "segments smallint",
    "cost bigint",
    "currency text",
    "carrier text",
    "changed smallint",
)
#: The columns that `delivery_of` reads, and how many they are.
NAMES = ", ".join(
    f"d.{column.split()[0]}" for column in (*COLUMNS[:-1], "overdue", "overdue_since")
)
WIDTH = len(COLUMNS) + 1


def row_of(delivery: Delivery) -> tuple[object, ...]:
    return (
        delivery.gateway,
        delivery.message_id,
        delivery.rank,
        micros(delivery.occurred_at),
        delivery.status or "",
        delivery.error_code,
        delivery.reason or "",
        micros(delivery.reported_at),
        micros(delivery.first_seen_at),
        micros(delivery.sent_at),
        delivery.account,
        delivery.recipient,
        delivery.sender,
        delivery.reference,
        delivery.campaign,
        delivery.registered_record,
        delivery.segments,
        delivery.cost,
        delivery.currency,
        delivery.carrier,
        1,
    )


_STATUSES: dict[str, DeliveryStatus | None] = {"": None, **{s.value: s for s in DeliveryStatus}}
_OVERDUE = tuple(Overdue)
_REASONS: dict[str, Reason | None] = {"": None, **{r.value: r for r in Reason}}


def delivery_of(row: Row, first: int = 0) -> Delivery:
    """Read a delivery from the columns of a row that begin at `first`."""
    (
        gateway,
        message_id,
        _rank,
        occurred_at,
        status,
        error_code,
        reason,
        reported_at,
        first_seen_at,
        sent_at,
        account,
        recipient,
        sender,
        reference,
        campaign,
        registered_record,
        segments,
        cost,
        currency,
        carrier,
        overdue,
        overdue_since,
    ) = row[first : first + WIDTH]
    return Delivery(
        gateway=gateway,
        message_id=message_id,
        status=_STATUSES[status],
        occurred_at=moment_or_none(occurred_at),
        reported_at=moment(reported_at),
        first_seen_at=moment(first_seen_at),
        sent_at=moment_or_none(sent_at),
        error_code=error_code,
        reason=_REASONS[reason],
        account=account,
        recipient=recipient,
        sender=sender,
        reference=reference,
        campaign=campaign,
        registered_record=registered_record,
        segments=segments,
        cost=cost,
        currency=currency,
        carrier=carrier,
        overdue=_OVERDUE[overdue],
        overdue_since=moment_or_none(overdue_since),
    )
