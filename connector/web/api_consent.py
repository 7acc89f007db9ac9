"""Consent told by programs: opt-outs at once, opt-ins with evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import flask

from connector.clock import Clock
from connector.domain.consent import Consent, ConsentSource
from connector.pipeline.consent import ConflictError, Evidence, start, stop
from connector.pipeline.phone_reader import PhoneReader
from connector.settings import Brands
from connector.store import Store
from connector.web.bodies import read_object
from connector.web.keys import requires
from connector.web.problems import ProblemError
from connector.web.scopes import brand_named


_MEMBERS = {"phone", "kind", "occurred_at", "reason", "evidence", "version", "scope"}
#: How far a caller's clock may be ahead of ours.
AHEAD = timedelta(minutes=5)
_LONGEST = 500


def blueprint(
    store: Store, clock: Clock, region: str, brands: Brands | None = None
) -> flask.Blueprint:
    consent = flask.Blueprint("consent", __name__, url_prefix="/api/consent")
    read_phone = PhoneReader(region, brands=brands)

    @consent.post("")
    @requires(store, "consent:write")
    def record() -> dict[str, object]:
        told = read_object(_MEMBERS)
        phone = read_phone(_text(told, "phone", needed=True))
        if not phone:
            raise ProblemError(422, '"phone" is no phone number with its country code.')
        evidence = Evidence(
            actor=f"key:{flask.g.api_key}",
            source=ConsentSource.API,
            reason=_text(told, "reason"),
            evidence=_text(told, "evidence"),
            occurred_at=_moment(told, clock()),
        )
        scope = brand_named(_text(told, "scope"), read_phone.brands)
        match told.get("kind"):
            case "stop":
                state = stop(store, [phone], evidence, clock, scope=scope)[phone]
            case "start":
                state = _start(store, phone, evidence, clock, told, scope)
            case _:
                raise ProblemError(422, '"kind" is to be "stop" or "start".')
        return shown(state)

    return consent


def _start(
    store: Store,
    phone: str,
    evidence: Evidence,
    clock: Clock,
    told: Mapping[str, object],
    scope: str,
) -> Consent:
    version = told.get("version")
    if type(version) is not int:
        raise ProblemError(
            422, 'An opt-in wants the "version" that GET /api/suppression/<phone> told.'
        )
    for name in ("occurred_at", "reason", "evidence"):
        if not _text(told, name):
            raise ProblemError(422, f'An opt-in wants "{name}".')
    try:
        return start(store, phone, evidence, clock, version=version, scope=scope)
    except ConflictError as conflict:
        raise ProblemError(
            409, f"The number {conflict.fault}.", consent=shown(conflict.consent)
        ) from None


def shown(state: Consent) -> dict[str, object]:
    return {
        "phone": state.phone,
        "opted_out": state.opted_out,
        "under_review": state.doubtful,
        "since": state.changed_at.isoformat() if state.changed_at else None,
        "source": state.source or None,
        "version": state.version,
    }


def _text(told: Mapping[str, object], name: str, *, needed: bool = False) -> str:
    text = told.get(name)
    if text is None and not needed:
        return ""
    if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
        raise ProblemError(422, f'"{name}" is to be a text of at most {_LONGEST} characters.')
    return text.strip()


def _moment(told: Mapping[str, object], now: datetime) -> datetime | None:
    text = _text(told, "occurred_at")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # in the year 1 there are hours without UTC
        raise ProblemError(
            422, '"occurred_at" is no time such as 2026-11-23T10:00:00Z.'
        ) from None
    if moment.tzinfo is None:
        raise ProblemError(422, '"occurred_at" is a time without a zone.')
    if moment > now + AHEAD:
        raise ProblemError(422, '"occurred_at" lies in the future.')
    return in_utc
