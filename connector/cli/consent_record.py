"""Recording consent, and deciding what is open about it."""

import sys
from collections.abc import Callable

import click

from connector.cli.acting import (
    at_option,
    brand_named,
    evidence_option,
    os_user,
    phone_of,
    plain,
    reason_option,
    said_at,
    scope_option,
    version_option,
)
from connector.cli.asking import must_give
from connector.cli.callback_view import safe
from connector.cli.consent_view import (
    age,
    question_facts,
    question_rows,
    said_line,
    state_facts,
    state_line,
)
from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.consent import Consent, ConsentKind, ConsentSource
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.pipeline.consent import ConflictError, Evidence, settle, start, stop
from connector.pipeline.review import (
    Question,
    accept,
    confirm,
    doubtful_texts,
    open_questions,
    questions_about,
)
from connector.pipeline.review_queue import ASKED
from connector.settings import Settings
from connector.store import Store
from connector.wiring.local import phone_reader


_MOST = 1_000


@click.command()
@click.argument("phone")
@click.option("--stop", "stops", is_flag=True, help="Opt the number out: it counts at once.")
@click.option("--start", "starts", is_flag=True, help="Opt it in again: wants evidence.")
@reason_option
@evidence_option
@at_option
@version_option
@scope_option
@json_option
def record(
    phone: str,
    reason: str,
    evidence: str,
    at: str,
    version: int | None,
    scope: str,
    *,
    stops: bool,
    starts: bool,
    as_json: bool,
) -> None:
    r"""
    Record an opt-out, or an opt-in with evidence.

    An opt-in counts only if it was said after every opt-out, and nothing came in since you
    looked, which the version shows. Exit code 1: it does not count.

    \b
    Examples:
      connector consent record +447700900123 --stop --reason 'asked on the phone'
      connector consent record +447700900123 --start --reason 'asked at the till' \
        --evidence 'form 12' --at 2026-11-23T10:00:00Z --version 3
    """
    if stops == starts:
        raise ConfigurationError("say --stop or --start")
    settings = Settings.from_environment()
    number = phone_of(phone_reader(settings), phone)
    scope = brand_named(scope, settings.brands)
    told = _evidence(reason, evidence, at)
    if starts:
        _must_prove(told)
    with opened(settings) as store:
        if stops:
            state = stop(store, [number], told, system_clock, scope=scope)[number]
        else:
            known = _version(store, number, version)
            state = _unless_conflict(
                lambda: start(store, number, told, system_clock, version=known, scope=scope)
            )
    _tell(state, as_json=as_json)


@click.command()
@click.argument("phone", required=False)
@click.argument("question", required=False, metavar="[ID]")
@click.option("--confirm", "decision", flag_value="confirm", help="The doubt was a STOP.")
@click.option("--dismiss", "decision", flag_value="dismiss", help="It means nothing.")
@click.option("--accept", "decision", flag_value="accept", help="Opt in as was asked.")
@reason_option
@evidence_option
@at_option
@version_option
@json_option
def review(
    phone: str | None,
    question: str | None,
    decision: str | None,
    reason: str,
    evidence: str,
    at: str,
    version: int | None,
    *,
    as_json: bool,
) -> None:
    r"""
    List what has to be decided, or decide it.

    With a number all that is open about it, and what was written. Until then the number is
    held back. Exit code 1: something is overdue, or the decision does not count any more.

    \b
    Examples:
      connector consent review
      connector consent review +447700900123
      connector consent review +447700900123 3fa8c1 --confirm --reason clear --version 2
    """
    settings = Settings.from_environment()
    number = phone_of(phone_reader(settings), phone) if phone else ""
    if decision and not (number and question):
        raise ConfigurationError("a decision wants the number and the id of the question")
    if question and not decision:
        raise ConfigurationError("say --confirm, --dismiss or --accept")
    told = _evidence(reason, evidence, at)
    with opened(settings) as store:
        if not decision:
            _list(store, number, as_json=as_json)
            return
        must_give({} if told.reason else {"--reason": "why you decide so"})
        one = _find(store, number, question or "")
        known = _version(store, number, version)
        state = _decide(store, one, decision, told, known)
    _tell(state, as_json=as_json)


def _decide(
    store: Store, one: Question, decision: str, told: Evidence, version: int
) -> Consent:
    doubt = one.event.kind is ConsentKind.REVIEW
    if doubt and decision == "accept":
        raise ConfigurationError(
            "this is a doubt, not an opt-in: --confirm it or --dismiss it; an opt-in is"
            " `connector consent record --start`"
        )
    if not doubt and decision == "confirm":
        raise ConfigurationError(f"{ASKED[one.event.kind]}: --accept it or --dismiss it")
    match decision:
        case "confirm":
            return _unless_conflict(
                lambda: confirm(store, one, told, system_clock, version=version)
            )
        case "accept":
            _must_prove(told)
            return _unless_conflict(
                lambda: accept(store, one, told, system_clock, version=version)
            )
        case _:
            return _unless_conflict(
                lambda: settle(
                    store, one.event.phone, one.id, told, system_clock, version=version
                )
            )


def _list(store: Store, number: str, *, as_json: bool) -> None:
    now = system_clock()
    with store.transaction(reads=True) as transaction:
        found = (
            questions_about(transaction, number)
            if number
            else open_questions(transaction, _MOST)
        )
        state = transaction.consents.find([number]).get(number) if number else None
    if as_json:
        print_json(
            [
                question_facts(each, now)
                | ({"texts": doubtful_texts(store.inbox, each)} if number else {})
                for each in found
            ]
        )
    elif number:
        _tell_questions(store, number, state, found)
    elif found:
        print_table(["id", "number", "what", "waits", "decide"], question_rows(found, now))
        click.echo("see one with `connector consent review NUMBER`")
    else:
        click.echo("nothing waits for a decision")
    if any(now > each.due for each in found):
        sys.exit(1)


def _tell_questions(
    store: Store, number: str, state: Consent | None, found: list[Question]
) -> None:
    click.echo(state_line(number, state))
    if not found:
        click.echo("nothing about it waits for a decision")
    for each in found:
        doubt = each.event.kind is ConsentKind.REVIEW
        click.echo(f"\n{each.id[:8]}  {ASKED[each.event.kind]}, {age(each, system_clock())}")
        click.echo(f"  {shown(each.event.at)} {safe(said_line(each.event, each.callback_id))}")
        for text in doubtful_texts(store.inbox, each):
            click.echo(f"  «{safe(' '.join(text.split()))}»")
        first = "--confirm" if doubt else "--accept --evidence TEXT --at TIME"
        words = f"{first} (or --dismiss) --reason TEXT --version {each.version}"
        click.echo(f"  connector consent review {number} {each.id[:8]} \\\n    {words}")


def _find(store: Store, number: str, beginning: str) -> Question:
    with store.transaction(reads=True) as transaction:
        found = questions_about(transaction, number)
    named = [each for each in found if each.id.startswith(beginning)]
    if len(named) > 1:
        raise ConfigurationError(f"{beginning}: more than one question begins so")
    if not named:
        raise ConnectorError(
            f"no open question {beginning} about {number}; see"
            f" `connector consent review {number}`"
        )
    return named[0]


def _version(store: Store, number: str, version: int | None) -> int:
    if version is not None:
        return version
    with store.transaction(reads=True) as transaction:
        state = transaction.consents.find([number]).get(number)
    known = state.version if state else 0
    raise ConfigurationError(
        f"{state_line(number, state)}\nif that is what you decide on, say --version {known}"
    )


def _evidence(reason: str, evidence: str, at: str) -> Evidence:
    return Evidence(
        actor=os_user(),
        source=ConsentSource.OPERATOR,
        reason=plain(reason, "--reason"),
        evidence=plain(evidence, "--evidence"),
        occurred_at=said_at(at, system_clock()),
    )


def _must_prove(told: Evidence) -> None:
    wanted = {
        "--reason": ("why it counts", told.reason),
        "--evidence": ("where the proof is: a call, a form", told.evidence),
        "--at": ("when the person said it", told.occurred_at),
    }
    must_give({option: words for option, (words, given) in wanted.items() if not given})


def _unless_conflict(decide: Callable[[], Consent]) -> Consent:
    try:
        return decide()
    except ConflictError as conflict:
        phone = conflict.consent.phone
        raise ConnectorError(
            f"not done: {phone} {conflict.fault}\n{state_line(phone, conflict.consent)}"
        ) from None


def _tell(state: Consent, *, as_json: bool) -> None:
    if as_json:
        print_json(state_facts(state.phone, state))
        return
    click.echo(state_line(state.phone, state))
    click.echo(f"version {state.version}; the records that hold it are written first")
