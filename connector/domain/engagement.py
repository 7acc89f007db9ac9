"""What a person did with a message besides receiving it: a click or a reply."""

import dataclasses
import enum
from datetime import datetime


class EngagementKind(enum.StrEnum):
    """How a person reacted."""

    CLICK = "click"
    REPLY = "reply"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EngagementEvent:
    """
    One click or reply. `message_id` is that of our message for a click, of theirs for a reply.

    The text of a reply is not kept here: the raw callback has it.
    """

    gateway: str
    message_id: str
    kind: EngagementKind
    received_at: datetime
    occurred_at: datetime | None = None
    account: str = ""
    phone: str = ""
    sender: str = ""
    reference: str = ""
    campaign: str = ""

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.received_at


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """When the person at a number last reacted: the join (later moment) of all reactions."""

    phone: str
    last_click_at: datetime | None = None
    last_reply_at: datetime | None = None

    def join(self, other: "Engagement") -> "Engagement":
        """The state that knows what both know; both must be of the same number."""
        return Engagement(
            phone=self.phone,
            last_click_at=_latest(self.last_click_at, other.last_click_at),
            last_reply_at=_latest(self.last_reply_at, other.last_reply_at),
        )


def _latest(left: datetime | None, right: datetime | None) -> datetime | None:
    return max((each for each in (left, right) if each), default=None)
