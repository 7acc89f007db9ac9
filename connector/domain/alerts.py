"""What somebody has to be told of: once when it begins, and once when it is over."""

import dataclasses
import enum
import hashlib
from collections.abc import Mapping
from datetime import datetime

from connector.domain.health import Health


class AlertKind(enum.StrEnum):
    """What an alert tells of."""

    CAMPAIGN_WATCH = "campaign_watch"
    CAMPAIGN_CRITICAL = "campaign_critical"
    SPIKE = "spike"  # messages fail for one reason far more often than before
    OPT_OUTS_LATE = "opt_outs_late"  # Salesforce does not have what people said


#: What an alert was judged by, by name; never a phone number.
AlertFigures = Mapping[str, int | float | str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """
    Something that is wrong with `subject`: there is at most one open alert of it.

    `subject` is the id of a campaign, "@gateway/account", or another name of ours; `what` tells
    apart what may be wrong with it of one kind. `text` is for people.
    """

    kind: AlertKind
    subject: str
    what: str = ""
    text: str = ""
    figures: AlertFigures = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, str]:
        """What there is one open alert of."""
        return (self.subject, self.kind.value, self.what)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A trouble that began, and may be over."""

    id: int
    trouble: Trouble
    since: datetime
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def key(self, step: str) -> str:
        """The same for its beginning, or its end, however often that is told."""
        parts = (*self.trouble.place, self.since.isoformat(), step)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CampaignHealth:
    """
    How a campaign does, and what is going on with it now, for its row in Salesforce.

    `health` is None below the minimum sample, `since` when that was never judged otherwise.
    """

    health: Health | None = None
    since: datetime | None = None
    alert_text: str = ""
    alert_at: datetime | None = None
