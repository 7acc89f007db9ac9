"""Plays a script through the service and compares the org's rows with those counted by hand."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from connector.domain.callback import Arrival
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.emulator import EmulatedOrg
from connector.pipeline.slot_jobs import slot_jobs
from connector.pipeline.steps import Steps
from connector.settings import Settings
from tests.campaigns.recount import Place, Row
from tests.campaigns.script import START, Report, Sent
from tests.support.clock import TestClock
from tests.support.events import arrival


#: Steps of simulated time, and for how long it goes on: until the last message has expired.
STEP, DAYS = timedelta(hours=2), timedelta(days=9)
_CARRIER = {"sent": 8, "delivered": 1}


class Incoming(NamedTuple):
    """A report on its way in."""

    at: datetime
    message: Sent
    report: Report


class Play:
    """The service with a script before it, and the time in which it is played."""

    def __init__(
        self,
        steps: Steps,
        settings: Settings,
        clock: TestClock,
        messages: Sequence[Sent],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self.steps = steps
        self.clock = clock
        self._meanwhile = meanwhile
        (self._roll_up,) = (job for job in slot_jobs(steps, settings) if job.name == "roll-up")
        self._registered = sorted(
            (each for each in messages if each.registered), key=lambda each: each.sent_at
        )
        incoming = (
            Incoming(at, message, report)
            for message in messages
            for report in message.reports
            for at in report.arrives
        )
        self._all = sorted(incoming, key=lambda each: each.at)
        self._incoming = self._all
        self.clock.now = START

    def run(self, until: datetime = START + DAYS) -> None:
        """Let time pass; what arrives meanwhile is read, counted and written."""
        while self.clock.now < until:
            self.clock.now = min(self.clock.now + STEP, until)
            self._meanwhile()
            self._register()
            self._receive()
            self.settle()

    def settle(self) -> None:
        """Do what there is to do by now."""
        self.steps.apply_time_rules()
        self.steps.read_all(1_000)
        while self.steps.look_up().asked:
            self.steps.read_all(1_000)
        self.steps.slots.run(self._roll_up)
        self.steps.read_all(1_000)
        self.steps.push()

    def again(self) -> None:
        """Everything comes in once more."""
        self.steps.store.inbox.keep(list(arrivals(self._all)))
        self.settle()

    def _register(self) -> None:
        due = [each for each in self._registered if each.sent_at <= self.clock.now]
        self._registered = self._registered[len(due) :]
        if due:
            self.steps.store.register([_registration(each, self.clock.now) for each in due])

    def _receive(self) -> None:
        due = [each for each in self._incoming if each.at <= self.clock.now]
        self._incoming = self._incoming[len(due) :]
        if due:
            self.steps.store.inbox.keep(list(arrivals(due)))


def arrivals(incoming: Sequence[Incoming]) -> Iterator[Arrival]:
    """The callbacks that say so; a body of the one gateway has several reports."""
    bodies: dict[str, list[Incoming]] = {}
    for each in incoming:
        if each.message.gateway == "kannel":
            yield _plain(each)
        else:
            bodies.setdefault(each.message.campaign, []).append(each)
    for campaign, found in bodies.items():
        for at in range(0, len(found), 100):
            items = [_item(each) for each in found[at : at + 100]]
            body = {"type": "sms.status", "timestamp": "2026-11-02T00:00:00Z", "data": items}
            yield arrival(
                f"/callbacks/generic?campaign={campaign}",
                gateway="generic",
                method="POST",
                headers={"content-type": "application/json"},
                body=json.dumps(body).encode(),
                received_at=max(each.at for each in found[at : at + 100]),
            )


def _item(incoming: Incoming) -> dict[str, object]:
    _, message, report = incoming
    return {
        "message_id": message.message_id,
        "status": report.status,
        "timestamp": report.at.isoformat(),
        "to": message.recipient,
        "from": message.sender,
        "client_reference": message.record,
        "segments": message.segments,
        "price": {"amount": f"{message.millicents / 100_000:.5f}", "currency": "USD"},
        **({"error": {"code": "7", "reason": report.reason}} if report.reason else {}),
    }


def _plain(incoming: Incoming) -> Arrival:
    at, message, report = incoming
    recipient, sender = (
        each.replace("+", "%2B") for each in (message.recipient, message.sender)
    )
    return arrival(
        f"/callbacks/kannel?token=***&extid={message.message_id}&type={_CARRIER[report.status]}"
        f"&from={recipient}&to={sender}&ts={int(report.at.timestamp())}"
        f"&ref={message.record}&campaign={message.campaign}",
        received_at=at,
    )


def _registration(message: Sent, now: datetime) -> DeliveryEvent:
    return DeliveryEvent(
        gateway=message.gateway,
        message_id=message.message_id,
        status=DeliveryStatus.PENDING,
        received_at=now,
        recipient=message.recipient,
        sender=message.sender,
        registered_record=message.record,
        campaign=message.campaign,
        sent_at=message.sent_at,
    )


def rows_of(org: EmulatedOrg, fields: Sequence[str]) -> dict[Place, Row]:
    """What the org has, by campaign, period, its start, split and value."""
    found: dict[Place, Row] = {}
    for record in org.records("SMS_Campaign_Stat__c"):
        start = record["Period_Start__c"]
        place = (
            record["Campaign__c"],
            record["Period__c"],
            datetime.fromisoformat(str(start)).timestamp() if start else None,
            record["Split_By__c"],
            record["Split_Value__c"],
        )
        assert place not in found, f"two rows of {place}"
        found[place] = {name: record[name] for name in fields}
    return found


def differences(expected: dict[Place, Row], found: dict[Place, Row]) -> list[str]:
    """
    A line for each row that is missing, needless or another.

    A row of an hour to which a message seemed to belong for a while stays, and counts nothing.
    """
    lines = [f"missing: {place}" for place in expected.keys() - found.keys()]
    lines += [
        f"needless: {place}"
        for place in found.keys() - expected.keys()
        if any(isinstance(value, float) and value for value in found[place].values())
    ]
    for place in expected.keys() & found.keys():
        lines += [
            f"{place} {name}: {found[place][name]} instead of {value}"
            for name, value in expected[place].items()
            if found[place][name] != value
        ]
    return lines
