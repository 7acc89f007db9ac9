"""Numbers judged anew when something happens to a message, or somebody replies."""

import collections
from collections.abc import Iterable, Sequence

from connector.domain.delivery import Delivery
from connector.domain.hygiene import Hygiene, failure, judge
from connector.pipeline.consent import mark_holders
from connector.store import Transaction


def judge_recipients(transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
    """
    To be called when these messages are settled in the store.

    Numbers that never failed cost one question a batch.
    """
    failed = {each.recipient for each in deliveries if each.recipient and failure(each)}
    others = {each.recipient for each in deliveries if each.recipient} - failed
    known = transaction.hygiene.find(others) if others else {}
    _judge(transaction, failed | known.keys())


def judge_repliers(transaction: Transaction, phones: Iterable[str]) -> None:
    """To be called when the replies are in the store."""
    phones = set(phones)
    _judge(transaction, transaction.hygiene.find(phones) if phones else ())


def _judge(transaction: Transaction, phones: Iterable[str]) -> None:
    phones = set(phones)
    if not phones:
        return
    messages = collections.defaultdict[str, list[Delivery]](list)
    for each in transaction.hygiene.messages(phones):
        messages[each.recipient].append(each)
    before = transaction.hygiene.find(phones)
    engaged = transaction.engagements.find(phones)
    changed: dict[str, Hygiene] = {}
    for phone in phones:
        replied = engaged.get(phone)
        now = judge(phone, messages[phone], replied.last_reply_at if replied else None)
        if now != before.get(phone):
            changed[phone] = now
    transaction.hygiene.put(changed.values())
    mark_holders(transaction, changed, urgent=False)
