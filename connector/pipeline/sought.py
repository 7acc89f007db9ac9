"""What of a message's records has not been found in Salesforce, in words."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connector.domain.delivery import Delivery
from connector.mapping import MEMBER
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.labels import LABELS
from connector.pipeline.memberships import MEMBERSHIPS, end_of
from connector.store import Transaction
from connector.store.matches import Match


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """
    A record that is looked for; `next_at` is None once it was given up.

    `error` is Salesforce's code where it would not say.
    """

    object: str
    what: str
    attempts: int
    asked_at: datetime | None
    next_at: datetime | None
    error: str


def sought(
    transaction: Transaction,
    mappings: Mapping[str, ObjectMapping],
    delivery: Delivery,
    matches: Sequence[Match],
    campaign: str,
    memberships: Iterable[tuple[str, str]] = (),
) -> Iterator[Sought]:
    """
    What only Salesforce can name, and has not named.

    `campaign` is the one that the message belongs to; `memberships` are the lookups that may
    name one.
    """
    wanted: list[tuple[str, str, tuple[str, str]]] = []
    message = (delivery.gateway, delivery.message_id)
    for name, mapping in mappings.items():
        rule = mapping.message
        if rule and not rule.create and (value := rule.value_of(*message)):
            wanted.append((name, f"with {rule.key} = {value}", message))
    wanted += [
        (MEMBERSHIPS, f"{key[1]} until {end_of(key):%Y-%m-%d %H:%M}", key)
        for key in memberships
    ]
    if MEMBER in mappings and campaign:
        people = [match.record for match in matches]
        wanted += [
            (MEMBER, f"of {each.object} {each.id} in campaign {campaign}", (campaign, each.id))
            for each in people
            if each.object in mappings and mappings[each.object].of_person
        ]
        wanted.append((LABELS, f"the labels of campaign {campaign}", (campaign, "")))
    for name, what, key in wanted:
        found = transaction.lookups.find(name, [key]).get(key)
        if found and not found.record_id:
            yield Sought(
                object=name,
                what=what,
                attempts=found.attempts,
                asked_at=found.asked_at,
                next_at=found.next_at,
                error=found.error,
            )
