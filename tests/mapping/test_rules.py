"""A mapping's values: facts translated, inverted, and never less safe than before."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.consent import Consent
from connector.domain.person import Person
from connector.mapping import FACTS, FieldRule, HolderRule, Mapping, Topic
from tests.mapping.test_facts import ALL, DELIVERY, NOON, STOPPED


def mapping(*rules):
    return Mapping(object="Contact", fields=rules, path=Path("contact.yaml"))


def rule(fact, field="A__c", **keys):
    return FieldRule(field=field, fact=FACTS[fact], **keys)


OPTED_IN = Consent(phone=STOPPED.phone, changed_at=NOON + timedelta(hours=1))


class TestValues:
    def test_are_those_of_the_topic(self):
        contact = mapping(
            rule("delivery.status", "Status__c"),
            rule("delivery.error_code", "Code__c"),
            rule("consent.opted_out", "Out__c"),
        )

        assert contact.values(Topic.DELIVERY, ALL) == {
            "Status__c": "Undelivered",
            "Code__c": "006",
        }
        assert contact.values(Topic.CONSENT, ALL) == {"Out__c": True}
        assert contact.values(Topic.PERSON, ALL) == {}

    def test_may_come_from_one_fact_several_times(self):
        contact = mapping(
            rule("consent.opted_out", "Out__c"),
            rule("consent.opted_out", "In__c", inverted=True),
            rule("consent.opted_out", "Word__c", translate={"true": "Out", "false": "In"}),
        )

        assert contact.values(Topic.CONSENT, ALL) == {
            "Out__c": True,
            "In__c": False,
            "Word__c": "Out",
        }
        assert contact.values(Topic.CONSENT, Person(consent=OPTED_IN)) == {
            "Out__c": False,
            "In__c": True,
            "Word__c": "In",
        }

    @pytest.mark.parametrize("topic", [Topic.DELIVERY, Topic.CONSENT, Topic.ENGAGEMENT])
    def test_are_none_where_nothing_is_known(self, topic):
        facts = (name for name in FACTS if name.startswith(topic))
        contact = mapping(*(rule(name, f"F{at}__c") for at, name in enumerate(facts)))

        assert contact.values(topic, Person()) == {}

    def test_clear_what_holds_no_longer(self):
        arrived = dataclasses.replace(DELIVERY, error_code="", reason=None)
        contact = mapping(
            rule("delivery.reason", "Why__c"), rule("delivery.error_code", "E__c")
        )

        values = contact.values(Topic.DELIVERY, Person(delivery=arrived))

        assert values == {"Why__c": None, "E__c": None}

    def test_never_untick_what_people_tick_too(self):
        contact = mapping(rule("consent.opted_out", "DoNotCall", only_sets=True))

        assert contact.values(Topic.CONSENT, ALL) == {"DoNotCall": True}
        assert contact.values(Topic.CONSENT, Person(consent=OPTED_IN)) == {}


class TestTranslation:
    def test_names_each_value(self):
        why = rule("delivery.reason", translate={"unreachable": "Phone off"}, other="Else")

        assert why.value(ALL) == "Phone off"

    def test_has_another_for_the_rest(self):
        why = rule("delivery.reason", translate={"landline": "Landline"}, other="Else")

        assert why.value(ALL) == "Else"

    def test_says_what_nothing_becomes(self):
        arrived = Person(delivery=dataclasses.replace(DELIVERY, reason=None))
        why = rule("delivery.reason", translate={"landline": True}, other=False, empty=False)

        assert why.value(arrived) is False


def test_the_topics_are_those_of_the_facts():
    contact = mapping(rule("delivery.status"), rule("person.phone", "B__c"))

    assert contact.topics == {Topic.DELIVERY, Topic.PERSON}


def test_the_newest_holder_is_the_usual_one():
    assert mapping().holders is HolderRule.NEWEST
