"""What is sent in a campaign, and what gateways report of it: drawn from a seed."""

import dataclasses
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta


START = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
SENDING = timedelta(days=3)
LATEST = timedelta(hours=60)
SENDERS = ("+15550100", "Acme", "ACME")
#: Numbers kept for fiction, by country.
NUMBERS = {
    "US": "+1212555{:04d}",
    "CA": "+1416555{:04d}",
    "GB": "+447700900{:03d}",
    "FI": "+35845757{:04d}",
}
FAILURES = (
    ("undelivered", "unreachable"),
    ("undelivered", "landline"),
    ("failed", "network"),
    ("rejected", "filtered"),
    ("rejected", "invalid_number"),
    ("expired", "expired"),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of a gateway: what it says, of when, and when it comes in, perhaps twice."""

    message_id: str
    status: str
    reason: str
    at: datetime
    arrives: Sequence[datetime]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message, and everything that is ever reported of it."""

    message_id: str
    gateway: str
    campaign: str
    record: str
    country: str
    recipient: str
    sender: str
    sent_at: datetime
    registered: bool
    segments: int
    millicents: int
    reports: Sequence[Report]


def script(
    messages: int, seed: int, campaigns: Sequence[str], records: Sequence[str]
) -> Iterator[Sent]:
    """Messages of these campaigns, of which "" is none, to these records, "" for nobody's."""
    draw = random.Random(seed)  # noqa: S311 (a test that can be played again)
    for number in range(messages):
        country = draw.choice(sorted(NUMBERS))
        sent_at = START + timedelta(seconds=draw.randrange(int(SENDING.total_seconds())))
        message_id = f"m{seed}-{number}"
        reports = list(_reports(draw, message_id, sent_at))
        plain = all(each.status in {"sent", "delivered"} for each in reports)
        yield Sent(
            message_id=message_id,
            gateway=draw.choice(("generic", "kannel")) if plain else "generic",
            campaign=draw.choice(campaigns),
            record=draw.choice(records),
            country=country,
            recipient=NUMBERS[country].format(draw.randrange(100, 200)),
            sender=draw.choice(SENDERS),
            sent_at=sent_at,
            registered=draw.random() < 0.5,
            segments=draw.randrange(1, 4),
            millicents=draw.randrange(500, 900),
            reports=reports,
        )


def _reports(draw: random.Random, message_id: str, sent_at: datetime) -> Iterator[Report]:
    at = sent_at
    story: list[tuple[str, str]] = [("sent", "")]
    chance = draw.random()
    if chance < 0.85:
        story.append(("delivered", ""))
    elif chance < 0.97:
        story.append(draw.choice(FAILURES))
        if draw.random() < 0.2:  # a carrier that gave up too early
            story.append(("delivered", ""))
    for place, (status, reason) in enumerate(story):
        yield Report(
            message_id=message_id,
            status=status,
            reason=reason,
            at=at,
            arrives=[_arrival(draw, at) for _ in range(1 + (draw.random() < 0.2))],
        )
        wait = draw.choice((3, 40, 900, 20_000)) if place == 0 else 3_600
        at += timedelta(seconds=draw.randrange(1, wait + 1))


def _arrival(draw: random.Random, at: datetime) -> datetime:
    """Mostly at once, sometimes days later: later reports overtake earlier ones."""
    longest = draw.choice((1, 1, 1, 60, 3_600, int(LATEST.total_seconds())))
    return at + timedelta(seconds=draw.randrange(longest + 1))
