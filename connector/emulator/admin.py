"""
Routes for another process that drives the org: faults, counters, seeds, life events.

They need no login and are for loopback only; a real org has nothing like them.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import flask

from connector.emulator.errors import RefusedRecordError
from connector.emulator.faults import Fault
from connector.emulator.org import EmulatedOrg
from connector.emulator.seeds import seed_contacts, seed_leads


#: The faults that have a name of their own, for `POST /emulator/faults`.
_NAMED = (
    "session_expired",
    "session_refused",
    "daily_limit",
    "concurrent_limit",
    "unavailable",
    "server_unavailable",
    "maintenance_page",
    "maintenance",
    "query_timeout",
    "several_choices",
    "unknown_error",
    "drop",
    "timeout",
    "latency",
    "truncated",
    "cut_body",
    "lock",
)


def blueprint(org: EmulatedOrg) -> flask.Blueprint:
    routes = flask.Blueprint("admin", __name__, url_prefix="/emulator")

    @routes.get("/faults")
    def faults() -> flask.Response:
        return flask.jsonify([fault.as_json() for fault in org.faults])

    @routes.post("/faults")
    def add_fault() -> tuple[flask.Response, int]:
        return _attempt(lambda body: _add_fault(org, body).as_json())

    @routes.delete("/faults")
    @routes.delete("/faults/<int:number>")
    def clear_faults(number: int | None = None) -> tuple[str, int]:
        org.faults.clear(number)
        return "", 204

    @routes.get("/stats")
    def stats() -> flask.Response:
        return flask.jsonify(statistics(org))

    @routes.post("/seed")
    def seed() -> tuple[flask.Response, int]:
        return _attempt(lambda body: _seed(org, body))

    @routes.post("/update")
    def update() -> tuple[flask.Response, int]:
        return _attempt(lambda body: _update(org, body))

    @routes.post("/convert")
    def convert() -> tuple[flask.Response, int]:
        return _attempt(lambda body: org.convert_lead(body["id"]))

    @routes.post("/merge")
    def merge() -> tuple[flask.Response, int]:
        return _attempt(lambda body: org.merge(body["winner"], body["losers"]) or {})

    @routes.post("/sessions/revoke")
    def revoke() -> tuple[str, int]:
        org.auth.revoke_all()
        return "", 204

    return routes


def statistics(org: EmulatedOrg) -> dict[str, object]:
    """What the org was asked and what it holds."""
    records = {sobject.name: org.count(sobject.name) for sobject in org.schema}
    return {
        "calls": dict(sorted(org.calls.items())),
        "used": org.usage.used,
        "daily_limit": org.usage.daily_limit,
        "records": records,
        "faults": [fault.as_json() for fault in org.faults],
    }


def _attempt(
    act: Callable[[dict[str, Any]], Mapping[str, object]],
) -> tuple[flask.Response, int]:
    """The act's answer as JSON with 201, or what is wrong with its request with 400."""
    try:
        body = json.loads(flask.request.get_data() or b"{}")
        return flask.jsonify(act(body)), 201
    except (KeyError, TypeError, ValueError, RefusedRecordError) as error:
        return flask.jsonify({"error": f"{type(error).__name__}: {error}"}), 400


def _add_fault(org: EmulatedOrg, body: dict[str, Any]) -> Fault:
    kind = body.pop("kind")
    if kind not in _NAMED:
        raise ValueError(f"unknown fault {kind!r}: one of {', '.join(_NAMED)}")
    records = body.pop("records", ()) if kind == "lock" else ()
    added: Fault = getattr(org.faults, kind)(*records, **body)
    return added


def _seed(org: EmulatedOrg, body: dict[str, Any]) -> dict[str, object]:
    contacts = seed_contacts(org, int(body.get("contacts", 0)))
    leads = seed_leads(org, int(body.get("leads", 0)))
    return {"contacts": contacts, "leads": leads}


def _update(org: EmulatedOrg, body: dict[str, Any]) -> dict[str, object]:
    org.update(body["object"], body["id"], body["fields"])
    return {"id": body["id"]}
