"""What may be wrong with objects and fields, and how it is mended."""

from collections.abc import Mapping

from connector.setup.doctor.finding import Level, Trouble
from connector.setup.doctor.organization import PERMISSION_SETS
from connector.setup.mapping_check import Mismatch


OBJECT_MANAGER = "Setup > Object Manager > {object}"
_OBJECT_SETTINGS = f"{PERMISSION_SETS} > SMS Connector > Object Settings > {{object}}"
_FIELD = f"{OBJECT_MANAGER} > Fields & Relationships > {{field}}"
_APPLY = "`connector setup plan` and `connector setup apply`"

OBJECT_HIDDEN = Trouble(
    name="object-hidden",
    level=Level.BROKEN,
    means="The org has no such object, or our user may not see it: nothing is written to it.",
    cure="Give the user Read and Edit on {object}, or take its mapping out.",
    where=f"{_OBJECT_SETTINGS} > Object Permissions",
)
OBJECT_READ_ONLY = Trouble(
    name="object-read-only",
    level=Level.BROKEN,
    means="Our user may see the object and not change, or not make, its records.",
    cure="Give the user Edit on {object}, and Create where rows of messages are written.",
    where=f"{_OBJECT_SETTINGS} > Object Permissions > Edit",
)
FIELD_MISSING = Trouble(
    name="field-missing",
    level=Level.BROKEN,
    means="The mapping names a field that the object does not have. Salesforce refuses every"
    " write to that object, not only this field.",
    cure=f"If it is one of ours: {_APPLY}. Else make the field, or correct the mapping.",
    where=f"{OBJECT_MANAGER} > Fields & Relationships",
)
FIELD_HIDDEN = Trouble(
    name="field-hidden",
    level=Level.BROKEN,
    means="The field is there, and field-level security hides it from our user. Salesforce"
    " refuses every write to that object as if the field were missing.",
    cure="Give the user Read Access and Edit Access to the field.",
    where=f"{_OBJECT_SETTINGS} > Edit > Field Permissions",
)
FIELD_UNSEEN = Trouble(
    name="field-missing-or-hidden",
    level=Level.BROKEN,
    means="The field is not there, or field-level security hides it: our user may not ask"
    " which of the two.",
    cure=f"Look whether the field exists. If not: {_APPLY}, or correct the mapping. If it"
    " does: give the user Read Access and Edit Access to it.",
    where=f"{OBJECT_MANAGER} > Fields & Relationships; then {_OBJECT_SETTINGS} > Edit > Field"
    " Permissions",
)
FIELD_READ_ONLY = Trouble(
    name="field-read-only",
    level=Level.BROKEN,
    means="Our user sees the field and may not write it.",
    cure="Give the user Edit Access to the field. Formulas cannot be written at all: map"
    " another field.",
    where=f"{_OBJECT_SETTINGS} > Edit > Field Permissions > Edit Access",
)
FIELD_TYPE = Trouble(
    name="field-type",
    level=Level.BROKEN,
    means="What the mapping writes does not fit the field's type, so that it is refused.",
    cure="Map the fact to a field of a type that fits, or translate it; docs/facts.md says"
    " what each fact is.",
    where=_FIELD,
)
FIELD_SHORT = Trouble(
    name="field-too-short",
    level=Level.BROKEN,
    means="The field is shorter than what may be written to it; longer values are refused or"
    " cut.",
    cure="Make the field longer: Edit, then Length.",
    where=f"{_FIELD} > Edit > Length",
)
VALUE_MISSING = Trouble(
    name="picklist-value-missing",
    level=Level.BROKEN,
    means="The picklist lacks a value that we write, or has it as inactive. A restricted"
    " picklist refuses the record then.",
    cure=f"Add or activate the values, for each record type too ({_APPLY} add ours), or"
    " translate them in the mapping.",
    where=f"{_FIELD} > Values",
)
PICKLIST_CLOSED = Trouble(
    name="picklist-restricted",
    level=Level.BROKEN,
    means="A restricted picklist gets free text, and refuses what is not among its values.",
    cure="Map the fact to a text field, or switch off 'Restrict picklist to the values"
    " defined in the value set'.",
    where=f"{_FIELD} > Edit",
)
KEY_UNFIT = Trouble(
    name="message-key-unfit",
    level=Level.BROKEN,
    means="The field that names a message cannot do so: rows are not found, or made twice.",
    cure="Make it a Text field, External ID and Unique, and visible to the user.",
    where=_FIELD,
)
PHONE_MISSING = Trouble(
    name="phone-field-missing",
    level=Level.WARNING,
    means="A phone field of the mapping is not there or hidden, so that people are not found"
    " by the number in it, and an opt-out may miss them.",
    cure="Give the user Read Access to the field, or take it out of 'phones:' in the mapping.",
    where=f"{_OBJECT_SETTINGS} > Edit > Field Permissions > Read Access",
)
PHONE_TYPE = Trouble(
    name="phone-field-type",
    level=Level.BROKEN,
    means="A field of 'phones:' in the mapping holds no text, hence no phone numbers.",
    cure="Name the fields in which numbers stand.",
    where=_FIELD,
)
NO_PHONES = Trouble(
    name="phones-none",
    level=Level.BROKEN,
    means="No phone field of the mapping is visible to our user: nobody of this object is"
    " found by number, and opt-outs reach only those whose record id came with the message.",
    cure="Give the user Read Access to {phones}.",
    where=f"{_OBJECT_SETTINGS} > Field Permissions",
)
NOT_INDEXED = Trouble(
    name="phone-not-indexed",
    level=Level.WARNING,
    means="The field for the number in E.164 is no external id, hence not indexed: your own"
    " searches and Flows by number are slow in a large org.",
    cure="Tick External ID on the field, and leave Unique unticked: families share numbers.",
    where=f"{_FIELD} > Edit > External ID",
)
OWN_OBJECT_MISSING = Trouble(
    name="own-object-missing",
    level=Level.WARNING,
    means="An object of ours is not there or hidden, so that what it would hold is not"
    " written.",
    cure=f"Call {_APPLY}.",
    where="Setup > Object Manager",
)
OWN_OBJECT_CLOSED = Trouble(
    name="own-object-closed",
    level=Level.BROKEN,
    means="Our user may not make or change rows of an object of ours.",
    cure="Give the user Create and Edit on {object}; the permission set as shipped has both.",
    where=f"{_OBJECT_SETTINGS} > Object Permissions",
)
REQUIRED_UNFILLED = Trouble(
    name="required-field",
    level=Level.BROKEN,
    means="Somebody added a required field to an object of which we make rows. We do not fill"
    " it, so that each new row is refused.",
    cure="Take Required off the field, or give it a default value.",
    where=f"{_FIELD} > Edit > Required",
)

#: By how an object differs from its mapping.
BY_MISMATCH: Mapping[Mismatch, Trouble] = {
    Mismatch.OBJECT_READ_ONLY: OBJECT_READ_ONLY,
    Mismatch.NO_CREATE: OBJECT_READ_ONLY,
    Mismatch.KEY: KEY_UNFIT,
    Mismatch.PHONE_UNSEEN: PHONE_MISSING,
    Mismatch.PHONE_TYPE: PHONE_TYPE,
    Mismatch.UNSEEN: FIELD_UNSEEN,
    Mismatch.MISSING: FIELD_MISSING,
    Mismatch.HIDDEN: FIELD_HIDDEN,
    Mismatch.READ_ONLY: FIELD_READ_ONLY,
    Mismatch.TYPE: FIELD_TYPE,
    Mismatch.REFERENCE: FIELD_TYPE,
    Mismatch.LENGTH: FIELD_SHORT,
    Mismatch.VALUES: VALUE_MISSING,
    Mismatch.ANY_TEXT: PICKLIST_CLOSED,
}
