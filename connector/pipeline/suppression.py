"""May these numbers be texted: one answer each, from the ledger, kept as it was given."""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.clock import Clock
from connector.domain.consent import Consent, strictest
from connector.gateways.base import Gateway
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.unheard import unheard, with_unheard
from connector.quiet_hours import Hours, hours
from connector.store import Store, Transaction
from connector.store.consents import EVERYBODY
from connector.store.decisions import Decision


class Rule(enum.StrEnum):
    """Why a number may be texted, or not."""

    NOTHING_AGAINST = "nothing_against"
    OPTED_IN_AGAIN = "opted_in_again"
    OPTED_OUT = "opted_out"
    UNDER_REVIEW = "under_review"  # a text that may be a STOP, until a person decides
    NOT_A_NUMBER = "not_a_number"
    RESTORED = "restored"  # from a backup: an opt-out since may be missing, nobody knows


_YES = frozenset({Rule.NOTHING_AGAINST, Rule.OPTED_IN_AGAIN})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Whether one number may be texted, as far as consent goes, and whether now is a good time.

    `version` is what an opt-in has to name; `given` the number as it was asked for.
    """

    given: str
    phone: str
    sendable: bool
    rule: Rule
    since: datetime | None
    source: str
    version: int
    hours: Hours


def check(
    store: Store,
    numbers: Sequence[str],
    read_phone: PhoneReader,
    clock: Clock,
    *,
    actor: str,
    scope: str = EVERYBODY,
    gateways: Mapping[str, Gateway] | None = None,
) -> list[Answer]:
    """
    An answer for each number, in order, kept before it is given.

    A STOP counts from the moment when its gateway was thanked, read or not: callbacks that wait
    are looked through as well, those of all `gateways` that are installed. All of it is one
    transaction that writes: a copy of the database that lags behind cannot answer. Raises
    StoreUnavailableError, which means no.
    """
    phones = [read_phone(number) for number in numbers]
    now = clock()
    with store.transaction() as transaction:
        names = {phone: transaction.pseudonym(phone) for phone in phones if phone}
        heard = unheard(transaction, names.keys(), read_phone, gateways)
        known: Mapping[str, Mapping[str, Consent]] = transaction.consents.states(names)
        if heard:
            known = with_unheard(transaction, known, heard)
        unsure = transaction.restorations.current() is not None
        answers = [
            _answer(given, phone, _about(phone, known, scope), now, unsure=unsure)
            for given, phone in zip(numbers, phones, strict=True)
        ]
        _keep(transaction, answers, names, now, actor=actor, scope=scope)
    return answers


def _about(
    phone: str, known: Mapping[str, Mapping[str, Consent]], scope: str
) -> Consent | None:
    """
    What holds for a number.

    Whoever does not say for which brand he asks may text for none that was refused. The state
    of a brand knows what was said to everybody.
    """
    states = known.get(phone, {})
    if scope == EVERYBODY:
        return strictest(states.values())
    return states.get(scope) or states.get(EVERYBODY)


def _answer(
    given: str, phone: str, consent: Consent | None, now: datetime, *, unsure: bool
) -> Answer:
    rule = _rule(phone, consent)
    if unsure and rule in _YES:
        rule = Rule.RESTORED
    return Answer(
        given=given,
        phone=phone,
        sendable=rule in _YES,
        rule=rule,
        since=consent.changed_at if consent else None,
        source=consent.source if consent else "",
        version=consent.version if consent else 0,
        hours=hours(phone, now),
    )


def _rule(phone: str, consent: Consent | None) -> Rule:
    if not phone:
        return Rule.NOT_A_NUMBER
    if consent is None or consent.changed_at is None:
        return Rule.NOTHING_AGAINST
    if not consent.opted_out:
        return Rule.OPTED_IN_AGAIN
    return Rule.UNDER_REVIEW if consent.doubtful else Rule.OPTED_OUT


def _keep(
    transaction: Transaction,
    answers: Sequence[Answer],
    names: Mapping[str, str],
    now: datetime,
    *,
    actor: str,
    scope: str,
) -> None:
    transaction.decisions.add(
        [
            Decision(
                at=now,
                actor=actor,
                subject=names.get(each.phone, ""),
                scope=scope,
                rule=each.rule,
                sendable=each.sendable,
                version=each.version,
            )
            for each in answers
        ]
    )
