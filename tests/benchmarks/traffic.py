"""What gateways send: signed requests of three, and callbacks as the door keeps them."""

import dataclasses
import hashlib
import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import datetime

from connector import gateways
from connector.clock import Clock, system_clock
from connector.domain.callback import Arrival
from connector.domain.delivery import DeliveryStatus
from connector.emulator.ids import make_id
from connector.emulator.seeds import fictional_phone
from connector.gateways.imitation import imitated
from connector.gateways.imitation.base import Request, Spoken
from connector.web.door import without_secrets
from tests.support.serving import PUBLIC_URL


GATEWAYS = ("generic", "kannel", "twilio")
#: As in a campaign: two messages a record, a little more than two reports a message.
MESSAGES_A_RECORD = 2
MESSAGES_A_CALLBACK = 0.475
LATENESS = 2_000
SENDER = "+15555550100"


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One report of a gateway about one message to one record."""

    gateway: str
    message: int
    record: int
    status: DeliveryStatus

    @property
    def message_id(self) -> str:
        """Looks random, as those of gateways do: what an index likes least."""
        return f"SM{hashlib.sha256(str(self.message).encode()).hexdigest()[:32]}"

    def request(self, at: datetime, *, named: bool = True) -> Request:
        """Signed; `named` lets the record's id ride along."""
        imitation = imitated()[self.gateway]
        spoken = Spoken(
            message_id=self.message_id,
            phone=fictional_phone(self.record),
            sender=SENDER,
            at=at,
            sent_at=at,
            wording=imitation.worded(self.status)[0],
            reference=record_id(self.record) if named else "",
        )
        return imitation.report(spoken, imitation.secrets, PUBLIC_URL)


def record_id(number: int) -> str:
    """The Contact that an emulated org makes as its n-th."""
    return make_id("003", number + 1)


def record_count(callbacks: int) -> int:
    return max(round(callbacks * MESSAGES_A_CALLBACK / MESSAGES_A_RECORD), 1)


def reports(count: int) -> list[Report]:
    """
    So many reports of all gateways: interim and final ones, every tenth doubled.

    They come out of order, but those of one message not far apart, as from a campaign under
    way: each is late by up to LATENESS others.
    """
    chance, records = random.Random(1), record_count(count)  # noqa: S311 (repeatable, not secret)
    found: list[Report] = []
    for message in itertools.count():
        if len(found) >= count:
            break
        gateway, record = GATEWAYS[message % len(GATEWAYS)], message % records
        final = DeliveryStatus.DELIVERED if message % 10 else DeliveryStatus.UNDELIVERED
        statuses = [DeliveryStatus.PENDING, final] + [final] * (chance.random() < 0.1)
        found += [Report(gateway, message, record, status) for status in statuses]
    del found[count:]
    places = [place + chance.uniform(0, LATENESS) for place in range(count)]
    return [found[at] for at in sorted(range(count), key=places.__getitem__)]


def arrivals(wanted: Iterable[Report], clock: Clock = system_clock) -> Iterator[Arrival]:
    """What the door keeps of these: parts beside the raw body, secrets blanked."""
    for report in wanted:
        now, gateway = clock(), gateways.installed()[report.gateway]
        # Kannel's are found by their number, the others name their record.
        asked = report.request(now, named=report.gateway != "kannel")
        callback = asked.as_callback(report.gateway, PUBLIC_URL, now)
        kept = dataclasses.replace(
            callback,
            target=without_secrets(callback.target, gateway.hides),
            parts=gateway.kept(callback) or None,
        )
        yield Arrival(callback=kept, urgent=gateway.urgent(callback))
