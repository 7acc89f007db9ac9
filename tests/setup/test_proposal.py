"""A mapping proposed from describe: what is recognised, and that the file is a right one."""

import pytest

from connector import mapping
from connector.domain.errors import ConfigurationError
from connector.mapping import FACTS
from connector.salesforce.describe import FieldDescription, ObjectDescription
from connector.setup.mapping_check import compare
from connector.setup.proposal import propose
from connector.setup.proposal_text import text_of


STATUSES = FACTS["delivery.status"].values


def described(*fields, name="Volunteer__c"):
    return ObjectDescription(
        name=name,
        label="Volunteer",
        updateable=True,
        fields={field.name.lower(): field for field in fields},
    )


def field(name, kind="string", **keys):
    custom = name.endswith("c")
    keys = {"label": name, "updateable": True, "custom": custom, "length": 255, **keys}
    return FieldDescription(name=name, type=kind, **keys)


STATUS = field("SMS_Delivery_Status__c", "picklist", values=STATUSES, restricted=True)


def phones(*fields):
    return [each.name for each in propose(described(STATUS, *fields)).phones]


def opt_outs(*fields):
    proposal = propose(described(STATUS, *fields))
    return {
        each.name: each.inverted for each in proposal.fields if each.fact == "consent.opted_out"
    }


def checkbox(name):
    return field(name, "boolean")


def test_phone_fields_come_with_the_mobile_first_and_custom_text_last():
    found = phones(
        field("Line__c"),
        field("Cell_Number__c"),
        field("HomePhone", "phone"),
        field("Phone", "phone"),
        field("MobilePhone", "phone"),
        field("Work_Mobile__c", "phone"),
    )

    assert found == ["MobilePhone", "Phone", "Work_Mobile__c", "HomePhone", "Cell_Number__c"]


def test_faxes_assistants_and_our_own_number_are_not_texted():
    proposal = propose(
        described(
            STATUS,
            field("Fax", "phone"),
            field("AssistantPhone", "phone"),
            field("SMS_Phone_E164__c", external_id=True, length=20),
        )
    )

    assert proposal.phones == []
    assert [name for name, _ in proposal.left_out] == ["Fax", "AssistantPhone"]
    assert "phones: []" in text_of(proposal)


@pytest.mark.parametrize(
    "name",
    [
        "et4ae5__HasOptedOutOfMobile__c",
        "Mogli_SMS__Mogli_Opt_Out__c",
        "smagicinteract__SMSOptOut__c",
        "tdc_tsw__SMS_Opt_out__c",
        "Text_OptOut__c",
        "SMS_Opted_Out__c",
    ],
)
def test_opt_outs_of_other_packages_are_recognised(name):
    assert opt_outs(checkbox(name)) == {name: False}


def test_an_opt_in_is_inverted():
    assert opt_outs(checkbox("Text_Opt_In__c")) == {"Text_Opt_In__c": True}


@pytest.mark.parametrize(
    "name",
    [
        "Email_Opt_Out__c",
        "WhatsApp_Opt_In__c",
        "HasOptedOutOfEmail",
        "DoNotCall",
        "Opt_In_Or_Opt_Out__c",
        "Active__c",
    ],
)
def test_other_checkboxes_are_left_alone(name):
    assert opt_outs(checkbox(name)) == {}


def test_an_opt_out_that_may_not_be_written_is_not_taken():
    assert opt_outs(field("Text_OptOut__c", "boolean", updateable=False)) == {}


def test_our_fields_are_taken_where_they_fit_and_told_where_not():
    proposal = propose(described(STATUS, field("SMS_Status_At__c", "boolean")))

    assert [(each.name, each.fact) for each in proposal.fields] == [
        ("SMS_Delivery_Status__c", "delivery.status")
    ]
    without = dict(proposal.without)
    assert without["delivery.status_at"] == "SMS_Status_At__c is read-only or of another type"
    assert without["consent.opted_out"] == "SMS_Opt_Out__c is not there, or hidden"


def test_a_person_account_is_reached_by_its_own_names():
    account = described(
        field("PersonMobilePhone", "phone"),
        field("Phone", "phone"),
        field("SMS_Opt_Out__pc", "boolean"),
        checkbox("IsPersonAccount"),
        name="Account",
    )

    proposal = propose(account)

    assert [each.name for each in proposal.phones] == ["PersonMobilePhone", "Phone"]
    assert [each.name for each in proposal.fields] == ["SMS_Opt_Out__pc"]
    assert "person accounts" in text_of(proposal)


def test_an_object_without_any_field_for_us_is_refused_with_what_to_do():
    with pytest.raises(ConfigurationError, match="connector setup apply"):
        propose(described(field("MobilePhone", "phone")))


def test_the_text_is_a_mapping_that_fits_the_object(tmp_path):
    strange = field("Mobile_Zwei__c", "phone", label="Mobil #2: privat\n\x07 " + "x" * 90)
    whole = described(
        STATUS, strange, checkbox("Text_Opt_In__c"), checkbox("smagicinteract__SMSOptOut__c")
    )
    path = tmp_path / "volunteer.yaml"

    text = text_of(propose(whole))
    path.write_text(text)

    loaded = mapping.load(path)
    assert compare(loaded, whole) == []
    assert loaded.phones == ("Mobile_Zwei__c",)
    assert {rule.field for rule in loaded.fields if rule.inverted} == {"Text_Opt_In__c"}
    assert max(map(len, text.splitlines())) <= 80 + len("x" * 90)
    assert "# FIELD__c: delivery.reason" in text
