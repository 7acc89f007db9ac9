"""What Salesforce shall have, and what it did with it."""

import dataclasses
import enum
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Self


#: What a field may hold; None clears it.
FieldValue = str | int | float | bool | None

#: The most records of one sObject Collections call.
BATCH_SIZE = 200

_ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
#: Ids of campaigns begin so in every org (Salesforce help, "Standard field record ID prefix").
_CAMPAIGN = "701"
_KEYED = re.compile(r"[A-Za-z]\w*=.+")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_record_id(text: str) -> bool:
    """Whether this has the form of a Salesforce record id, of 15 or 18 characters."""
    return _ID.fullmatch(text) is not None


def is_campaign_id(text: str) -> bool:
    """Whether this has the form of the id of a Campaign."""
    return text.startswith(_CAMPAIGN) and is_record_id(text)


def names_record(text: str) -> bool:
    """Whether this may be the `id` of a RecordRef: a record id, or an external id and value."""
    return is_record_id(text) or _KEYED.fullmatch(text) is not None


def long_id(record_id: str) -> str:
    """
    The 18-character form of a record id; any other text comes back as it is.

    The three added characters say which of the first fifteen are capitals, five by five
    (Salesforce help, "Differences between 15 and 18 character ids").
    """
    if len(record_id) != 15 or not is_record_id(record_id):  # noqa: PLR2004
        return record_id
    chunks = (record_id[at : at + 5] for at in (0, 5, 10))
    return record_id + "".join(
        _CHECK[sum(1 << bit for bit, letter in enumerate(chunk) if letter.isupper())]
        for chunk in chunks
    )


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class RecordRef:
    """
    One Salesforce record: its object's API name and its 18-character id.

    A record that we make ourselves has no id before it is there. It is named by an external id
    that is unique, as `Key__c=twilio/SM1`, and written by upsert: see `keyed`.
    """

    object: str
    id: str

    @classmethod
    def keyed(cls, name: str, field: str, value: str) -> Self:
        """The record of which this field, a unique external id, holds this value."""
        return cls(name, f"{field}={value}")

    @property
    def key(self) -> tuple[str, str] | None:
        """The external id and its value; None for a record that is named by its own id."""
        field, mark, value = self.id.partition("=")
        return (field, value) if mark else None

    @property
    def key_field(self) -> str:
        """The external id that it is written by; empty for a record named by its own id."""
        return self.key[0] if self.key else ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """
    The pending fields of one record.

    `change_ids` name the outbox rows that it was made of: settling forgets exactly those, so
    what was queued meanwhile stays. `parent` is the id that rows are grouped by (an account),
    because Salesforce locks it. `attempts` counts the tries that Salesforce postponed.
    """

    record: RecordRef
    fields: Mapping[str, FieldValue]
    change_ids: frozenset[str]
    parent: str = ""
    urgent: bool = False
    attempts: int = 0


class Verdict(enum.StrEnum):
    """What to do after Salesforce answered for one record."""

    WRITTEN = "written"
    RETRY = "retry"  # waiting can help: locks, limits, outages
    AGAIN = "again"  # a bulk job did not decide it: a call of its own does, at once
    PARK = "park"  # the data or the org's rules must change: kept as refused
    FOLLOW = "follow"  # the record went elsewhere: converted, merged, deleted
    STOP = "stop"  # the set-up is wrong for every record of the object


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What Salesforce did with one change; `error_code` is its own, empty when written."""

    change: RecordChange
    verdict: Verdict
    error_code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()

    @property
    def written(self) -> bool:
        return self.verdict is Verdict.WRITTEN


def batches(
    changes: Iterable[RecordChange], size: int = BATCH_SIZE
) -> Iterator[list[RecordChange]]:
    """
    Cut changes into calls: urgent ones first, then by object, a parent's rows in one call.

    Each batch holds one object only: Salesforce runs each as one chunk, and one lane per
    object keeps its locks apart. Records named by their id and those named by an external id
    go to different addresses, so a batch holds one of these kinds only. A parent with more
    rows than fit into a call gets calls of its own before the rest of them is treated like
    any other's.
    """
    for _, group in itertools.groupby(sorted(changes, key=_kind), key=_kind):
        for batch in _packed(group, size):
            yield sorted(batch, key=_place)


def _packed(changes: Iterable[RecordChange], size: int) -> list[list[RecordChange]]:
    """As few batches as it takes, families whole: the big ones first, each where it fits."""
    packed: list[list[RecordChange]] = []
    first = 0  # those before it are full
    for family in _families(changes, size):
        at = first
        while at < len(packed) and len(packed[at]) + len(family) > size:
            at += 1
        if at == len(packed):
            packed.append([])
        packed[at] += family
        while first < len(packed) and len(packed[first]) == size:
            first += 1
    return packed


def _families(changes: Iterable[RecordChange], size: int) -> list[list[RecordChange]]:
    """The rows of each parent, no more than a call takes; who has no parent is alone."""
    families = []
    for parent, rows in itertools.groupby(sorted(changes, key=_place), key=lambda c: c.parent):
        found, step = list(rows), size if parent else 1
        families += [found[at : at + step] for at in range(0, len(found), step)]
    return sorted(families, key=len, reverse=True)


def _place(change: RecordChange) -> tuple[str, str]:
    return (change.parent, change.record.id)


def _kind(change: RecordChange) -> tuple[bool, str, str]:
    return (not change.urgent, change.record.object, change.record.key_field)
