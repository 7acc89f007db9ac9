"""Whatever arrives: events, nothing, or CallbackUnreadableError."""

import dataclasses
import json
from datetime import UTC, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector import gateways
from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.verify import trust
from tests.gateways.cases import FILES, read
from tests.support.clock import NOON


NAMES = list(gateways.installed())
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
LONGEST = 255

cases = {name: [read(path) for path in FILES if path.parent.name == name] for name in NAMES}
odd = st.sampled_from(
    ["", "0", "+", "%", "\x00", "\ud800", "1" * 5000, "-1", "1e999", "٣", "STOP", "2026-02-11"]
)
texts = odd | st.text(max_size=20)
scalars = texts | st.none() | st.booleans() | st.integers() | st.floats()
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
)


def read_all(gateway, callback):
    """The events and the fault; anything but a fault of the callback escapes."""
    events = []
    try:
        events.extend(gateway.parse(callback))
    except CallbackUnreadableError as error:
        return events, str(error)
    return events, ""


def check(gateway, callback):
    """Everything that holds for any request whatsoever."""
    events, fault = read_all(gateway, callback)
    kept = dataclasses.replace(callback, parts=gateway.kept(callback))

    assert read_all(gateway, kept) == (events, fault)
    assert gateway.urgent(callback) in {True, False}
    assert trust(gateway, callback, {}) is None
    secrets = {key: ["a:secret", "whsec_" + "A" * 32] for key in gateway.secrets}
    assert trust(gateway, callback, secrets) is False
    for event in events:
        is_sound(event)


def is_sound(event):
    """Every text can be stored and indexed, every time is UTC."""
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if isinstance(value, str):
            assert value.isprintable()
            assert len(value) <= LONGEST
    assert event.occurred_at is None or event.occurred_at.utcoffset() == timedelta(0)
    if isinstance(event, DeliveryEvent):
        assert event.message_id
        assert (event.status is None) == bool(event.word)


def a_callback(name, method, query, headers, body):
    return Callback(
        gateway=name,
        method=method,
        target=f"/callbacks/{name}?{query}",
        headers=headers,
        body=body,
        received_at=NOON.astimezone(UTC),
        public_url="https://sms.example.org",
    )


headers = st.dictionaries(
    st.sampled_from(
        [
            *("content-type", "authorization", "x-twilio-signature", "webhook-id"),
            *("webhook-timestamp", "webhook-signature", "x-twilio-webhooks-signature-settings"),
            *("x-plivo-signature-v3", "x-plivo-signature-v3-nonce", "x-plivo-signature-v2"),
        ]
    ),
    texts | st.sampled_from([*FORM.values(), *JSON.values(), "Basic eDp4", "v1,AAAA"]),
)


@pytest.mark.parametrize("name", NAMES)
class TestAnything:
    @given(texts, headers, st.binary(max_size=200))
    def test_any_query_any_headers_any_bytes(self, name, query, headers, body):
        check(gateways.find(name), a_callback(name, "POST", query, headers, body))

    @given(documents)
    def test_any_json(self, name, document):
        body = json.dumps(document).encode("utf-8", "surrogatepass")

        check(gateways.find(name), a_callback(name, "POST", "", JSON, body))

    @given(st.data())
    @settings(max_examples=200)
    def test_any_value_in_a_documented_field(self, name, data):
        keeps = gateways.find(name).keeps
        fields = data.draw(st.dictionaries(st.sampled_from(keeps), texts))
        encoded = urlencode(fields, errors="surrogatepass")

        check(gateways.find(name), a_callback(name, "GET", encoded, {}, b""))
        check(gateways.find(name), a_callback(name, "POST", "", FORM, encoded.encode()))

    @given(st.data())
    @settings(max_examples=200)
    def test_any_value_in_place_of_a_documented_one(self, name, data):
        case = data.draw(st.sampled_from(cases[name]))
        body = case.callback.body
        if body[:1] in {b"{", b"["}:
            document = json.loads(body)
            swap(data, document)
            body = json.dumps(document).encode("utf-8", "surrogatepass")

        callback = dataclasses.replace(
            case.callback, body=body + data.draw(st.binary(max_size=1))
        )

        events, _ = read_all(case.gateway, callback)
        for event in events:
            is_sound(event)


def swap(data, document):
    """Put something else in one place of a document, however deep."""
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if (
            not isinstance(place[key], dict | list)
            or not place[key]
            or data.draw(st.booleans())
        ):
            place[key] = data.draw(documents)
            return
        place = place[key]
