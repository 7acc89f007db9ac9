"""What was said about texting one number, and the fold of it: may the number be texted."""

import dataclasses
import enum
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta


class ConsentKind(enum.StrEnum):
    """What one thing said means."""

    STOP = "stop"
    START = "start"
    HELP = "help"  # changes nothing; kept as an answer that somebody may have to give
    REVIEW = "review"  # may be a STOP in other words: holds like one until a person decides
    REQUEST = "request"  # a flag cleared in Salesforce: asks for a START, and is none
    SETTLED = "settled"  # a person decided that the event `about` counts no more


class ConsentSource(enum.StrEnum):
    """From where a thing was said; the values of the field in Salesforce."""

    REPLY = "Reply"  # the person wrote it
    PROVIDER = "Provider"  # the gateway says so: a flag, its console, a refusal to send
    SALESFORCE = "Salesforce"
    IMPORT = "Import"
    API = "API"
    OPERATOR = "Operator"  # the command line, or a decision on the status page


#: The kinds after which nobody may be texted.
_HOLDING = frozenset({ConsentKind.STOP, ConsentKind.REVIEW})
#: Sources behind which a person of ours stands, who gave evidence.
_ATTESTED = frozenset({ConsentSource.IMPORT, ConsentSource.API, ConsentSource.OPERATOR})
#: A START counts only when it is later than a STOP by more than clocks may differ.
CLOCK_SKEW = timedelta(seconds=5)
#: The same where only our receipt tells the time: a gateway may have tried several times.
RECEIPT_SKEW = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """
    One thing that a person said, or that a gateway, an org or one of us says they did.

    `phone` is the person's number, `sender` ours. `occurred_at` is None where nobody tells a
    time: then the receipt counts. `scope` is the brand that it is about, empty for the whole
    organisation. `actor`, `reason` and `evidence` are for what did not come from a gateway:
    who, why, and where the proof is. `about` names another event by its `id`.
    """

    phone: str
    kind: ConsentKind
    received_at: datetime
    occurred_at: datetime | None = None
    source: str = ConsentSource.REPLY
    gateway: str = ""
    account: str = ""
    message_id: str = ""
    sender: str = ""
    keyword: str = ""
    scope: str = ""
    actor: str = ""
    reason: str = ""
    evidence: str = ""
    about: str = ""

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.received_at

    @property
    def id(self) -> str:
        """
        One name for one thing said, however often it is told; the number is not in it.

        All that the fold looks at is, but when we heard of it: see `strictly`.
        """
        clock = "told" if self.occurred_at else "ours"
        parts = (
            *(self.at.isoformat(), clock, self.kind, self.source, self.gateway, self.account),
            *(self.message_id, self.keyword, self.scope, self.about),
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]

    def undoes(self, hold: "ConsentEvent") -> bool:
        """
        Whether this START ends that hold; a tie and any doubt go to the hold.

        A text counts for the gateway account that the hold came by, and by no other way: the
        person may not know who else texts them. One to a brand counts for that brand only, and
        one to no brand for none.
        """
        if self.source in _ATTESTED:
            # What is dated ahead of our clock knows nothing of what we hear after it.
            ahead = hold.received_at > self.received_at
            said_at = min(self.at, self.received_at) if ahead else self.at
            return said_at > hold.at + CLOCK_SKEW
        timed = self.occurred_at is not None and hold.occurred_at is not None
        place, other = (self.gateway, self.account), (hold.gateway, hold.account)
        return (
            place == other
            and hold.scope in {"", self.scope}
            and self.at > hold.at + (CLOCK_SKEW if timed else RECEIPT_SKEW)
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """
    Whether one number may be texted: the fold of all that was said about it.

    `source`, `keyword`, `gateway` and `message_id` are those of the newest STOP that holds, or
    of the newest doubt where nothing but doubts do (`doubtful`). `changed_at` is since when
    `opted_out` holds as it does; None while nothing was ever said. `questions` waits for a
    person. `version` rises with every event.
    """

    phone: str
    opted_out: bool = False
    doubtful: bool = False
    changed_at: datetime | None = None
    source: str = ""
    keyword: str = ""
    gateway: str = ""
    message_id: str = ""
    questions: int = 0
    version: int = 0


def fold(phone: str, events: Iterable[ConsentEvent]) -> Consent:
    """
    The state of one number after these events, in whatever order they come.

    It depends on the set of events only, so late and doubled ones need no special case.
    """
    said: dict[str, ConsentEvent] = {}
    for event in events:
        said[event.id] = strictly(event, said.get(event.id))
    holds = holding(said.values())
    if holds:
        return _held(phone, holds, said)
    ends = [e.at for e in said.values() if e.kind in {ConsentKind.START, ConsentKind.SETTLED}]
    return Consent(phone=phone, changed_at=max(ends, default=None), version=len(said))


def strictly(event: ConsentEvent, known: ConsentEvent | None) -> ConsentEvent:
    """
    The same thing told twice, as it counts: a hold as of its last telling, else of the first.

    So it makes no difference in which order they are read, and none ever ends a hold.
    """
    if known is None:
        return event
    later = event.received_at > known.received_at
    return event if later is (event.kind in _HOLDING) else known


def _held(phone: str, holds: Sequence[ConsentEvent], said: dict[str, ConsentEvent]) -> Consent:
    newest = max(holds, key=_weight)
    return Consent(
        phone=phone,
        opted_out=True,
        doubtful=newest.kind is ConsentKind.REVIEW,
        changed_at=newest.at,
        source=newest.source,
        keyword=newest.keyword,
        gateway=newest.gateway,
        message_id=newest.message_id,
        questions=len(questions(said.values())),
        version=len(said),
    )


def strictest(states: Iterable[Consent]) -> Consent | None:
    """
    One answer for several, of brands or of numbers; None for none.

    Opted out where any of them is, by a STOP rather than a doubt, the newest one.
    """
    return max(
        states,
        key=lambda c: (c.opted_out, not c.doubtful, c.changed_at or _NEVER, c.phone, c.version),
        default=None,
    )


def holding(events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """What stands against texting now."""
    said = list(events)
    settled = _settled(said)
    starts = [e for e in said if e.kind is ConsentKind.START and e.id not in settled]
    return [
        event
        for event in said
        if event.kind in _HOLDING
        and event.id not in settled
        and not any(start.undoes(event) for start in starts)
    ]


def questions(events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """
    What a person has to decide, the oldest first.

    Texts that may be a STOP, STARTs that came after a STOP and do not undo it, and flags
    cleared in Salesforce while something stands against it.
    """
    said = list(events)
    settled, holds = _settled(said), holding(said)
    found = [event for event in holds if event.kind is ConsentKind.REVIEW]
    for event in said:
        asks = event.kind is ConsentKind.REQUEST and holds
        conflicts = event.kind is ConsentKind.START and any(event.at > h.at for h in holds)
        if event.id not in settled and (asks or conflicts):
            found.append(event)
    return sorted(found, key=lambda event: (event.at, event.id))


def _settled(events: Iterable[ConsentEvent]) -> frozenset[str]:
    return frozenset(e.about for e in events if e.kind is ConsentKind.SETTLED)


def _weight(event: ConsentEvent) -> tuple[bool, datetime, str]:
    # A STOP is better evidence than a doubt; the id only makes the order total.
    return (event.kind is ConsentKind.STOP, event.at, event.id)
