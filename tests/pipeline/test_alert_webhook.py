"""Alerts are posted, signed, in their order, and again under the same id after a failure."""

import base64
import hashlib
import hmac
import logging
from datetime import timedelta

import pytest

from connector.domain.alerts import AlertKind, Trouble
from connector.pipeline.alert_webhook import (
    GIVEN_UP_AFTER,
    LEASE,
    LONGEST_WAIT,
    AlertWebhook,
    WebhookReport,
)
from connector.pipeline.alerts import AlertDesk
from connector.store.alert_messages import Way
from tests.rest import server


CAMPAIGN = "701000000000001AAA"
SECRET = b"0123456789abcdef0123456789abcdef"
KEY = "whsec_" + base64.b64encode(SECRET).decode()
DESK = AlertDesk(webhook=True)


class Receiver(server.Api):
    """Takes what is signed, and answers as many do: with a word that is no JSON."""

    def answer(self, asked):
        head = asked.headers
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + asked.body
        digest = hmac.digest(SECRET, signed, hashlib.sha256)
        expected = "v1," + base64.b64encode(digest).decode()
        server.demand(head["webhook-signature"] == expected, 401)
        return 200, b"ok"

    @property
    def posts(self):
        return [each.document for each in self.asked]


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def hire(receiver, store, clock):
    with server.serving(receiver) as address:

        def hire(holder="one", key=KEY):
            return AlertWebhook(
                store, clock, address=f"{address}/alerts?team=crm", key=key, holder=holder
            )

        yield hire


@pytest.fixture
def webhook(hire):
    return hire()


@pytest.fixture
def start(store, clock):
    def start(what=""):
        trouble = Trouble(
            kind=AlertKind.CAMPAIGN_CRITICAL,
            subject=CAMPAIGN,
            what=what,
            text="Critical: 85.0 %",
            figures={"settled": 100, "delivered": 85},
        )
        with store.transaction() as t:
            return DESK.start(t, trouble, clock())

    return start


@pytest.fixture
def end(store, clock):
    def end(alert):
        with store.transaction() as t:
            return DESK.end(t, alert, clock())

    return end


def test_without_an_address_nothing_is_posted(store, clock, start):
    start()

    webhook = AlertWebhook(store, clock, address="", key="", holder="one")

    assert webhook.tell() == WebhookReport()


def test_the_beginning_and_the_end_are_posted_once_each(receiver, webhook, clock, start, end):
    alert = start()
    assert webhook.tell() == WebhookReport(posted=1)
    clock.advance(minutes=5)
    end(alert)
    assert webhook.tell() == WebhookReport(posted=1)
    assert webhook.tell() == WebhookReport()

    started, ended = receiver.posts
    assert started == {
        "type": "alert.started",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "data": {
            "alert": alert.key(""),
            "kind": "campaign_critical",
            "subject": CAMPAIGN,
            "what": "",
            "text": "Critical: 85.0 %",
            "since": "2026-11-23T12:00:00.000Z",
            "ended_at": None,
            "figures": {"settled": 100, "delivered": 85},
        },
    }
    assert (ended["type"], ended["timestamp"]) == ("alert.ended", "2026-11-23T12:05:00.000Z")
    assert ended["data"] == {**started["data"], "ended_at": "2026-11-23T12:05:00.000Z"}
    first, second = receiver.asked
    assert first.target == "/alerts?team=crm"
    assert first.headers["webhook-id"] == f"alert_{alert.key('started')}"
    assert second.headers["webhook-id"] == f"alert_{alert.key('ended')}"


def test_the_beginning_comes_first_even_when_it_is_late(receiver, webhook, clock, start, end):
    receiver.faults.append(server.Fault(503))
    alert = start()
    assert webhook.tell() == WebhookReport(postponed=1)
    end(alert)
    assert webhook.tell() == WebhookReport()

    clock.advance(minutes=1)
    assert webhook.tell() == WebhookReport(posted=2)

    assert [each["type"] for each in receiver.posts] == [
        "alert.started",
        "alert.started",
        "alert.ended",
    ]


def test_what_failed_comes_again_under_the_same_id(receiver, webhook, clock, start):
    receiver.faults += [server.Fault(500), server.Fault(404), server.Fault(302)]
    start()
    reports = []
    for _ in range(4):
        reports.append(webhook.tell())
        clock.advance(minutes=15)

    assert reports == [*[WebhookReport(postponed=1)] * 3, WebhookReport(posted=1)]
    assert len({each.headers["webhook-id"] for each in receiver.asked}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.asked}) == 4


def test_waits_longer_each_time_and_as_long_as_it_is_asked_to(
    receiver, webhook, store, clock, start
):
    alert = start()
    receiver.faults += [server.Fault(503)] * 12 + [server.Fault(429, Retry_After="1800")]
    waits = []
    for _ in range(13):
        webhook.tell()
        with store.transaction(reads=True) as t:
            for minute in range(60):
                if t.alert_messages.due(Way.WEBHOOK, clock() + timedelta(minutes=minute), 1):
                    break
        waits.append(minute)
        clock.advance(minutes=minute)

    assert alert is not None
    assert waits[:2] == [1, 1]
    assert 8 <= waits[11] <= LONGEST_WAIT / timedelta(minutes=1)
    assert waits[12] == 30


def test_is_given_up_after_days(receiver, webhook, clock, start, caplog):
    caplog.set_level(logging.ERROR, "connector.pipeline.alert_webhook")
    receiver.faults += [server.Fault(503)] * 2
    start()
    webhook.tell()

    clock.advance(seconds=GIVEN_UP_AFTER.total_seconds())
    assert webhook.tell() == WebhookReport(given_up=1)

    assert webhook.tell() == WebhookReport()
    assert [each.message for each in caplog.records] == ["alert.webhook.given_up"]


def test_the_others_wait_for_the_next_round_when_one_fails(receiver, webhook, clock, start):
    receiver.faults.append(server.Fault(503))
    for what in "abc":
        start(what)

    assert webhook.tell() == WebhookReport(postponed=1)
    assert webhook.tell() == WebhookReport(posted=2)
    clock.advance(minutes=1)
    assert webhook.tell() == WebhookReport(posted=1)


def test_a_key_that_the_receiver_does_not_know_is_tried_again(receiver, hire, clock, start):
    start()

    assert hire(key="whsec_" + "A" * 32).tell() == WebhookReport(postponed=1)
    clock.advance(minutes=1)
    assert hire().tell() == WebhookReport(posted=1)
    assert len(receiver.asked) == 2


def test_two_never_post_side_by_side(store, receiver, hire, clock, start):
    start()
    with store.transaction() as t:
        t.leases.take("alerts:webhook", "two", clock(), LEASE)

    assert hire().tell() == WebhookReport()
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert hire().tell() == WebhookReport(posted=1)
    assert len(receiver.asked) == 1


def test_nothing_secret_and_no_address_is_logged(receiver, webhook, start, caplog):
    caplog.set_level(logging.DEBUG)
    receiver.faults.append(server.Fault(400, {"code": "no_channel"}))
    start()
    webhook.tell()

    (record,) = (each for each in caplog.records if each.message == "alert.webhook.failed")
    assert record.reason == "answered 400: no_channel"
    told = [f"{vars(each)}" for each in caplog.records if "connector" in each.name]
    assert not any("team=crm" in each or KEY in each for each in told)
