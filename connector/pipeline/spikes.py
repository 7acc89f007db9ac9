"""Looks through the hours of a campaign or account for failures that suddenly are many."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector.domain.alerts import Alert, AlertKind, Trouble
from connector.domain.delivery import Reason
from connector.domain.figures import Cell, Figures, Period, Split
from connector.domain.spikes import HOUR, Hour, Spike, SpikeRules, find_spike
from connector.pipeline.alerts import AlertDesk
from connector.store import Transaction
from connector.store.times import micros, moment


#: So many countries or carriers are named where a spike is one of the whole.
_MOST_NAMED = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Stream:
    """Hours of one kind: all messages, those to a country, or those over a carrier."""

    split: Split
    value: str

    @property
    def is_whole(self) -> bool:
        return self.split is Split.NONE

    def what(self, reason: Reason) -> str:
        """What tells alerts of one subject apart."""
        return reason.value if self.is_whole else f"{reason}/{self.split}/{self.value}"

    def __str__(self) -> str:
        return f"{self.split.lower()} {self.value}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Counted:
    """What an hour's figures say of failures."""

    start: int
    settled: int
    reasons: Mapping[Reason, int]


Streams = Mapping[Stream, Sequence[_Counted]]


def look_for_spikes(
    transaction: Transaction, subject: str, now: datetime, rules: SpikeRules, desk: AlertDesk
) -> list[Alert]:
    """Begin and end alerts of one campaign or account; returns those."""
    known = {
        alert.trouble.what: alert
        for alert in transaction.alerts.open_of([subject])
        if alert.trouble.kind is AlertKind.SPIKE
    }
    since = micros(now) - rules.reach
    cells = transaction.figures.of(subject, Period.HOUR, since=since)
    found = {
        each.what: each.trouble
        for each in _standing(subject, _streams(cells), micros(now), rules, known)
    }
    begun = [
        desk.start(transaction, trouble, now)
        for what, trouble in found.items()
        if what not in known
    ]
    ended = [
        desk.end(transaction, alert, now) for what, alert in known.items() if what not in found
    ]
    return [alert for alert in (*ended, *begun) if alert]


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    what: str
    trouble: Trouble


def _standing(
    subject: str,
    streams: Streams,
    now: int,
    rules: SpikeRules,
    known: Mapping[str, Alert],
) -> Iterator[_Found]:
    """What goes on or begins; the same in a part is not told beside the whole."""
    for reason in Reason:
        spikes = {
            stream: spike
            for stream, hours in streams.items()
            if (spike := _spike(stream, reason, hours, now, rules, known))
        }
        whole = next((stream for stream in spikes if stream.is_whole), None)
        parts = sorted((s for s in spikes if not s.is_whole), key=str)
        for stream, spike in spikes.items():
            what = stream.what(reason)
            if what in known or whole is None or stream is whole:
                named = parts[:_MOST_NAMED] if stream is whole else [stream]
                yield _Found(what, _trouble(subject, reason, what, spike, named, rules))


def _spike(
    stream: Stream,
    reason: Reason,
    hours: Sequence[_Counted],
    now: int,
    rules: SpikeRules,
    known: Mapping[str, Alert],
) -> Spike | None:
    alert = known.get(stream.what(reason))
    began = int(alert.trouble.figures["hour"]) if alert else None
    is_recent = any(
        hour.start > now - rules.recent * HOUR and hour.reasons.get(reason) for hour in hours
    )
    if began is None and not is_recent:
        return None  # most reasons of most hours
    counted = [Hour(hour.start, hour.settled, hour.reasons.get(reason, 0)) for hour in hours]
    return find_spike(counted, now, rules, began=began)


def _streams(cells: Mapping[Cell, Figures]) -> Streams:
    """By what they are split; what country it was is not known of every message."""
    found: dict[Stream, list[_Counted]] = {}
    for cell, figures in cells.items():
        if cell.split is Split.NONE or cell.value:
            counted = _Counted(cell.start, figures.settled, figures.reasons)
            found.setdefault(Stream(cell.split, cell.value), []).append(counted)
    return found


def _trouble(
    subject: str,
    reason: Reason,
    what: str,
    spike: Spike,
    named: list[Stream],
    rules: SpikeRules,
) -> Trouble:
    hour, past = spike.hour, spike.past
    begins = moment(hour.start).astimezone(UTC)
    ends = begins + timedelta(hours=1)
    where = f" ({', '.join(map(str, named))})" if named else ""
    return Trouble(
        kind=AlertKind.SPIKE,
        subject=subject,
        what=what,
        text=f"Spike of {reason}{where}: {hour.share:.1f} % of {hour.settled:,} settled "
        f"messages from {begins:%H:%M} to {ends:%H:%M} UTC, "
        f"{past.share:.1f} % in the {rules.hours} hours before.",
        figures={
            "reason": reason.value,
            "hour": hour.start,
            "settled": hour.settled,
            "failed": hour.failed,
            "share": round(hour.share, 2),
            "past_settled": past.settled,
            "past_failed": past.failed,
            "past_share": round(past.share, 2),
        },
    )
