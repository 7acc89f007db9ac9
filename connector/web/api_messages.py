"""Messages: a sender registers what it sent, and asks what became of it."""

import json

import flask

from connector import gateways
from connector.clock import Clock
from connector.domain.records import RecordRef
from connector.store import Store
from connector.store.store import MessageHistory
from connector.web.items import phone, read_items, refuse
from connector.web.keys import requires
from connector.web.problems import ProblemError
from connector.web.registrations import read


def blueprint(store: Store, clock: Clock, region: str) -> flask.Blueprint:
    messages = flask.Blueprint("messages", __name__, url_prefix="/api/messages")

    @messages.post("")
    @requires(store, "messages:write")
    def register() -> tuple[dict[str, object], int]:
        reading = read(read_items("messages"), now=clock(), region=region)
        refuse(reading.faults, "nothing was registered")
        store.register(reading.registrations)
        return {"registered": len(reading.registrations)}, 202

    @messages.get("/<gateway>/<path:message_id>")
    @requires(store, "messages:read")
    def show(gateway: str, message_id: str) -> dict[str, object]:
        own_id = _own_id(gateway, message_id, region)
        history = store.message(gateway, own_id)
        if history is None:
            raise ProblemError(404, f"Nobody spoke of this message yet.{_hint(gateway)}")
        return shown(history)

    return messages


def _own_id(gateway: str, message_id: str, region: str) -> str:
    """The id under which it is kept: with `recipient`, where a batch has one id for all."""
    known = gateways.installed().get(gateway)
    if known is None:
        return message_id
    try:
        recipient = phone(flask.request.args.get("recipient", ""), region)
    except ValueError as error:
        raise ProblemError(400, f"recipient {error}") from None
    return known.own_id(message_id, recipient)


def _hint(gateway: str) -> str:
    known = gateways.installed().get(gateway)
    if known is None or not known.batches or "recipient" in flask.request.args:
        return ""
    return f" A batch of {gateway} has several: add ?recipient= and the number."


def shown(history: MessageHistory) -> dict[str, object]:
    """A message as JSON may hold it; times in ISO 8601, what is not known is null."""
    delivery = history.delivery
    told = {
        name: getattr(delivery, name) or None
        for name in (
            "gateway",
            "message_id",
            "account",
            "recipient",
            "sender",
            "campaign",
            "sent_at",
            "first_seen_at",
        )
    }
    return _plain(
        {
            **told,
            "status": delivery.shown_status,
            "status_at": delivery.shown_status_at,
            "reason": delivery.shown_reason,
            "error_code": delivery.shown_error_code or None,
            "overdue": delivery.overdue.name.lower() if delivery.is_overdue else None,
            "history": [
                {
                    "kind": event.kind,
                    "word": event.word,
                    "occurred_at": event.occurred_at,
                    "received_at": event.received_at,
                    "error_code": event.error_code or None,
                }
                for event in history.events
            ],
            "records": [
                {**_record(match.record), "matched_by": match.matched_by}
                for match in history.matches
            ],
            "writes": [
                {
                    **_record(write.record),
                    "fields": dict(write.fields),
                    "verdict": write.verdict,
                    "error_code": write.error_code or None,
                    "at": write.at,
                }
                for write in history.writes
            ],
        }
    )


def _record(record: RecordRef) -> dict[str, str]:
    return {"object": record.object, "id": record.id}


def _plain(told: dict[str, object]) -> dict[str, object]:
    # Flask's own encoder would write moments as HTTP dates.
    plain: dict[str, object] = json.loads(
        json.dumps(told, default=lambda each: each.isoformat())
    )
    return plain
