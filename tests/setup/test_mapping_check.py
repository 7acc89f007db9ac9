"""A mapping beside its object: what Salesforce would refuse is told before it does."""

from pathlib import Path

import pytest

from connector.mapping import FACTS, FieldRule, Mapping, MessageRule
from connector.salesforce.describe import FieldDescription, ObjectDescription
from connector.setup.mapping_check import compare


def contact(*fields, updateable=True):
    return ObjectDescription(
        name="Contact",
        updateable=updateable,
        fields={field.name.lower(): field for field in fields},
    )


def field(kind, name="A__c", **keys):
    return FieldDescription(name=name, type=kind, **{"updateable": True, **keys})


def rule(fact, name="A__c", **keys):
    return FieldRule(field=name, fact=FACTS[fact], line=3, **keys)


def findings(rules, *fields, phones=()):
    mapping = Mapping(object="Contact", fields=rules, phones=phones, path=Path("c.yaml"))
    return [
        (found.line, found.name, found.text, found.refused)
        for found in compare(mapping, contact(*fields))
    ]


def texts(a_rule, a_field):
    """What is told of one rule and its field, and whether Salesforce would refuse."""
    return [(text, refused) for _, _, text, refused in findings((a_rule,), a_field)]


STATUSES = tuple(FACTS["delivery.status"].values)


@pytest.mark.parametrize(
    "a_rule, a_field",
    [
        (rule("delivery.status"), field("picklist", restricted=True, values=STATUSES)),
        (rule("delivery.status"), field("string", length=11)),
        (rule("delivery.status_at"), field("datetime")),
        (rule("delivery.status_at"), field("string", length=24)),
        (rule("delivery.campaign"), field("reference", references=("Campaign",))),
        (rule("delivery.campaign"), field("string", length=18)),
        (rule("delivery.message_id"), field("string", length=255)),
        (rule("delivery.error_code"), field("picklist")),
        (rule("consent.opted_out"), field("boolean")),
        (rule("person.phone"), field("phone", length=40)),
        (rule("person.phone", "a__C"), field("phone", length=40)),
        (
            rule("delivery.status", translate={"Delivered": 1}, other=0),
            field("double"),
        ),
        (
            rule("delivery.status", translate={"Delivered": True}, other=False),
            field("boolean"),
        ),
    ],
)
def test_a_field_that_fits_is_no_finding(a_rule, a_field):
    assert texts(a_rule, a_field) == []


@pytest.mark.parametrize(
    "a_rule, a_field, text, refused",
    [
        (
            rule("delivery.status"),
            field("string", updateable=False),
            "read-only for the integration user",
            True,
        ),
        (
            rule("delivery.status"),
            field("boolean"),
            "delivery.status does not fit a field of type boolean",
            True,
        ),
        (
            rule("consent.opted_out"),
            field("string", length=80),
            "consent.opted_out does not fit a field of type string",
            True,
        ),
        (
            rule("delivery.status_at"),
            field("date"),
            "delivery.status_at does not fit a field of type date",
            True,
        ),
        (
            rule("delivery.campaign"),
            field("reference", references=("Contact",)),
            "refers to Contact, and delivery.campaign is a Campaign",
            True,
        ),
        (
            rule("delivery.status"),
            field("picklist", restricted=True, values=STATUSES[:-2]),
            "the picklist lacks Undelivered, Delivered",
            True,
        ),
        (
            rule("delivery.status"),
            field("picklist", values=STATUSES[1:]),
            "the picklist lacks Pending",
            False,
        ),
        (
            rule("delivery.error_code"),
            field("picklist", restricted=True),
            "delivery.error_code can be any text, and the picklist is restricted",
            True,
        ),
        (
            rule("delivery.status"),
            field("string", length=8),
            "holds 8 characters, and delivery.status may have 11",
            True,
        ),
        (
            rule("delivery.message_id"),
            field("string", length=40),
            "holds 40 characters, and delivery.message_id may have 128",
            False,
        ),
        (
            rule("delivery.status", translate={"Delivered": "Yes"}, other="No"),
            field("picklist", restricted=True, values=("Yes",)),
            "the picklist lacks No",
            True,
        ),
    ],
)
def test_a_field_that_does_not_fit_is_told(a_rule, a_field, text, refused):
    assert texts(a_rule, a_field) == [(text, refused)]


def test_a_field_that_is_not_there_is_told_with_the_nearest():
    found = findings(
        (rule("person.phone", "SMS_Fone__c"),),
        field("string", "SMS_Phone__c"),
        field("string", "SMS_Fone_Old__c", updateable=False),
    )

    assert found == [
        (
            3,
            "SMS_Fone__c",
            "not on Contact, or hidden by field-level security; did you mean 'SMS_Phone__c'?",
            True,
        )
    ]


def test_an_object_that_may_not_be_changed_is_told():
    mapping = Mapping(object="Contact", fields=(), path=Path("c.yaml"), line=2)

    [found] = compare(mapping, contact(updateable=False))

    assert (found.line, found.name, found.refused) == (2, "Contact", True)


def test_a_phone_field_that_is_hidden_is_a_doubt_and_a_wrong_one_is_not():
    found = findings((), field("boolean", "Flag__c"), phones=("HomePhone", "Flag__c"))

    assert found == [
        (
            1,
            "HomePhone",
            "phone field not there, or hidden: no number is read from it",
            False,
        ),
        (1, "Flag__c", "no phone numbers in a boolean", True),
    ]


def row_findings(*fields, createable=True, **keys):
    """What is told of an object of messages that has these fields."""
    described = ObjectDescription(
        name="Row__c",
        updateable=True,
        createable=createable,
        fields={each.name.lower(): each for each in fields},
    )
    rule = MessageRule(key="Key__c", **keys)
    mapping = Mapping(object="Row__c", fields=(), message=rule, path=Path("r.yaml"))
    return [(found.name, found.text, found.refused) for found in compare(mapping, described)]


UNIQUE = field("string", "Key__c", length=255, external_id=True, unique=True)


def test_rows_of_messages_with_a_unique_key_are_no_finding():
    assert row_findings(UNIQUE) == []


def test_a_key_that_is_not_there_or_not_unique_is_told():
    not_unique = "must be a unique external id, or two rows may be made of one message"

    assert row_findings() == [
        ("Key__c", "not on Row__c, or hidden by field-level security", True)
    ]
    assert row_findings(field("string", "Key__c")) == [("Key__c", not_unique, True)]
    assert row_findings(field("string", "Key__c"), create=False) == []
    assert row_findings(field("double", "Key__c")) == [
        ("Key__c", "no message ids in a double", True)
    ]


def test_rows_that_may_not_be_made_are_told():
    assert row_findings(UNIQUE, createable=False) == [
        ("Row__c", "the integration user may not create it", True)
    ]


def test_a_lookup_to_the_person_that_is_none_is_told():
    found = row_findings(UNIQUE, field("string", "Who__c"), create=False, person=("Who__c",))

    assert found == [("Who__c", "no lookup of Row__c that the integration user sees", True)]


def test_a_lookup_to_the_campaign_fits():
    campaign = field("reference", "Campaign__c", references=("Campaign",))

    assert row_findings(UNIQUE, campaign, create=False, campaign="campaign__c") == []


@pytest.mark.parametrize(
    "fields",
    [(), (field("string", "C__c"),), (field("reference", "C__c", references=("Case",)),)],
)
def test_a_lookup_to_the_campaign_that_is_none_is_told(fields):
    text = "no lookup of Row__c to Campaign that the integration user sees"

    assert row_findings(UNIQUE, *fields, create=False, campaign="C__c") == [
        ("C__c", text, True)
    ]


def test_labels_of_campaign_members_are_added_so_none_is_lacking():
    described = ObjectDescription(
        name="CampaignMember",
        updateable=True,
        fields={"status": field("picklist", "Status", values=("Sent",))},
    )
    status = rule("delivery.status", "Status")
    mapping = Mapping(object="CampaignMember", fields=(status,), path=Path("m.yaml"))

    assert compare(mapping, described) == []
