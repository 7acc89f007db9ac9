"""Consent: opt-outs that are late, and what a person has to decide."""

import re
from datetime import UTC, datetime, timedelta

import flask

from connector.domain.consent import ConsentSource
from connector.logs import mask
from connector.pipeline.consent import ConflictError, Evidence
from connector.pipeline.lateness import lateness
from connector.pipeline.review_queue import ASKED, Asked, Decision, decide, find, queue
from connector.store.privacy import is_pseudonym
from connector.web.pages import Pages, visitor
from connector.web.problems import ProblemError


SCOPE = "consent:write"
#: Questions on the page; the longest text for the ledger.
SHOWN, LONGEST = 50, 500
#: How far the clock of whoever wrote a time may be ahead of ours.
_AHEAD = timedelta(minutes=5)
#: A number within what somebody wrote, however grouped.
_NUMBER = re.compile(r"\+?\d(?:[ ().-]{0,2}\d){6,14}")
_CONFLICT, _UNPROCESSABLE = 409, 422


class _FaultyFormError(Exception):
    """What is wrong with a form, for who filled it in."""

    def __init__(self, fault: str, status: int = _UNPROCESSABLE) -> None:
        super().__init__(fault)
        self.fault = fault
        self.status = status


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the page of consent, and the form of a decision."""

    def page(*, code: int = 200, fault: str = "") -> flask.Response:
        now = pages.clock()
        with pages.store.transaction(reads=True) as transaction:
            late = lateness(transaction)
            counts = {
                "opted_out": transaction.consents.opted_out_count(),
                "waiting": transaction.consents.questions_count(),
            }
        return pages.show(
            "consent.html",
            status=code,
            **counts,
            late=late,
            alarm=late.alarm(now),
            queue=queue(pages.store, SHOWN),
            asked=ASKED,
            fault=fault,
            typed=flask.request.form,
            may_decide=SCOPE in visitor().scopes,
            number=shown_number,
            hide=hide_numbers,
            decided=flask.request.args.get("decided") == "1",
        )

    @status.get("/consent")
    @pages.guarded
    def consent() -> flask.Response:
        return page()

    @status.post("/consent")
    @pages.guarded
    def decided() -> flask.Response:
        pages.sessions.check_form(visitor())
        if SCOPE not in visitor().scopes:
            raise ProblemError(403, f"The key '{visitor().name}' lacks the scope {SCOPE}.")
        try:
            _decide(pages)
        except _FaultyFormError as error:
            return page(code=error.status, fault=error.fault)
        return flask.make_response("", 303, {"Location": "/status/consent?decided=1"})


def shown_number(asked: Asked) -> str:
    """As much of it as its owner recognises."""
    phone = asked.question.event.phone
    return "an erased number" if is_pseudonym(phone) else mask(phone)


def hide_numbers(text: str) -> str:
    """What somebody wrote, without numbers that could be called."""
    return _NUMBER.sub(lambda found: mask(re.sub(r"[ ().-]", "", found[0])), text)


def _decide(pages: Pages) -> None:
    form = flask.request.form
    question = find(pages.store, form.get("question", ""))
    if question is None:
        raise _FaultyFormError("Somebody has decided that already.", _CONFLICT)
    decision, version = form.get("decision", ""), form.get("version", "")
    evidence = Evidence(
        actor=f"key:{visitor().name}",
        source=ConsentSource.OPERATOR,
        reason=_text("reason", "a reason"),
        evidence=_text("evidence", "evidence", needed=decision == Decision.ACCEPT),
        occurred_at=_moment(pages.clock()) if decision == Decision.ACCEPT else None,
    )
    try:
        decide(pages.store, question, decision, evidence, pages.clock, version=int(version))
    except ConflictError as conflict:
        raise _FaultyFormError(f"Not done: the number {conflict.fault}.", _CONFLICT) from None
    except ValueError:
        raise _FaultyFormError("That cannot be decided here.") from None


def _text(name: str, words: str, *, needed: bool = True) -> str:
    text = flask.request.form.get(name, "").strip()
    if needed and not text:
        raise _FaultyFormError(f"Not done: give {words}.")
    if len(text) > LONGEST or not text.isprintable():
        raise _FaultyFormError(f"Not done: {words} has at most {LONGEST} characters in a line.")
    return text


def _moment(now: datetime) -> datetime:
    """When the person said so; the field of the form has no zone, and says that it is UTC."""
    try:
        at = datetime.fromisoformat(_text("at", "the time")).replace(tzinfo=UTC)
    except ValueError:
        raise _FaultyFormError("Not done: write the time as 2026-11-23T10:00.") from None
    if at > now + _AHEAD:
        raise _FaultyFormError("Not done: the time lies in the future.")
    return at
