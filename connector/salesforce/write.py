"""
Writing one batch with sObject Collections, each record on its own.

One call, results by position (REST API Developer Guide, "Update Multiple Records with Fewer
Round-Trips"). Only when the org refuses the call as a whole is it made in parts, so that one
bad record or field does not hold up the others.
"""

import dataclasses
import functools
import json
from collections.abc import Sequence

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.domain.records import (
    BATCH_SIZE,
    Outcome,
    RecordChange,
    RecordRef,
    Verdict,
    is_record_id,
)
from connector.salesforce import soql
from connector.salesforce.classify import FEW, rule_of, verdict_of
from connector.salesforce.connection import Connection
from connector.salesforce.errors import OrgRefusedError


COLLECTIONS = "composite/sobjects"
#: The most calls that one batch may take apart; what is left undecided then comes again.
MOST_CALLS = 32
#: The error code of what was not tried, or whose answer was lost, beside others that were.
UNDECIDED = "NOT_DECIDED"
#: How much of Salesforce's words is kept for the list of refused changes.
LONGEST_MESSAGE = 1_000

#: How many records without access in a row are no accident.
ENOUGH = 5

_NOT_FOUND = 404
#: What an upsert that lost a race to another is told.
_MADE_MEANWHILE = frozenset({"DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID"})
_UNKNOWN = "UNKNOWN_ERROR"

Changes = Sequence[RecordChange]


class Writing:
    """One batch on its way, with the calls that it may still take."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls_left = MOST_CALLS

    def outcomes(self, changes: Changes) -> list[Outcome]:
        """One outcome for each change, in order; raises OrgUnavailableError for the whole."""
        _check(changes)
        try:
            written = self._send(changes)
        except OrgRefusedError as refusal:
            written = self._apart(changes, refusal)
        by_record = {outcome.change.record: outcome for outcome in written}
        return _judged([by_record[change.record] for change in changes])

    def _apart(self, changes: Changes, refusal: OrgRefusedError) -> list[Outcome]:
        if refusal.status == _NOT_FOUND and changes[0].record.key:
            # No such object, or no such external id on it: none of its records can be written.
            stopped = functools.partial(Outcome, verdict=Verdict.STOP, error_code=refusal.code)
            return [stopped(change=change, message=refusal.text) for change in changes]
        if refusal.status == _NOT_FOUND:  # the address, not a record: nothing is known of those
            raise ConfigurationError(
                f"Salesforce does not know {COLLECTIONS} in API version "
                f"{self._connection.access.api_version}: set another one"
            )
        parts = _parts(changes, refusal.code)
        if len(parts) == 1:
            return [refused(change, refusal.code, refusal.text) for change in changes]
        return [outcome for part in parts for outcome in self._part(part)]

    def _part(self, changes: Changes) -> list[Outcome]:
        if not self._calls_left:
            return [_undecided(change) for change in changes]
        try:
            return self._send(changes)
        except OrgRefusedError as refusal:
            return self._apart(changes, refusal)
        except OrgUnavailableError:
            # What was written before stays known; this part is safe to send again.
            return [_undecided(change) for change in changes]

    def _send(self, changes: Changes) -> list[Outcome]:
        self._calls_left -= 1
        records = [
            {"attributes": {"type": c.record.object}, **_name(c.record), **c.fields}
            for c in changes
        ]
        body = json.dumps({"allOrNone": False, "records": records}, allow_nan=False)
        path = _path(changes[0].record)
        answer = self._connection.ask(
            lambda client: client.restful(path, method="PATCH", data=body)
        )
        if not isinstance(answer, list) or len(answer) != len(changes):
            raise OrgUnavailableError("Salesforce answered for other records than were sent")
        return [_outcome(change, row) for change, row in zip(changes, answer, strict=True)]


def _check(changes: Changes) -> None:
    records = {change.record for change in changes}
    if not 0 < len(changes) <= BATCH_SIZE or len(records) != len(changes):
        raise ValueError(f"a batch holds 1 to {BATCH_SIZE} different records")
    if len({(record.object, record.key_field) for record in records}) > 1:
        raise ValueError("a batch holds one object only, named by one kind of id")


def _path(record: RecordRef) -> str:
    """
    Where records are updated by id, or upserted by an external id.

    REST API Developer Guide, "Upsert Multiple Records with Fewer Round Trips": the address
    names the object and its external id, and the records have no id.
    """
    if not record.key:
        return COLLECTIONS
    return f"{COLLECTIONS}/{soql.name(record.object)}/{soql.name(record.key_field)}"


def _name(record: RecordRef) -> dict[str, str]:
    return dict([record.key]) if record.key else {"id": record.id}


def _parts(changes: Changes, code: str) -> list[Changes]:
    """Where a fault of the set-up is told by the fields sent, by those; else in halves."""
    if rule_of(code).verdict is Verdict.STOP:
        kinds: dict[frozenset[str], list[RecordChange]] = {}
        for change in changes:
            kinds.setdefault(frozenset(change.fields), []).append(change)
        return list(kinds.values())
    if len(changes) == 1:
        return [changes]
    middle = len(changes) // 2
    return [changes[:middle], changes[middle:]]


def _outcome(change: RecordChange, row: object) -> Outcome:
    if not isinstance(row, dict) or not isinstance(row.get("success"), bool):
        raise OrgUnavailableError("Salesforce answered in a shape that it never does")
    if row["success"]:
        if not _is_answer_for(change.record, row.get("id")):
            raise OrgUnavailableError("Salesforce answered for other records than were sent")
        return Outcome(change=change, verdict=Verdict.WRITTEN)
    errors = row.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    told: dict[str, object] = first if isinstance(first, dict) else {}
    fields = told.get("fields")
    return refused(
        change,
        str(told.get("statusCode") or _UNKNOWN),
        str(told.get("message") or ""),
        tuple(map(str, fields)) if isinstance(fields, list) else (),
    )


def _is_answer_for(record: RecordRef, record_id: object) -> bool:
    """Whether it is this record's id; of one that we named by a key nobody knows it before."""
    if not isinstance(record_id, str) or not is_record_id(record_id):
        return False
    return bool(record.key) or record_id[:15] == record.id[:15]


def refused(
    change: RecordChange, code: str, message: str, fields: tuple[str, ...] = ()
) -> Outcome:
    """What follows from Salesforce's first error of one record."""
    return Outcome(
        change=change,
        verdict=_verdict(change, code, message, fields),
        error_code=code,
        message=message[:LONGEST_MESSAGE],
        fields=fields,
    )


def _verdict(change: RecordChange, code: str, message: str, fields: tuple[str, ...]) -> Verdict:
    if change.record.key and code in _MADE_MEANWHILE:
        # Two made the record at once, and the next upsert finds it.
        return Verdict.PARK if change.attempts >= FEW else Verdict.RETRY
    verdict = verdict_of(code, message, fields=fields, attempts=change.attempts)
    # A record that we name ourselves goes nowhere: what is gone is one that it refers to.
    return Verdict.PARK if change.record.key and verdict is Verdict.FOLLOW else verdict


def _undecided(change: RecordChange) -> Outcome:
    return Outcome(change=change, verdict=Verdict.RETRY, error_code=UNDECIDED)


def _judged(outcomes: list[Outcome]) -> list[Outcome]:
    """
    Tell the set-up's faults from one record's.

    What all records of the batch have in common stops the object; what only some have, parks
    those. A question of access is the record's own while only a few were tried.
    """
    verdict = _shared_verdict(outcomes)
    return [
        dataclasses.replace(outcome, verdict=verdict) if _is_shared(outcome) else outcome
        for outcome in outcomes
    ]


def _shared_verdict(outcomes: list[Outcome]) -> Verdict:
    if all(map(_is_shared, outcomes)):
        certain = any(outcome.verdict is Verdict.STOP for outcome in outcomes)
        return Verdict.STOP if certain or len(outcomes) >= ENOUGH else Verdict.PARK
    if all(_is_shared(each) or each.error_code == UNDECIDED for each in outcomes):
        return Verdict.RETRY  # nobody knows yet whether all have it
    return Verdict.PARK


def _is_shared(outcome: Outcome) -> bool:
    """Whether the fault may be that of the set-up, not of this record."""
    return outcome.verdict is Verdict.STOP or rule_of(outcome.error_code).systemic
