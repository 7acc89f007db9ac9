"""Facts: what a mapping may name, and what each is worth."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consent import Consent
from connector.domain.delivery import Delivery, DeliveryStatus, Reason
from connector.domain.hygiene import Hygiene
from connector.domain.person import Person
from connector.mapping import FACTS, FactKind, Topic, org_time
from connector.mapping.fact import is_known


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DELIVERY = Delivery(
    gateway="kannel",
    message_id="42",
    status=DeliveryStatus.UNDELIVERED,
    occurred_at=NOON,
    reported_at=NOON + timedelta(seconds=5),
    first_seen_at=NOON,
    error_code="006",
    reason=Reason.UNREACHABLE,
    campaign="701000000000001AAA",
    recipient="+12125550100",
    sender="+12125550199",
    segments=2,
)
STOPPED = Consent(
    phone="+12125550100", opted_out=True, changed_at=NOON, source="Reply", keyword="STOP"
)
ALL = Person(
    delivery=DELIVERY,
    last_delivered_at=NOON,
    consent=STOPPED,
    last_click_at=NOON,
    last_reply_at=NOON,
    phone="+12125550100",
    hygiene=Hygiene(phone="+12125550100", failures=1),
    shown_on={"Contact": "003000000000001AAA", "Account": "001000000000001AAA"},
)


@pytest.mark.parametrize(
    "name, value",
    [
        ("delivery.status", "Undelivered"),
        ("delivery.status_at", "2026-11-23T12:00:00.000Z"),
        ("delivery.reason", "unreachable"),
        ("delivery.error_code", "006"),
        ("delivery.gateway", "kannel"),
        ("delivery.message_id", "42"),
        ("delivery.campaign", "701000000000001AAA"),
        ("delivery.last_delivered_at", "2026-11-23T12:00:00.000Z"),
        ("consent.opted_out", True),
        ("consent.changed_at", "2026-11-23T12:00:00.000Z"),
        ("consent.source", "Reply"),
        ("consent.keyword", "STOP"),
        ("engagement.last_click_at", "2026-11-23T12:00:00.000Z"),
        ("engagement.last_reply_at", "2026-11-23T12:00:00.000Z"),
        ("person.phone", "+12125550100"),
        ("message.contact", "003000000000001AAA"),
        ("message.account", "001000000000001AAA"),
        ("message.phone", "+12125550100"),
        ("message.sender", "+12125550199"),
        ("message.sent_at", "2026-11-23T12:00:00.000Z"),
        ("message.segments", 2),
    ],
)
def test_a_fact_is_read_from_the_person(name, value):
    read = FACTS[name].read(ALL)

    assert read == value
    assert type(read) is type(value)


def test_these_are_all_facts():
    assert len(FACTS) == 28
    assert {fact.topic for fact in FACTS.values()} == set(Topic)


@pytest.mark.parametrize("name", FACTS)
class TestFact:
    def test_is_described_in_a_line(self, name):
        assert 0 < len(FACTS[name].describe) <= 76
        assert "\n" not in FACTS[name].describe

    def test_clears_its_field_where_nothing_is_known(self, name):
        value = FACTS[name].read(Person())

        assert value is (False if FACTS[name].kind is FactKind.BOOLEAN else None)

    def test_says_what_a_field_must_hold(self, name):
        fact = FACTS[name]

        assert bool(fact.values) == (fact.kind is FactKind.PICKLIST)
        assert (fact.longest > 0) == (fact.kind is FactKind.TEXT)

    def test_is_one_of_its_values(self, name):
        fact = FACTS[name]

        assert not fact.values or fact.read(ALL) in fact.values


def test_the_facts_cannot_be_changed():
    with pytest.raises(TypeError):
        FACTS["delivery.own"] = FACTS["delivery.status"]  # type: ignore[index]


def test_after_an_opt_in_nothing_is_left_of_how_the_opt_out_came():
    later = Consent(phone=STOPPED.phone, changed_at=NOON + timedelta(hours=1))
    person = Person(consent=later)

    values = {name: FACTS[name].read(person) for name in FACTS if name.startswith("consent.")}

    assert values == {
        "consent.opted_out": False,
        "consent.changed_at": "2026-11-23T13:00:00.000Z",
        "consent.source": None,
        "consent.keyword": None,
    }


@pytest.mark.parametrize("campaign", ["", "Autumn", "003000000000001AAA"])
def test_what_is_no_campaign_is_not_written_as_one(campaign):
    person = Person(delivery=dataclasses.replace(DELIVERY, campaign=campaign))

    assert FACTS["delivery.campaign"].read(person) is None


def test_text_is_cut_where_its_field_ends():
    long = dataclasses.replace(DELIVERY, error_code="9" * 500, message_id="m" * 500)
    person = Person(delivery=long)

    for name in ("delivery.error_code", "delivery.message_id"):
        assert len(str(FACTS[name].read(person))) == FACTS[name].longest


class TestOrgTime:
    def test_is_utc_with_milliseconds(self):
        helsinki = timezone(timedelta(hours=2))
        moment = datetime(2026, 11, 23, 12, 0, 0, 987_654, tzinfo=helsinki)

        assert org_time(moment) == "2026-11-23T10:00:00.987Z"

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_is_of_one_shape_or_nothing(self, moment):
        text = org_time(moment)

        assert (text is None) == (not 1700 <= moment.year < 4000)
        assert text is None or len(text) == len("2026-11-23T10:00:00.000Z")

    def test_is_nothing_for_nothing(self):
        assert org_time(None) is None


class TestIsKnown:
    def test_everything_of_someone_known(self):
        assert all(is_known(topic, ALL) for topic in Topic)

    @pytest.mark.parametrize("topic", [Topic.DELIVERY, Topic.CONSENT, Topic.ENGAGEMENT])
    def test_nothing_of_a_stranger(self, topic):
        assert not is_known(topic, Person())

    def test_no_delivery_without_a_status(self):
        claims_nothing = dataclasses.replace(DELIVERY, status=None)

        assert not is_known(Topic.DELIVERY, Person(delivery=claims_nothing))

    def test_no_consent_where_nothing_was_said(self):
        assert not is_known(Topic.CONSENT, Person(consent=Consent(phone="+12125550100")))
