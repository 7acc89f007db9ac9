"""A message API in memory, which does as it is told."""

from collections import deque
from datetime import timedelta

from connector import gateways
from connector.domain.delivery import Delivery, DeliveryEvent, DeliveryStatus
from connector.gateways.events import report
from connector.gateways.twilio import MEANINGS
from connector.message_apis.base import (
    ConfiguredApi,
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
)
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reconcile import Reconciler


ALEX, KIM, US = "+447700900456", "+447700900457", "+12025550123"
HOURS = timedelta(hours=6)


class MemoryApi(MessageApi):
    """Knows messages by their ids: a word, a code, when it came. Faults are given first."""

    rate = 100.0
    page_rate = 1000.0

    def __init__(self, clock):
        self.clock = clock
        self.messages = {}
        self.asked = []
        self.faults: deque[Exception] = deque()
        self.size = 2

    def knows(self, message_id, word, code="", *, at=None, sent_at=None, to=ALEX):
        self.messages[message_id] = (word, code, at, sent_at or self.clock(), to)

    def event(self, message_id):
        word, code, at, sent_at, to = self.messages[message_id]
        event = report(
            as_callback(gateways.find("twilio"), self.clock),
            message_id,
            MEANINGS.of(word, code),
            word=word,
            occurred_at=at,
            recipient=to,
            sender=US,
        )
        return known_as(event, sent_at)

    def ask(self, message_ids):
        self.asked += message_ids
        self._stumble()
        return [self.event(each) for each in message_ids if each in self.messages]

    def page(self, since, until, token):
        self._stumble()
        found = [id_ for id_, one in self.messages.items() if since <= one[3] <= until]
        place = int(token or 0)
        some = found[place : place + self.size]
        more = place + self.size < len(found)
        return Page(
            events=[self.event(each) for each in some],
            following=str(place + self.size) if more else "",
        )

    def _stumble(self):
        if self.faults:
            raise self.faults.popleft()


def configured(api, *, account="", for_any=True, **changes):
    kind = MessageApiKind(
        gateway="twilio",
        title="Twilio",
        docs="",
        keys=(),
        open=lambda _values, _clock: api,
        **changes,
    )
    name = f"twilio/{account}" if account else "twilio"
    return ConfiguredApi(name=name, account=account, kind=kind, api=api, for_any=for_any)


def reconciler(store, clock, *apis, holder="one", after=HOURS):
    found = Reconciler(
        store, apis, gateways.installed(), PhoneReader(), clock, holder=holder, after=after
    )
    found.prepare()
    return found


def told(store, clock, *message_ids, status=DeliveryStatus.PENDING, **changes):
    """What callbacks would have told."""
    usual = {"gateway": "twilio", "received_at": clock(), "recipient": ALEX, "status": status}
    found = [DeliveryEvent(**{**usual, "message_id": each, **changes}) for each in message_ids]
    with store.transaction() as transaction:
        transaction.events.put([(7, event) for event in found])
        transaction.deliveries.fold(map(Delivery.from_event, found))


def state(store, message_id):
    with store.transaction(reads=True) as transaction:
        return transaction.deliveries.find("twilio", message_id)


def events(store, message_id):
    with store.transaction(reads=True) as transaction:
        return transaction.events.of_message("twilio", message_id)
