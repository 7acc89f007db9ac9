"""What a person said about being texted: STOP, START and doubts, and the join of it all."""

import dataclasses
import enum
from datetime import datetime, timedelta
from typing import Self


class ConsentKind(enum.StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"  # changes nothing; kept as an answer that somebody may have to give
    REVIEW = "review"  # may be a STOP in other words: holds like one until a person decides


#: The kinds after which nobody may be texted.
_HOLDING = frozenset({ConsentKind.STOP, ConsentKind.REVIEW})
#: A START counts only when it is later than the newest STOP by more than clocks may differ.
CLOCK_SKEW = timedelta(seconds=5)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """
    One thing that a person said, or that a gateway or an org says they did.

    `phone` is the person's number, `sender` ours. `source` is Reply, Provider, Salesforce or
    Import. `occurred_at` is None where the gateway gives no time: then the receipt counts.
    """

    phone: str
    kind: ConsentKind
    received_at: datetime
    occurred_at: datetime | None = None
    source: str = "Reply"
    gateway: str = ""
    account: str = ""
    message_id: str = ""
    sender: str = ""
    keyword: str = ""

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.received_at


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """
    Whether one number may be texted: the join of every consent event about it.

    Two latest moments, one of STOP and one of START, so nothing depends on the order of
    arrival; a tie and any doubt go to the opt-out: a text that may be a STOP counts as one.
    `source`, `keyword`, `gateway` and `message_id` are those of the newest STOP; a later doubt
    hides an earlier STOP here, so whoever decides about it must look at the events.
    """

    phone: str
    stopped_at: datetime | None = None
    started_at: datetime | None = None
    source: str = ""
    keyword: str = ""
    gateway: str = ""
    message_id: str = ""

    @classmethod
    def from_event(cls, event: ConsentEvent) -> Self:
        if event.kind in _HOLDING:
            return cls(
                phone=event.phone,
                stopped_at=event.at,
                source=event.source,
                keyword=event.keyword,
                gateway=event.gateway,
                message_id=event.message_id,
            )
        started_at = event.at if event.kind is ConsentKind.START else None
        return cls(phone=event.phone, started_at=started_at)

    @property
    def opted_out(self) -> bool:
        if self.stopped_at is None:
            return False
        return self.started_at is None or self.started_at <= self.stopped_at + CLOCK_SKEW

    @property
    def changed_at(self) -> datetime | None:
        """Since when `opted_out` holds; None while nothing was ever said."""
        return self.stopped_at if self.opted_out else self.started_at

    @property
    def _stop(self) -> tuple[bool, datetime, str, str, str, str]:
        moment = self.stopped_at or datetime.min  # noqa: DTZ901 (compared among absent ones only)
        evidence = (self.source, self.keyword, self.gateway, self.message_id)
        return (self.stopped_at is not None, moment, *evidence)

    def join(self, other: "Consent") -> "Consent":
        """The state that knows what both know; both must be of the same number."""
        newest_stop = max(self, other, key=lambda each: each._stop)  # noqa: SLF001
        started = [each.started_at for each in (self, other) if each.started_at]
        return dataclasses.replace(newest_stop, started_at=max(started, default=None))
