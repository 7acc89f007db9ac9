"""
What person accounts add to the schema, as the describe of such an org shows it.

Recorded describe of Account in SFDO-Tooling/CumulusCI (PersonAccount cassette): Name is no
longer compulsory, Contact's fields come back as `Person...`, its custom fields as `X__pc`.
"""

import dataclasses
from collections.abc import Mapping

from connector.emulator.fields import Field
from connector.emulator.kinds import checkbox, computed, lookup, person_name
from connector.emulator.objects import SObject


#: Contact fields that Account has under the same name.
SAME = ("LastName", "FirstName", "Salutation", "Phone", "Fax", "OwnerId")
#: Contact fields that Account has with `Person` in front.
_PREFIXED = (
    "MailingStreet",
    "MailingCity",
    "MailingState",
    "MailingPostalCode",
    "MailingCountry",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
    "Email",
    "Title",
    "Department",
    "LeadSource",
    "Birthdate",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "DoNotCall",
)
_LABELS = {"PersonMobilePhone": "Mobile", "PersonHomePhone": "Home Phone"}
_OWN = (
    checkbox("PersonHasOptedOutOfEmail", "Email Opt Out"),
    checkbox("PersonHasOptedOutOfFax", "Fax Opt Out"),
    checkbox("PersonDoNotCall", "Do Not Call"),
)


def on_account(name: str) -> str:
    """What a field of Contact is called on Account; empty where Account has it not."""
    if name in SAME:
        return name
    if name.endswith("__c"):
        return f"{name[:-3]}__pc"
    return f"Person{name}" if name in _PREFIXED else ""


def account_fields(account: SObject, contact: SObject) -> list[Field]:
    """The fields that Account has to have for the Contact as it now is."""
    known = {field.name for field in account.fields}
    name_parts = [
        dataclasses.replace(each, nillable=True, extra_type="switchablepersonname")
        for each in person_name()
        if each.name != "Name"
    ]
    first = [
        *name_parts,
        computed(
            lookup("PersonContactId", "Contact ID", "Contact", relationship="PersonContact")
        ),
        computed(checkbox("IsPersonAccount", "Is Person Account")),
        lookup("RecordTypeId", "Record Type ID", "RecordType", permissionable=False),
        *_OWN,
    ]
    return [
        *(field for field in first if field.name not in known),
        *(
            _name(field)
            for field in account.fields
            if field.name == "Name" and not field.nillable
        ),
        *(_mirror(field) for field in contact.fields if _is_mirrored(field)),
    ]


def contact_fields() -> list[Field]:
    return [computed(checkbox("IsPersonAccount", "Is Person Account"))]


def both_ways(contact: SObject) -> Mapping[str, str]:
    """Names on Contact to names on Account, of fields that hold values."""
    pairs = ((field.name, on_account(field.name)) for field in contact.fields)
    calculated = {field.name for field in contact.fields if field.calculated}
    return {name: other for name, other in pairs if other and name not in calculated}


def _is_mirrored(field: Field) -> bool:
    return field.name not in SAME and bool(on_account(field.name))


def _mirror(field: Field) -> Field:
    name = on_account(field.name)
    relationship = field.relationship
    if field.custom and relationship:
        relationship = f"{relationship[:-3]}__pr"
    return dataclasses.replace(
        field,
        name=name,
        label=_LABELS.get(name, field.label),
        external_id=False,
        unique=False,
        id_lookup=False,
        relationship=relationship,
        children=f"{field.children[:-3]}__pr" if field.custom and field.children else None,
        cascade_delete=False,
        compound=f"Person{field.compound}" if field.compound else None,
        nillable=field.nillable or field.type != "boolean",
        case_of=on_account(field.case_of) if field.case_of else "",
    )


def _name(field: Field) -> Field:
    return dataclasses.replace(field, nillable=True, extra_type="switchablepersonname")
