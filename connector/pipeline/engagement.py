"""Clicks and replies: kept, and told to the records of the people that they came from."""

import dataclasses
from collections.abc import Iterable, Sequence

from connector.domain.engagement import Engagement
from connector.domain.figures import Reaction
from connector.domain.reaction import Response
from connector.pipeline.consent import mark_holders
from connector.pipeline.hygiene import judge_repliers
from connector.store import Store, Transaction


def take(store: Store, responses: Sequence[Response]) -> None:
    """
    Keep what another system tells of; durable when it returns.

    Each has an id of its own: told again, it changes nothing. Which message it answers is found
    out as for what gateways tell. Where it is not known yet whose number a named message went
    to, its person learns of it then.
    """
    with store.transaction() as transaction:
        named = {(each.gateway, each.named) for each in responses if _lacks_phone(each)}
        recipients = transaction.reactions.recipients(sorted(named)) if named else {}
        known = [
            dataclasses.replace(each, phone=recipients.get((each.gateway, each.named), ""))
            if _lacks_phone(each)
            else each
            for each in responses
        ]
        transaction.reactions.put(known)
        # As they were told first: a time that is said again may be a later one.
        kept = transaction.reactions.kept(sorted({each.id for each in known}))
        engage(transaction, (reacted(each, each.phone) for each in kept if each.phone))


def reacted(response: Response, phone: str) -> Engagement:
    """What it says of the person at this number; of an opt-out it is nothing."""
    return Engagement(
        phone=phone,
        last_click_at=response.at if response.kind is Reaction.CLICK else None,
        last_reply_at=response.at if response.kind is Reaction.REPLY else None,
    )


def engage(transaction: Transaction, engagements: Iterable[Engagement]) -> None:
    """Join these into what is known of their numbers; the holders follow."""
    people: dict[str, Engagement] = {}
    for each in engagements:
        if each.last_click_at or each.last_reply_at:
            known = people.get(each.phone)
            people[each.phone] = known.join(each) if known else each
    transaction.engagements.fold(people.values())
    judge_repliers(transaction, (each.phone for each in people.values() if each.last_reply_at))
    mark_holders(transaction, people, urgent=False)


def _lacks_phone(response: Response) -> bool:
    return bool(response.named) and not response.phone
