"""
The way of a callback through the log, at level debug: from its arrival to Salesforce's answer.

Each line shares a name with the next: callback and request, message, record, change.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from connector.domain.callback import KeptCallback
from connector.domain.records import Outcome
from connector.pipeline.companions import Found
from connector.pipeline.events import Batch
from connector.store.outbox import Queued


log = logging.getLogger(__name__)

#: What a proxy or a gateway calls the request.
REQUEST_ID = "x-request-id"


def tell_read(callbacks: Iterable[KeptCallback], batch: Batch) -> None:
    if not log.isEnabledFor(logging.DEBUG):
        return
    messages: dict[int, list[str]] = defaultdict(list)
    for number, event in (*batch.events, *batch.consent_events):
        messages[number].append(event.message_id)
    for kept in callbacks:
        told = {
            "callback": kept.id,
            "request": kept.callback.headers.get(REQUEST_ID, ""),
            "gateway": kept.callback.gateway,
            "messages": sorted({each for each in messages[kept.id] if each}),
        }
        log.debug("callback.read", extra=told)


def tell_matched(found: Found) -> None:
    if not log.isEnabledFor(logging.DEBUG):
        return
    for (gateway, message_id), (_, matches) in found.items():
        records = [match.record.id for match in matches]
        told = {"gateway": gateway, "message_id": message_id, "records": records}
        log.debug("message.matched", extra=told)


def tell_queued(queued: Sequence[Queued]) -> None:
    if not log.isEnabledFor(logging.DEBUG):
        return
    for each in queued:
        told = {"object": each.record.object, "record": each.record.id, "topic": each.topic}
        log.debug("record.queued", extra=told)


def tell_answered(outcomes: Iterable[Outcome]) -> None:
    if not log.isEnabledFor(logging.DEBUG):
        return
    for each in outcomes:
        told = {
            "object": each.change.record.object,
            "record": each.change.record.id,
            "verdict": each.verdict.value,
            "code": each.error_code,
            "urgent": each.change.urgent,
        }
        log.debug("sf.record.answered", extra=told)
