"""What goes along when a component of the org is changed: all that the org has besides."""

from typing import Any

from connector.footprint import Component, FieldKind, FieldSpec
from connector.footprint.fields import Choice
from connector.setup import widening


NUMBER = FieldSpec(
    object="X__c", name="N__c", label="N", kind=FieldKind.NUMBER, help="", precision=10, scale=2
)
TEXT = FieldSpec(
    object="X__c",
    name="T__c",
    label="T",
    kind=FieldKind.TEXT,
    help="Ours",
    length=40,
    external_id=True,
    unique=True,
)
PICKLIST = FieldSpec(
    object="Contact",
    name="P__c",
    label="P",
    kind=FieldKind.PICKLIST,
    help="",
    choices=(Choice(value="A", label="A"), Choice(value="B", label="B")),
)


class TestField:
    def test_keeps_what_the_admin_chose(self):
        theirs = {"label": "Code", "length": "20", "trackHistory": "true", "type": "Text"}

        body = widening.field(TEXT, theirs).body

        assert body == {
            **theirs,
            "externalId": True,
            "length": 40,
            "unique": True,
        }
        assert list(body) == sorted(body)

    def test_keeps_the_digits_that_the_org_has_more(self):
        body = widening.field(NUMBER, {"precision": "14", "scale": "0"}).body

        assert (body["precision"], body["scale"]) == (16, 2)

    def test_keeps_the_values_of_the_org_first_and_makes_ours_active(self):
        theirs: Any = [
            {"fullName": "X", "color": "#ff0000", "default": "true", "label": "Ex"},
            {"fullName": "a", "default": "false", "isActive": "false", "label": "Ah"},
            {"fullName": "Y", "default": "false", "isActive": "false", "label": "Y"},
        ]
        found: Any = {
            "valueSet": {
                "restricted": "false",
                "valueSetDefinition": {"sorted": "true", "value": theirs},
            }
        }

        value_set: Any = widening.field(PICKLIST, found).body["valueSet"]

        assert value_set["restricted"] == "false"
        assert value_set["valueSetDefinition"]["sorted"] == "true"
        assert value_set["valueSetDefinition"]["value"] == [
            theirs[0],
            {"fullName": "a", "default": "false", "label": "Ah"},
            theirs[2],
            {"fullName": "B", "default": False, "label": "B"},
        ]

    def test_a_single_value_of_the_org_is_kept_too(self):
        one = {"fullName": "X", "default": "false", "label": "X"}
        found = {"valueSet": {"valueSetDefinition": {"value": one}}}

        value_set: Any = widening.field(PICKLIST, found).body["valueSet"]

        names = [each["fullName"] for each in value_set["valueSetDefinition"]["value"]]
        assert names == ["X", "A", "B"]

    def test_tells_whose_the_values_are(self):
        shared = {"valueSet": {"valueSetName": "Our_Words"}}

        assert widening.shared_values(shared) == "Our_Words"
        assert widening.shared_values({"valueSet": {"restricted": "true"}}) == ""
        assert widening.shared_values({}) == ""


class TestPermissionSet:
    def test_unites_grants_and_takes_none_away(self):
        ours = Component(
            kind="PermissionSet",
            name="SMS_Connector",
            body={
                "fieldPermissions": [
                    {"editable": False, "field": "Contact.A__c", "readable": True},
                    {"editable": True, "field": "Contact.B__c", "readable": True},
                ],
                "label": "Ours",
            },
        )
        found: Any = {
            "classAccesses": {"apexClass": "Mine", "enabled": "true"},
            "fieldPermissions": [
                {"editable": "true", "field": "Contact.A__c", "readable": "true"},
                {"editable": "true", "field": "Contact.Z__c", "readable": "true"},
            ],
            "label": "Theirs",
        }

        body: Any = widening.permission_set(ours, found).body

        assert (body["label"], body["classAccesses"]) == ("Theirs", found["classAccesses"])
        assert body["fieldPermissions"] == [
            {"editable": "true", "field": "Contact.A__c", "readable": "true"},
            {"editable": "true", "field": "Contact.Z__c", "readable": "true"},
            {"editable": True, "field": "Contact.B__c", "readable": True},
        ]
