"""One field beside the org's, as describe tells it."""

import dataclasses

import pytest

from connector.footprint import FieldKind, FieldSpec
from connector.footprint.fields import Choice
from connector.salesforce.describe import FieldDescription
from connector.setup.field_changes import changes, conflict


NUMBER = FieldSpec(
    object="X__c", name="N__c", label="N", kind=FieldKind.NUMBER, help="", precision=10, scale=2
)
PICKLIST = FieldSpec(
    object="Contact",
    name="P__c",
    label="P",
    kind=FieldKind.PICKLIST,
    help="",
    choices=(Choice(value="A", label="A"), Choice(value="B", label="B")),
)


def picklist(*values, **more):
    """Values are (value, active)."""
    return FieldDescription(
        name="P__c",
        type="picklist",
        length=255,
        values=tuple(value for value, active in values if active),
        inactive=tuple(value for value, active in values if not active),
        **more,
    )


class TestNumbers:
    @pytest.mark.parametrize(
        "precision, scale, told",
        [
            (10, 2, ()),
            (18, 4, ()),
            (8, 2, ("digits before the point 6 -> 8",)),
            (10, 0, ("digits after the point 0 -> 2",)),
        ],
    )
    def test_need_their_digits_on_both_sides(self, precision, scale, told):
        found = FieldDescription(name="N__c", type="double", precision=precision, scale=scale)

        assert changes(NUMBER, found) == told

    def test_cannot_be_anything_else(self):
        found = FieldDescription(name="N__c", type="currency", precision=18)

        assert conflict(NUMBER, found) == "is Currency, has to be Number"

    def test_a_formula_is_no_field(self):
        found = FieldDescription(name="N__c", type="double", precision=18, calculated=True)

        assert conflict(NUMBER, found) == "is a formula, has to be a field"

    def test_an_unknown_type_is_told_by_its_own_name(self):
        found = FieldDescription(name="N__c", type="location")

        assert conflict(NUMBER, found) == "is location, has to be Number"


class TestPicklist:
    def test_tells_lacking_from_inactive_values(self):
        found = picklist(("A", False), ("X", True))

        assert changes(PICKLIST, found) == ("value A is inactive", "value B is missing")

    def test_does_not_tell_case_apart_as_salesforce_does_not(self):
        assert changes(PICKLIST, picklist(("a", True), ("b", True))) == ()


class TestLookup:
    LOOKUP = FieldSpec(
        object="Contact",
        name="L__c",
        label="L",
        kind=FieldKind.LOOKUP,
        help="",
        reference_to="Campaign",
        children="Ls",
        children_label="Ls",
    )

    def test_to_another_object_is_in_the_way(self):
        found = FieldDescription(
            name="L__c", type="reference", length=18, references=("Account",)
        )

        assert conflict(self.LOOKUP, found) == "looks up Account, has to look up Campaign"


class TestKeys:
    def test_become_external_and_unique(self):
        spec = FieldSpec(
            object="X__c",
            name="K__c",
            label="K",
            kind=FieldKind.TEXT,
            help="",
            length=80,
            external_id=True,
            unique=True,
        )
        found = FieldDescription(name="K__c", type="string", length=80)

        assert changes(spec, found) == ("becomes an external id", "becomes unique")
        assert changes(spec, dataclasses.replace(found, external_id=True, unique=True)) == ()
