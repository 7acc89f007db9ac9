"""Every callback file reads as it says, and is trusted with its secrets only."""

import dataclasses

import pytest

from connector import gateways
from connector.domain.consent import ConsentEvent
from connector.domain.delivery import DeliveryEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.verify import trust
from tests.gateways.cases import FILES, FOLDER, read


LEAST_FILES = 8
WRONG = {"token": "x", "basic": "x:x", "signing_key": "whsec_" + "A" * 32}


def events_of(gateway, callback):
    """All that can be read, and whether something could not."""
    events = []
    try:
        events.extend(gateway.parse(callback))
    except CallbackUnreadableError:
        return events, True
    return events, False


def kind_of(event):
    if isinstance(event, DeliveryEvent):
        return "delivery"
    return "consent" if isinstance(event, ConsentEvent) else "engagement"


def shown(event, expected):
    """The event as the file would say it, without defaults that the file does not name."""
    values = {"class": kind_of(event)}
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        text = value.isoformat() if hasattr(value, "isoformat") else value
        plain = text if isinstance(text, int | None) else str(text)
        if field.name in expected or plain != (
            None if field.default is None else field.default
        ):
            values[field.name] = plain
    return values


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
class TestCallbackFile:
    def test_reads_as_these_events(self, path):
        case = read(path)

        events, unreadable = events_of(case.gateway, case.callback)

        said = {
            "gateway": case.gateway.name,
            "received_at": case.callback.received_at.isoformat(),
        }
        expected = [{"class": "delivery", **said, **event} for event in case.events]
        wanted = [
            {"status": None, **each} if each["class"] == "delivery" else each
            for each in expected
        ]
        assert [shown(e, w) for e, w in zip(events, wanted, strict=False)] == wanted
        assert (len(events), unreadable) == (len(wanted), case.unreadable)

    def test_reads_the_same_from_the_parts_that_are_kept(self, path):
        case = read(path)
        parts = case.gateway.kept(case.callback)
        kept = dataclasses.replace(case.callback, parts=parts, target="", headers={})

        assert events_of(case.gateway, kept) == events_of(case.gateway, case.callback)

    def test_is_trusted_with_its_secret(self, path):
        case = read(path)

        assert trust(case.gateway, case.callback, case.secrets) is case.trusted

    def test_is_trusted_while_the_secret_is_changed(self, path):
        case = read(path)
        both = {key: [WRONG.get(key, "x"), *values] for key, values in case.secrets.items()}

        assert case.gateway.verify(case.callback, both) is case.trusted

    @pytest.mark.parametrize(
        "secrets",
        [{}, {key: [] for key in WRONG}, {key: [""] for key in WRONG}],
        ids=["none", "no value", "empty value"],
    )
    def test_is_neither_trusted_nor_refused_without_a_secret(self, path, secrets):
        case = read(path)

        assert trust(case.gateway, case.callback, secrets) is None
        assert not case.gateway.verify(case.callback, secrets)

    def test_is_refused_with_wrong_secrets(self, path):
        case = read(path)

        secrets = {key: [WRONG.get(key, "x"), "x"] for key in case.gateway.secrets}

        assert trust(case.gateway, case.callback, secrets) is False


@pytest.mark.parametrize("name", gateways.installed())
def test_every_gateway_has_callback_files(name):
    assert len(list((FOLDER / name).glob("*.yaml"))) >= LEAST_FILES
