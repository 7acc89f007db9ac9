"""Bird's words and codes of both APIs, one by one, and its signatures."""

import base64
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent
from connector.gateways import find
from connector.gateways.bird import CHANNEL_MEANINGS, EVENT_MEANINGS
from tests.gateways.cases import FILES, FOLDER, read


WHSEC = "whsec_" + base64.b64encode(bytes(range(32))).decode()
CHANNEL_STATUSES = {
    "Pending": ["accepted", "processing", "sent"],
    "Delivered": ["delivered"],
    "Undelivered": ["delivery_failed"],
    "Failed": ["sending_failed"],
    "Rejected": ["rejected"],
}
EVENT_STATUSES = {
    "Pending": ["sms.accepted", "sms.sent"],
    "Delivered": ["sms.delivered"],
    "Undelivered": ["sms.undelivered"],
    "Failed": ["sms.failed"],
    "Rejected": ["sms.rejected"],
    "Expired": ["sms.expired"],
}
EVENT_REASONS = {
    "invalid_number": ["invalid_destination"],
    "unreachable": ["unreachable"],
    "filtered": ["blocked_by_carrier", "blocked_by_fraud_protection", "content_rejected"],
    "opted_out": ["blocked_by_recipient", "recipient_opted_out"],
    "landline": ["landline_unreachable"],
    "unregistered": ["sender_unregistered"],
    "network": ["provider_unavailable"],
    "account_suspended": ["insufficient_balance"],
    "unknown": ["unknown", "eaten_by_dog"],
}
PLATFORM_REASONS = {
    "invalid_number": [1, 2, 3, 5, 9, 12],
    "landline": [11],
    "unreachable": [8, 26, 27, 31],
    "network": [34],
    "opted_out": [103],
    "unknown": [4, 777],
}


def each(table):
    return [(str(one), whole) for whole, listed in table.items() for one in listed]


@pytest.mark.parametrize("word, status", each(CHANNEL_STATUSES))
def test_a_word_of_a_channel_has_its_status(word, status):
    assert CHANNEL_MEANINGS.of(word.upper(), "", "")[0] == status


@pytest.mark.parametrize("word, status", each(EVENT_STATUSES))
def test_a_type_of_an_event_is_its_status(word, status):
    assert EVENT_MEANINGS.of(word, "")[0] == status


@pytest.mark.parametrize("code, reason", each(EVENT_REASONS))
def test_an_event_has_the_reason_of_its_code(code, reason):
    assert EVENT_MEANINGS.of("sms.failed", code) == ("Failed", code, reason)


def failed(failure):
    case = read(FOLDER / "bird" / "channel-delivered.yaml")
    document = case.callback.document
    document["payload"] |= {"status": "delivery_failed", "failure": failure}  # type: ignore[index]
    (event,) = case.gateway.parse(case.callback)
    assert isinstance(event, DeliveryEvent)
    return event.error_code, event.reason


@pytest.mark.parametrize("code, reason", each(PLATFORM_REASONS))
def test_a_failure_of_the_platform_has_the_reason_of_its_code(code, reason):
    failure = {"code": 15000, "source": {"name": "sms-messagebird", "code": code}}

    assert failed(failure) == (code, reason)


@pytest.mark.parametrize(
    "code, source, told",
    [
        (15001, {"name": "sms-messagebird"}, ("15001", "network")),
        (15005, None, ("15005", "invalid_number")),
        (12345, {"name": "touchpoint", "code": "1"}, ("1", "network")),
        (11003, {"name": "contact", "code": "1"}, ("1", "unknown")),
        (14002, {"name": "accounting", "code": ""}, ("14002", "account_suspended")),
    ],
)
def test_a_failure_from_elsewhere_has_the_reason_of_its_family(code, source, told):
    assert failed({"code": code, "source": source}) == told


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = {path.stem: read(path) for path in FILES if path.parent.name == "bird"}

    urgent = {stem for stem, case in cases.items() if case.gateway.urgent(case.callback)}

    assert urgent == {
        *("channel-inbound-by-direction", "channel-inbound-picture", "channel-inbound-reply"),
        *("channel-inbound-stop", "channel-other-channel", "event-new-report"),
        *("event-new-type", "event-other-channel", "event-received-reply"),
        *("event-received-start", "event-received-stop", "event-suppressed", "neither"),
        "not-json",
    }


@pytest.mark.parametrize(
    "key, secret, is_fault",
    [
        ("signing_key", WHSEC, False),
        ("signing_key", "whsec_short", True),
        ("signing_key", "any other key", False),
        ("webhook_secret", WHSEC, False),
        ("webhook_secret", "any other key", True),
    ],
)
def test_a_wrong_secret_is_told(key, secret, is_fault):
    assert bool(find("bird").secret_fault(key, secret)) is is_fault


class TestEventSignature:
    @given(
        st.sampled_from([path for path in FILES if path.match("bird/event-*")]),
        st.text("abc_0123456789", min_size=1, max_size=20),
        st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    )
    def test_agrees_with_the_reference_library(self, path, identity, moment):
        body = read(path).callback.body
        headers = {
            "webhook-id": identity,
            "webhook-timestamp": str(math.floor(moment.timestamp())),
            "webhook-signature": Webhook(WHSEC).sign(identity, moment, body.decode()),
        }

        assert is_trusted(body, headers, moment)
        assert not is_trusted(body + b" ", headers, moment)
        assert not is_trusted(body, headers, moment + timedelta(seconds=302))


def is_trusted(body, headers, received_at):
    callback = Callback(
        gateway="bird",
        method="POST",
        target="/callbacks/bird",
        headers=headers,
        body=body,
        received_at=received_at,
    )
    return find("bird").verify(callback, {"webhook_secret": [WHSEC]})


class TestSecrets:
    @pytest.mark.parametrize("key", ["signing_key", "webhook_secret"])
    def test_an_event_is_trusted_by_either_key(self, key):
        case = read(FOLDER / "bird" / "event-delivered.yaml")

        assert case.gateway.verify(case.callback, {key: [WHSEC]})

    def test_a_message_of_a_channel_is_trusted_by_its_own_key_only(self):
        case = read(FOLDER / "bird" / "channel-delivered.yaml")

        secrets = {"webhook_secret": case.secrets["signing_key"]}

        assert not case.gateway.verify(case.callback, secrets)
