"""The fields hold what the service writes, and say what it says."""

import pytest

from connector import mapping
from connector.domain.delivery import DeliveryStatus, Reason
from connector.footprint import (
    FieldKind,
    FieldSpec,
    everything,
    expected,
    footprint,
    same_formula,
)
from connector.footprint.choices import ACTIONS
from connector.mapping.fact import FactKind


FIELDS = {each.full_name: each for each in everything().fields}
KINDS = {
    FactKind.TEXT: {FieldKind.TEXT, FieldKind.PHONE},
    FactKind.NUMBER: {FieldKind.NUMBER},
    FactKind.DATETIME: {FieldKind.DATETIME},
    FactKind.BOOLEAN: {FieldKind.CHECKBOX},
    FactKind.ID: {FieldKind.LOOKUP},
    FactKind.PICKLIST: {FieldKind.PICKLIST},
}
#: The mappings in use unless others are given, and those that wait to be used.
MAPPINGS = [mapping.load(path) for path in sorted(mapping.packaged().rglob("*.yaml"))]
RULES = [
    (f"{each.object}.{rule.field}", rule.fact)
    for each in MAPPINGS
    for rule in each.fields
    if rule.field.endswith("__c")
]
KEYS = [f"{each.object}.{each.message.key}" for each in MAPPINGS if each.message]
STATUS_FIELDS = (
    "Contact.SMS_Delivery_Status__c",
    "Lead.SMS_Delivery_Status__c",
    "SMS_Message__c.Status__c",
)
REASON_FIELDS = (
    "Contact.SMS_Failure_Reason__c",
    "Lead.SMS_Failure_Reason__c",
    "SMS_Message__c.Failure_Reason__c",
    "SMS_Campaign_Stat__c.Top_Reason__c",
)


@pytest.mark.parametrize("field,fact", RULES)
def test_every_mapped_field_holds_its_fact(field, fact):
    spec = FIELDS[field]

    assert spec.kind in KINDS[fact.kind]
    assert spec.is_written
    assert expected(spec).length >= fact.longest
    assert set(fact.values) <= set(spec.values)


@pytest.mark.parametrize("field", KEYS)
def test_the_key_of_messages_finds_one_row(field):
    spec = FIELDS[field]

    assert spec.external_id
    assert spec.unique
    assert spec.length == 255


def test_contact_and_lead_have_the_same_fields():
    contact, lead = (
        [each.name for each in footprint().fields_of(person)] for person in ("Contact", "Lead")
    )

    assert contact == lead
    assert len(contact) == 22


@pytest.mark.parametrize("name", STATUS_FIELDS)
def test_a_status_is_one_of_the_six_words(name):
    assert FIELDS[name].values == tuple(DeliveryStatus)
    assert expected(FIELDS[name]).restricted


@pytest.mark.parametrize("name", REASON_FIELDS)
def test_a_reason_is_one_of_the_list(name):
    assert FIELDS[name].values == tuple(Reason)
    assert expected(FIELDS[name]).restricted


def test_every_status_and_reason_is_counted():
    counted = {each.name for each in footprint().fields_of("SMS_Campaign_Stat__c")}

    assert counted >= {f"{status}__c" for status in DeliveryStatus}
    assert counted >= {f"Reason_{reason.title()}__c" for reason in Reason}


@pytest.mark.parametrize(
    "spec", [each for each in FIELDS.values() if each.formula], ids=lambda each: each.full_name
)
def test_an_action_is_recommended_for_every_reason(spec):
    assert ACTIONS.keys() == set(Reason)
    for reason, action in ACTIONS.items():
        assert f'"{reason}", "{action}"' in spec.formula
    assert len(set(ACTIONS.values())) == len(Reason)


def spec(kind, **more):
    return FieldSpec(object="Contact", name="X__c", label="X", kind=kind, help="X.", **more)


@pytest.mark.parametrize(
    "field,shown",
    [
        (spec(FieldKind.TEXT, length=40), {"type": "string", "length": 40}),
        (spec(FieldKind.TEXT_AREA), {"type": "textarea", "length": 255}),
        (spec(FieldKind.LONG_TEXT, length=32_768), {"type": "textarea", "length": 32_768}),
        (spec(FieldKind.CHECKBOX), {"type": "boolean", "length": 0, "nillable": False}),
        (spec(FieldKind.DATETIME), {"type": "datetime", "length": 0, "nillable": True}),
        (spec(FieldKind.PHONE), {"type": "phone", "length": 40}),
        (
            spec(FieldKind.NUMBER, precision=16, scale=4),
            {"type": "double", "precision": 16, "scale": 4, "length": 0},
        ),
        (
            spec(FieldKind.PERCENT, precision=5, scale=2),
            {"type": "percent", "precision": 5, "scale": 2},
        ),
        (spec(FieldKind.CURRENCY, precision=18, scale=2), {"type": "currency"}),
        (
            spec(FieldKind.LOOKUP, reference_to="Campaign"),
            {"type": "reference", "length": 18, "references": ("Campaign",)},
        ),
        (spec(FieldKind.PICKLIST), {"type": "picklist", "length": 255, "restricted": True}),
        (
            spec(FieldKind.TEXT, formula='"x"'),
            {"type": "string", "length": 1300, "writable": False, "calculated": True},
        ),
        (
            spec(FieldKind.TEXT, length=20, external_id=True, unique=True, required=True),
            {"external_id": True, "unique": True, "nillable": False, "writable": True},
        ),
    ],
    ids=lambda each: each.kind if isinstance(each, FieldSpec) else None,
)
def test_describe_shows_a_field_by_its_kind(field, shown):
    described = expected(field)

    assert {name: getattr(described, name) for name in shown} == shown


def test_every_kind_has_a_word_in_describe():
    assert all(expected(spec(kind)).type for kind in FieldKind)


@pytest.mark.parametrize(
    "one,other,same",
    [
        ('CASE(TEXT(A), "x y", "z")', 'CASE( TEXT(A),\n"x y","z" )', True),
        ('CASE(TEXT(A), "x y", "z")', 'CASE(TEXT(A), "xy", "z")', False),
        ('CASE(TEXT(A), "x", "z")', 'CASE(TEXT(B), "x", "z")', False),
        (r'"a \" b" & C', r'"a \" b"&C', True),
        (r'"a \" b" & C', r'"a \"b" & C', False),
        ("", "", True),
        ("", "A", False),
    ],
)
def test_formulas_are_compared_without_their_spacing(one, other, same):
    assert same_formula(one, other) is same
