"""Where one message stands: the join of every report about it."""

import dataclasses
import enum
from datetime import UTC, datetime
from typing import Self


class DeliveryStatus(enum.StrEnum):
    """Where a message stands: the six words that every gateway's own words come down to."""

    PENDING = "Pending"  # accepted, queued, buffered or handed on; not settled
    EXPIRED = "Expired"  # validity period ran out
    REJECTED = "Rejected"  # refused by gateway or carrier, never attempted
    FAILED = "Failed"  # the gateway could not send it
    UNDELIVERED = "Undelivered"  # the carrier tried and gave up
    DELIVERED = "Delivered"  # on the handset

    @property
    def rank(self) -> int:
        """How much this status settles; a report never lowers it."""
        return _RANK[self]

    @property
    def is_final(self) -> bool:
        return self.rank >= _FINAL


_FINAL = 1
_RANK = {
    DeliveryStatus.PENDING: 0,
    DeliveryStatus.EXPIRED: _FINAL,
    DeliveryStatus.REJECTED: _FINAL,
    DeliveryStatus.FAILED: _FINAL,
    DeliveryStatus.UNDELIVERED: _FINAL,
    # A handset receipt outranks an earlier give-up: late carriers do report both.
    DeliveryStatus.DELIVERED: _FINAL + 1,
}
#: The rank of "nothing is known": below every status.
UNKNOWN_RANK = -1
#: Stands for the gateway's code where we took a message for expired; no gateway has it.
NO_REPORT = "no_report"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Reason(enum.StrEnum):
    """Why a message did not arrive: what the gateways' error codes come down to."""

    UNREGISTERED = "unregistered"  # 10DLC, toll-free or sender id not registered
    INVALID_NUMBER = "invalid_number"
    UNREACHABLE = "unreachable"  # off, out of coverage, absent
    FILTERED = "filtered"  # spam, content and volume filters, loops
    OPTED_OUT = "opted_out"  # blocked by or for the recipient
    LANDLINE = "landline"
    THROUGHPUT = "throughput"  # queue, rate, daily cap
    ACCOUNT_SUSPENDED = "account_suspended"  # also: no credit
    NETWORK = "network"  # fault of a carrier or of the gateway
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Overdue(enum.IntEnum):
    """What time alone says of a message that nobody reported the end of."""

    NO = 0
    SOFT = 1  # nothing final for a day
    EXPIRED = 2  # nothing at all for three days: taken for expired, by us


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEvent:
    """
    What one callback, or a sender's registration, says about one message.

    `status` is None for a word that the gateway does not document: it claims nothing.
    `occurred_at` is the gateway's own time, None where it gives none with a known zone.
    `reference` is the Salesforce record id that rode along, `registered_record` the one that
    the sender registered together with `sent_at`. `cost` is in millionths of the currency
    (ISO 4217), for all segments together; `carrier` as the gateway names it.
    """

    gateway: str
    message_id: str
    status: DeliveryStatus | None
    received_at: datetime
    occurred_at: datetime | None = None
    account: str = ""
    recipient: str = ""
    sender: str = ""
    reference: str = ""
    campaign: str = ""
    error_code: str = ""
    reason: Reason | None = None
    word: str = ""
    segments: int = 0
    cost: int = 0
    currency: str = ""
    carrier: str = ""
    registered_record: str = ""
    sent_at: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    The state of one message: the join of every event about it.

    Joining is commutative, associative and idempotent, so reports may come late, twice or
    in any order and the state is the same. `reported_at` is when the report that decides was
    first received, `first_seen_at` the earliest moment known of the message, `sent_at` the
    registered one. `overdue` is not joined: it follows from the rest and the time. What is
    told of a message is `shown_status` and its like: a message that no final report came of in
    time is taken for expired, by us, until one comes.
    """

    gateway: str
    message_id: str
    status: DeliveryStatus | None
    occurred_at: datetime | None
    reported_at: datetime
    first_seen_at: datetime
    sent_at: datetime | None = None
    error_code: str = ""
    reason: Reason | None = None
    account: str = ""
    recipient: str = ""
    sender: str = ""
    reference: str = ""
    campaign: str = ""
    registered_record: str = ""
    segments: int = 0
    cost: int = 0
    currency: str = ""
    carrier: str = ""
    overdue: Overdue = Overdue.NO
    overdue_since: datetime | None = None

    @classmethod
    def from_event(cls, event: DeliveryEvent) -> Self:
        return cls(
            gateway=event.gateway,
            message_id=event.message_id,
            status=event.status,
            # What an undocumented word came with decides nothing either.
            occurred_at=event.occurred_at if event.status else None,
            error_code=event.error_code if event.status else "",
            reason=event.reason if event.status else None,
            reported_at=event.received_at,
            first_seen_at=min(event.received_at, event.occurred_at or event.received_at),
            sent_at=event.sent_at,
            account=event.account,
            recipient=event.recipient,
            sender=event.sender,
            reference=event.reference,
            campaign=event.campaign,
            registered_record=event.registered_record,
            segments=event.segments,
            cost=event.cost,
            currency=event.currency,
            carrier=event.carrier,
        )

    @property
    def rank(self) -> int:
        return UNKNOWN_RANK if self.status is None else self.status.rank

    @property
    def status_at(self) -> datetime:
        """Since when the status holds: the gateway's time, else when we were first told."""
        return self.occurred_at or self.reported_at

    @property
    def started_at(self) -> datetime:
        """When the message was sent: registered, else first seen."""
        return self.sent_at or self.first_seen_at

    @property
    def is_settled(self) -> bool:
        """Whether a gateway said how it ended."""
        return self.status is not None and self.status.is_final

    @property
    def is_overdue(self) -> bool:
        """Whether it takes longer than messages do, or was given up."""
        return self.overdue is not Overdue.NO and not self.is_settled

    @property
    def is_given_up(self) -> bool:
        """Whether it is taken for expired because no gateway said how it ended."""
        return self.overdue is Overdue.EXPIRED and not self.is_settled

    @property
    def shown_status(self) -> DeliveryStatus | None:
        return DeliveryStatus.EXPIRED if self.is_given_up else self.status

    @property
    def shown_status_at(self) -> datetime:
        """Since when the shown status holds; of what was given up, when its time was over."""
        given_up_at = self.overdue_since if self.is_given_up else None
        return given_up_at or self.status_at

    @property
    def shown_reason(self) -> Reason | None:
        return Reason.EXPIRED if self.is_given_up else self.reason

    @property
    def shown_error_code(self) -> str:
        return NO_REPORT if self.is_given_up else self.error_code

    @property
    def precedence(self) -> tuple[int, datetime, str, str, str]:
        """
        What decides between two reports: the greater one stands.

        The last three only make the order total: without them, ties would depend on arrival.
        """
        return (
            self.rank,
            self.occurred_at or _NEVER,
            self.status or "",
            self.error_code,
            self.reason or "",
        )

    def join(self, other: "Delivery") -> "Delivery":
        """The state that knows what both know; both must be of the same message."""
        own, others = self.precedence, other.precedence
        newer = other if others > own else self
        reported_at = newer.reported_at
        if own == others:
            reported_at = min(self.reported_at, other.reported_at)
        cost, currency = max((self.cost, self.currency), (other.cost, other.currency))
        # Spelled out: dataclasses.replace costs twice as much, and this runs for every report.
        return Delivery(
            gateway=newer.gateway,
            message_id=newer.message_id,
            status=newer.status,
            occurred_at=newer.occurred_at,
            reported_at=reported_at,
            first_seen_at=min(self.first_seen_at, other.first_seen_at),
            sent_at=_earliest(self.sent_at, other.sent_at),
            error_code=newer.error_code,
            reason=newer.reason,
            account=max(self.account, other.account),
            recipient=max(self.recipient, other.recipient),
            sender=max(self.sender, other.sender),
            reference=max(self.reference, other.reference),
            campaign=max(self.campaign, other.campaign),
            registered_record=max(self.registered_record, other.registered_record),
            segments=max(self.segments, other.segments),
            cost=cost,
            currency=currency,
            carrier=max(self.carrier, other.carrier),
        )


def _earliest(left: datetime | None, right: datetime | None) -> datetime | None:
    if left is None or right is None:
        return left or right
    return min(left, right)
