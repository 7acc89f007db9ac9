"""
Publishing platform events: collections of 200, each accepted or refused on its own.

Platform Events Developer Guide, "Publish Event Messages Using APIs": an event is published by
creating a record of its object. One that is accepted comes back with `success: true` and with
an "error" OPERATION_ENQUEUED, so `success` decides. Nothing is published twice by Salesforce,
and nothing that we publish twice is dropped.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import BATCH_SIZE, FieldValue, Verdict
from connector.salesforce.classify import rule_of, verdict_of
from connector.salesforce.connection import Connection
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.write import COLLECTIONS


#: The hour's events are used up, or the event bus is out of reach: this concerns all events.
NOT_NOW = frozenset({"LIMIT_EXCEEDED", "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"})

_UNKNOWN = "UNKNOWN_ERROR"
_LONGEST_MESSAGE = 500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """The fields of one event; `attempts` counts the tries that Salesforce postponed."""

    fields: Mapping[str, FieldValue]
    attempts: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    What Salesforce did with one event; `error_code` is its own, empty where it was accepted.

    STOP says that the event itself is missing, not ours to publish, or other than we know it.
    """

    verdict: Verdict
    error_code: str = ""
    message: str = ""


def publish(
    connection: Connection, event: str, messages: Sequence[EventMessage]
) -> list[Published]:
    """One call; what became of each, in their order."""
    if not 0 < len(messages) <= BATCH_SIZE:
        raise ValueError(f"a call holds 1 to {BATCH_SIZE} events")
    records = [{"attributes": {"type": event}, **message.fields} for message in messages]
    body = json.dumps({"allOrNone": False, "records": records}, allow_nan=False)
    try:
        answer = connection.ask(
            lambda client: client.restful(COLLECTIONS, method="POST", data=body)
        )
    except OrgRefusedError as refusal:
        # All are of one event: what is wrong with the call is wrong with that.
        text = refusal.text[:_LONGEST_MESSAGE]
        stopped = Published(verdict=Verdict.STOP, error_code=refusal.code, message=text)
        return [stopped] * len(messages)
    if not isinstance(answer, list) or len(answer) != len(messages):
        raise OrgUnavailableError("Salesforce answered for other events than were published")
    return [_published(message, row) for message, row in zip(messages, answer, strict=True)]


def _published(message: EventMessage, row: object) -> Published:
    if not isinstance(row, dict) or not isinstance(row.get("success"), bool):
        raise OrgUnavailableError("Salesforce answered in a shape that it never does")
    if row["success"]:
        return Published(verdict=Verdict.WRITTEN)
    errors = row.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    told: dict[str, object] = first if isinstance(first, dict) else {}
    code, text = str(told.get("statusCode") or _UNKNOWN), str(told.get("message") or "")
    return Published(
        verdict=_verdict(code, text, message.attempts),
        error_code=code,
        message=text[:_LONGEST_MESSAGE],
    )


def _verdict(code: str, text: str, attempts: int) -> Verdict:
    """Events are all alike: who may not publish one may publish none."""
    if rule_of(code).systemic or code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY":
        return Verdict.STOP
    verdict = verdict_of(code, text, attempts=attempts)
    return Verdict.PARK if verdict is Verdict.FOLLOW else verdict
