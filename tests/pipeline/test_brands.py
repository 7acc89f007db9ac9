"""A STOP in reply to a brand counts for that brand; whatever is in doubt counts for all."""

import json
from datetime import timedelta

import pytest

from connector import gateways
from connector.pipeline.consent import start, stop
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.suppression import check
from connector.settings import Brands
from tests.pipeline.test_consent import evidence
from tests.support.events import MOBILE, arrival


SHOES, HATS, NOBODY = "+12015550100", "HATS", "+12015550199"
READ_PHONE = PhoneReader(brands=Brands.read(f"shoes={SHOES},12345; hats={HATS}"))


@pytest.fixture
def write(store, clock):
    """Somebody texts one of our senders; read at once, unless told otherwise."""
    messages = iter(range(1, 99))

    def write(text, to, *, read=True, kind="sms.received", **data):
        clock.advance(minutes=2)
        told = {"from": MOBILE, "to": to, "message_id": f"m{next(messages)}", **data}
        document = {"type": kind, "timestamp": clock().isoformat(), "data": told}
        if text:
            told["text"] = text
        store.inbox.keep(
            [
                arrival(
                    "/callbacks/generic",
                    gateway="generic",
                    method="POST",
                    headers={"content-type": "application/json"},
                    body=json.dumps(document).encode(),
                    received_at=clock(),
                    urgent=True,
                )
            ]
        )
        if read:
            normalise(store, gateways.installed(), READ_PHONE, clock)

    return write


@pytest.fixture
def refused(store, clock):
    """Which brands may not text the number; `all` is whoever does not say for which he asks."""

    def refused():
        found = set()
        for brand in ("", "shoes", "hats"):
            (answer,) = check(store, [MOBILE], READ_PHONE, clock, actor="key:a", scope=brand)
            found |= set() if answer.sendable else {brand or "all"}
        return found

    return refused


EVERYBODY = {"all", "shoes", "hats"}


@pytest.mark.parametrize("sender", [SHOES, "+1 201 555 0100", "12345"])
@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
def test_a_stop_counts_for_the_brand_of_the_sender(write, refused, sender, read):
    write("STOP", sender, read=read)

    assert refused() == {"all", "shoes"}


def test_a_name_is_a_sender_too(write, refused):
    write("STOP", "hats")

    assert refused() == {"all", "hats"}


@pytest.mark.parametrize(
    "text, sender",
    [
        ("STOP", NOBODY),
        ("STOP", ""),
        ("STOPALL", SHOES),
        ("stop all!", SHOES),
        ("please stop texting me", SHOES),
    ],
)
def test_in_doubt_it_counts_for_all(write, refused, text, sender):
    write(text, sender)

    assert refused() == EVERYBODY


def test_what_the_gateway_says_counts_for_all(write, refused):
    write("", SHOES, kind="sms.opt_out", number=MOBILE)

    assert refused() == EVERYBODY


def test_without_brands_it_counts_for_all(store, write, refused, clock):
    write("STOP", SHOES, read=False)
    normalise(store, gateways.installed(), PhoneReader(), clock)

    assert refused() == EVERYBODY


class TestStart:
    def test_to_the_brand_ends_its_stop(self, write, refused):
        write("STOP", SHOES)
        write("START", SHOES)

        assert refused() == set()

    def test_to_another_brand_ends_none(self, write, refused):
        write("STOP", SHOES)
        write("START", HATS)
        write("START", NOBODY)

        assert refused() == {"all", "shoes"}

    def test_after_a_stop_to_all_lets_that_brand_text_and_no_other(self, write, refused):
        write("STOPALL", SHOES)
        write("START", SHOES)

        assert refused() == {"all", "hats"}

    def test_to_no_brand_ends_what_was_said_to_all(self, write, refused):
        write("STOP", SHOES)
        write("STOPALL", NOBODY)
        write("START", NOBODY)

        assert refused() == {"all", "shoes"}


class TestOptIn:
    def test_to_one_brand_is_one(self, store, refused, clock):
        stop(store, [MOBILE], evidence(0), clock)
        clock.advance(minutes=5)

        start(store, MOBILE, evidence(4), clock, version=1, scope="shoes")

        assert refused() == {"all", "hats"}

    def test_to_all_ends_the_stop_of_a_brand(self, store, write, refused, clock):
        write("STOP", SHOES)
        clock.advance(minutes=5)
        said = clock() - timedelta(minutes=1)

        start(store, MOBILE, evidence(occurred_at=said), clock, version=1)

        assert refused() == set()
