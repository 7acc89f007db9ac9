"""A campaign is played: the log tells its way without a number, the metrics count it."""

import asyncio
import io
import json
import logging
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector import logs
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.web.assembly import assemble
from connector.wiring.org import build_steps
from tests.support.asgi import ask
from tests.support.sms_org import install_sms_fields


#: Made up; whatever of these turns up in a line or a metric has leaked.
TOKEN, CLIENT_SECRET = "t0k3n-of-nobody", "hush-hush-of-nobody"
MESSAGES = 12
PHONES = [f"+4477009009{number:02}" for number in range(MESSAGES)]
REQUEST = "7f3a-request-of-the-proxy"


@pytest.fixture
def settings():
    return Settings.from_environment(
        {
            "CONNECTOR_PUBLIC_URL": "https://sms.example.org",
            "CONNECTOR_GATEWAY_KANNEL_TOKEN": TOKEN,
            "CONNECTOR_SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
            "CONNECTOR_SALESFORCE_CLIENT_ID": "key",
        }
    )


@pytest.fixture
def lines(settings):
    """Everything that is logged, as JSON lines; all levels."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.setup(level="debug", format="json", secrets=settings.secrets, stream=stream)
    yield lambda: stream.getvalue().splitlines()
    logging.basicConfig(handlers=handlers, level=level, force=True)
    logging.captureWarnings(capture=False)


@pytest.fixture
def emulator(clock):
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret=CLIENT_SECRET)
    for phone in PHONES:
        emulated.create("Contact", {"LastName": "Brook", "MobilePhone": phone})
    yield emulated
    emulated.close()


@pytest.fixture
def steps(settings, store, emulator, clock):
    access = OrgAccess(
        login_url=emulator.my_domain, client_id="key", client_secret=CLIENT_SECRET
    )
    with connect(access, clock=clock, adapter=WSGIAdapter(create_app(emulator))) as org:
        yield build_steps(settings, store, org, clock=clock)


@pytest.fixture
def play(settings, store, steps, clock, lines):  # noqa: ARG001, who plays is listened to
    """Plays it through the door; returns the metrics in the middle and at the end."""

    async def callbacks(front):
        for number, phone in enumerate(PHONES):
            to = phone.replace("+", "%2B")
            place = f"/callbacks/kannel?token={TOKEN}&extid=m{number}&type=1&from={to}&ts=1"
            answer = await ask(front, "GET", place, headers=[("x-request-id", REQUEST)])
            assert answer.status == 200
        stop = PHONES[0].replace("+", "%2B")
        for text, token in (("STOP", TOKEN), ("STOP", "wrong")):
            await ask(front, "GET", f"/callbacks/kannel?token={token}&text={text}&from={stop}")
        await ask(front, "GET", f"/callbacks/kannel?token={TOKEN}&nothing=to&be=read")

    async def act():
        front = assemble(settings, store, clock)
        await callbacks(front)
        waiting = await ask(front, "GET", "/metrics")
        clock.advance(seconds=10)
        steps.sync_directory(9)
        steps.read_all(9)
        steps.push()
        steps.logins.look()
        done = await ask(front, "GET", "/metrics")
        return waiting.body.decode(), done.body.decode()

    return lambda: asyncio.run(act())


def values(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_no_line_has_a_number_or_a_secret(play, lines):
    play()

    assert len(lines()) > MESSAGES
    for line in lines():
        assert not [phone for phone in PHONES if phone[1:] in re.sub(r"[ ().-]", "", line)]
        assert TOKEN not in line
        assert CLIENT_SECRET not in line


def test_a_request_can_be_followed_to_salesforce(play, lines):
    play()
    told = [json.loads(line) for line in lines()]

    read = first(told, "callback.read", request=REQUEST)
    matched = first(told, "message.matched", message_id=read["messages"][0])
    queued = first(told, "record.queued", record=matched["records"][0])
    answered = first(told, "sf.record.answered", record=queued["record"])
    assert answered["verdict"] == "written"


def first(told, event, **fields):
    wanted = {"event": event, **fields}
    return next(line for line in told if wanted.items() <= line.items())


def test_the_metrics_tell_what_happened(play, store):
    waiting, done = map(values, play())

    stored = ("smsconn_callbacks_total", "kannel", "stored")
    assert waiting[stored] == done[stored] == MESSAGES + 2
    assert done["smsconn_signature_failures_total", "kannel"] == 1
    assert done[("smsconn_ack_seconds_count",)] == MESSAGES + 2
    with store.transaction(reads=True) as t:
        answers = t.answers.counts()
    assert done["smsconn_sf_records_total", "Contact", "written"] >= MESSAGES
    assert (
        done["smsconn_sf_records_total", "Contact", "written"] == answers["Contact", "written"]
    )
    assert done[("smsconn_optout_unsynced_oldest_seconds",)] == 0
    assert done["smsconn_outbox_rows", "fields"] == 0
    assert done[("smsconn_quarantined_callbacks",)] == 1
    assert 0 < done[("smsconn_sf_api_used_ratio",)] < 1


def test_metrics_hold_no_number_and_no_id(play, emulator):
    ids = [record["Id"] for record in emulator.records("Contact")]

    for text in play():
        assert not [phone for phone in PHONES if phone[1:] in text]
        assert not [each for each in ids if each[:15] in text]
        assert TOKEN not in text
