"""Finds out which message each click, reply and opt-out answers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.engagement import Engagement, EngagementEvent, EngagementKind
from connector.domain.figures import Reaction
from connector.domain.reaction import WINDOW, Key, Response, answered
from connector.pipeline.engagement import engage, reacted
from connector.store import Store, Transaction
from connector.store.reactions import KnownReaction


BATCH = 1_000


def of_engagement(event: EngagementEvent, phone: str) -> Response:
    """A click names the message of ours that it was in, a reply has an id of its own."""
    is_click = event.kind is EngagementKind.CLICK
    return Response(
        kind=Reaction(event.kind.value),
        at=event.at,
        gateway=event.gateway,
        phone=phone,
        sender=event.sender,
        named=event.message_id if is_click else "",
        own_id="" if is_click else event.message_id,
    )


def of_consent(event: ConsentEvent, *, refused: bool) -> Response | None:
    """
    An opt-out, or a reply that is none; None for what the person did not do with a message.

    An opt-out that the gateway `refused` a message by names that message.
    """
    if event.kind is ConsentKind.STOP:
        kind = Reaction.OPT_OUT
    elif event.source == ConsentSource.REPLY:
        kind = Reaction.REPLY
    else:
        return None
    return Response(
        kind=kind,
        at=event.at,
        gateway=event.gateway,
        phone=event.phone,
        sender=event.sender,
        named=event.message_id if refused else "",
        own_id="" if refused else event.message_id,
    )


def attribute(store: Store, window: timedelta = WINDOW, *, limit: int = BATCH) -> int:
    """
    Find out what up to `limit` reactions answer; how many were looked at.

    Any number of workers may do it at once: what is known of messages is read after the
    reactions, whoever learns more of a message opens its reactions again, and an answer is kept
    only where the reaction is as it was read. Messages are marked before reactions are changed,
    in which order matching takes its locks, too.
    """
    with store.transaction(reads=True) as transaction:
        if not transaction.reactions.any_open():
            return 0
    with store.transaction() as transaction:
        looked_at = transaction.reactions.open(limit)
        phones = {each.heard.response.phone for each in looked_at} - {""}
        known = {each.heard.id: each for each in looked_at}
        known |= {each.heard.id: each for each in transaction.reactions.of_phones(phones)}
        _settle(transaction, list(known.values()), window)
    return len(looked_at)


def _settle(
    transaction: Transaction, known: Sequence[KnownReaction], window: timedelta
) -> None:
    answers = _answers(transaction, known, window)
    nameless = [answers[each.heard.id] for each in known if not each.heard.response.phone]
    recipients = transaction.reactions.recipients(filter(None, nameless)) if nameless else {}
    settled: list[tuple[KnownReaction, str, Key | None]] = []
    affected: set[Key] = set()
    people: list[Engagement] = []
    for each in known:
        answer, response = answers[each.heard.id], each.heard.response
        phone = response.phone or (recipients.get(answer, "") if answer else "")
        if answer != each.answers:
            affected |= {key for key in (answer, each.answers) if key}
        if phone != response.phone:
            people.append(reacted(response, phone))
        if each.open or answer != each.answers:
            settled.append((each, phone, answer))
    transaction.deliveries.match_again(sorted(affected))
    transaction.reactions.settle(settled)
    engage(transaction, people)


def _answers(
    transaction: Transaction, known: Sequence[KnownReaction], window: timedelta
) -> Mapping[str, Key | None]:
    by_phone: dict[str, list[KnownReaction]] = {}
    for each in known:
        by_phone.setdefault(each.heard.response.phone, []).append(each)
    # Those of no known number have nothing to do with each other.
    alone = [[each] for each in by_phone.pop("", [])]
    moments = [each.heard.response.at for each in known if _asks_for_messages(each)]
    sent = {}
    if moments:
        first, last = min(moments) - window, max(moments)
        sent = transaction.reactions.sent(_asking(known), first, last)
    found: dict[str, Key | None] = {}
    for phone, group in [*by_phone.items(), *(("", each) for each in alone)]:
        found |= answered([each.heard for each in group], sent.get(phone, ()), window)
    return found


def _asks_for_messages(known: KnownReaction) -> bool:
    return bool(known.heard.response.phone) and not known.heard.response.named


def _asking(known: Iterable[KnownReaction]) -> list[str]:
    return sorted({each.heard.response.phone for each in known if _asks_for_messages(each)})
