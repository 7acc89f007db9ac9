"""
Routes for another process that drives the org: faults, counters, seeds, life events.

They need no login and are for loopback only; a real org has nothing like them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import flask

from connector.emulator.errors import ApiError, RefusedRecordError
from connector.emulator.org import EmulatedOrg
from connector.emulator.seeds import seed_campaign, seed_contacts, seed_leads


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
#: The settings of bulk jobs.
_BULK = frozenset({"batch_size", "seconds_per_step", "locks_before_retry", "page"})
#: What goes wrong with a request to these routes itself.
_WRONG = (ApiError, KeyError, TypeError, ValueError, RefusedRecordError)


def blueprint(org: EmulatedOrg) -> flask.Blueprint:
    routes = flask.Blueprint("admin", __name__, url_prefix="/emulator")

    @routes.get("/stats")
    def stats() -> flask.Response:
        return flask.jsonify(statistics(org))

    @routes.get("/faults")
    def faults() -> flask.Response:
        return flask.jsonify([fault.as_json() for fault in org.faults])

    @routes.delete("/faults")
    @routes.delete("/faults/<int:number>")
    def clear_faults(number: int | None = None) -> tuple[str, int]:
        org.faults.clear(number)
        return "", 204

    @routes.post("/<act>")
    def perform(act: str) -> tuple[flask.Response, int]:
        return _perform(org, act)

    return routes


def statistics(org: EmulatedOrg) -> dict[str, object]:
    """What the org was asked and what it holds."""
    kept = [each.name for each in org.schema if "data" in each.apis and not each.event]
    records = {name: org.count(name) for name in kept}
    return {
        "calls": dict(sorted(org.calls.items())),
        "used": org.usage.used,
        "daily_limit": org.usage.daily_limit,
        "records": records,
        "jobs": [job.as_json() for job in org.bulk.jobs.all()],
        "events": len(org.events),
        "faults": [fault.as_json() for fault in org.faults],
    }


def _perform(org: EmulatedOrg, act: str) -> tuple[flask.Response, int]:
    """What the act answers as JSON with 201, or what is wrong with its request with 400."""
    perform = _ACTS.get(act)
    if perform is None:
        return flask.jsonify({"error": f"unknown act: one of {', '.join(_ACTS)}"}), 404
    try:
        body = json.loads(flask.request.get_data() or b"{}")
        return flask.jsonify(perform(org, body)), 201
    except _WRONG as error:
        return flask.jsonify({"error": f"{type(error).__name__}: {error}"}), 400


def _add_fault(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    kind = body.pop("kind")
    if kind not in _NAMED:
        raise ValueError(f"unknown fault {kind!r}: one of {', '.join(_NAMED)}")
    records = body.pop("records", ()) if kind == "lock" else ()
    shown: dict[str, object] = getattr(org.faults, kind)(*records, **body).as_json()
    return shown


def _seed(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    accounts = int(body.get("accounts", 0))
    contacts = seed_contacts(org, int(body.get("contacts", 0)), accounts=accounts)
    leads = seed_leads(org, int(body.get("leads", 0)))
    campaign = body.get("campaign")
    made = seed_campaign(org, campaign, [*contacts, *leads]) if campaign else None
    return {"contacts": contacts, "leads": leads, "campaign": made}


def _create(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    return {"id": org.create(body["object"], body["fields"])}


def _update(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    delay = body.get("commit_after")
    later = timedelta(seconds=delay) if delay else None
    org.update(body["object"], body["id"], body["fields"], commit_after=later)
    return {"id": body["id"]}


def _delete(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    org.delete(body["object"], body["id"])
    return {"id": body["id"]}


def _convert(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    return org.convert_lead(body["id"])


def _merge(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    org.merge(body["winner"], body["losers"])
    return {"id": body["winner"]}


def _revoke(org: EmulatedOrg, _body: dict[str, Any]) -> Mapping[str, object]:
    org.auth.revoke_all()
    return {}


def _others(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    """How often other integrations call the org from now on, and what they have used up."""
    org.usage.spend(int(body.get("spend", 0)))
    if "calls_per_hour" in body:
        org.usage.others(float(body["calls_per_hour"]))
    return {"used": org.usage.used, "daily_limit": org.usage.daily_limit}


def _bulk(org: EmulatedOrg, body: dict[str, Any]) -> Mapping[str, object]:
    """How the org works on bulk jobs; `fail` has what `org.bulk.fail` takes."""
    failure = body.pop("fail", None)
    unknown = set(body) - _BULK
    if unknown:
        raise ValueError(f"unknown setting {min(unknown)!r}: one of {', '.join(sorted(_BULK))}")
    for name, value in body.items():
        setattr(org.bulk, name, value)
    if failure is not None:
        org.bulk.fail(**failure)
    return {name: getattr(org.bulk, name) for name in sorted(_BULK)}


_ACTS: Mapping[str, Callable[[EmulatedOrg, dict[str, Any]], Mapping[str, object]]] = {
    "faults": _add_fault,
    "seed": _seed,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "convert": _convert,
    "merge": _merge,
    "revoke": _revoke,
    "others": _others,
    "bulk": _bulk,
}
