"""The vendors' own libraries read the same from our servers: they are as documented."""

from datetime import datetime
from typing import Any

import pytest
from messagebird.message import Message as MessageBirdMessage  # type: ignore[import-untyped]
from messagebird.message import MessageList
from plivo.resources.messages import Message as PlivoMessage  # type: ignore[import-untyped]
from sinch.domains.sms.models.v1.response import (  # type: ignore[import-untyped]
    RecipientDeliveryReport,
)
from telnyx import AuthenticationError, NotFoundError, Telnyx
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.message_apis import servers
from tests.message_apis.conftest import SINCE, UNTIL
from tests.message_apis.servers import ALEX, KIM, US
from tests.rest.server import serving


AT = datetime.fromisoformat("2026-11-20T10:00:05+00:00")


class Loopback(TwilioHttpClient):  # type: ignore[misc]
    """Talks to a server on loopback in place of api.twilio.com."""

    def __init__(self, address):
        super().__init__(pool_connections=False)
        self._address = address

    def request(self, method, url, *rest, **options):
        here = url.replace("https://api.twilio.com", self._address)
        return super().request(method, here, *rest, **options)


@pytest.fixture
def twilio():
    server = servers.Twilio()
    with serving(server) as address:
        yield lambda token="token": (
            server,
            Client("AC1", token, http_client=Loopback(address)),
        )


def test_twilio_reads_a_message(twilio):
    _, client = twilio()

    message = client.messages("SM2").fetch()

    assert (message.status, message.error_code) == ("undelivered", 30005)
    assert (message.to, message.from_, message.date_updated) == (KIM, US, AT)


def test_twilio_goes_through_a_list(twilio):
    server, client = twilio()
    server.rows += [server.row(str(n), ALEX, arrived=True) for n in range(3, 8)]

    found = client.messages.list(date_sent_after=SINCE, date_sent_before=UNTIL)

    assert [each.sid for each in found] == [row["sid"] for row in server.rows]


@pytest.mark.parametrize("token, sid, status", [("token", "SM9", 404), ("wrong", "SM1", 401)])
def test_twilio_is_refused_alike(twilio, token, sid, status):
    _, client = twilio(token)

    with pytest.raises(TwilioRestException) as caught:
        client.messages(sid).fetch()

    assert caught.value.status == status


def test_telnyx_reads_a_message():
    with (
        serving(servers.Telnyx()) as address,
        Telnyx(api_key="key", base_url=f"{address}/v2", max_retries=0) as client,
    ):
        data: Any = client.messages.retrieve("40385f64-2").data
        with pytest.raises(NotFoundError):
            client.messages.retrieve("40385f64-9")

    assert data.to[0].status == "delivery_failed"
    assert data.errors[0].code == "40012"
    assert data.completed_at == AT


def test_telnyx_is_refused_alike():
    with (
        serving(servers.Telnyx()) as address,
        Telnyx(api_key="wrong", base_url=f"{address}/v2", max_retries=0) as client,
        pytest.raises(AuthenticationError),
    ):
        client.messages.retrieve("40385f64-1")


def test_messagebird_reads_a_message_and_a_list():
    server = servers.MessageBird()

    message = MessageBirdMessage().load(server.rows[0])
    found = MessageList().load({"totalCount": 2, "items": list(server.rows[1:])})

    (recipient,) = message.recipients["items"]
    assert (recipient.status, recipient.statusDatetime) == ("delivered", AT)
    assert [each.id for each in found.items] == ["7d842"]


def test_sinch_reads_a_report():
    report = RecipientDeliveryReport.model_validate(servers.Sinch().rows[1])

    assert (report.batch_id, report.status, report.code) == ("01FC2", "Failed", 417)
    assert report.at == AT


def test_plivo_reads_a_message():
    message = PlivoMessage(None, servers.Plivo().rows[1])

    assert (message.id, message.message_state) == ("uuid-2", "undelivered")
