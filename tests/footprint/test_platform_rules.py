"""What Salesforce refuses at deployment although the schema allows it."""

import collections
import itertools
import re

import pytest

from connector import mapping
from connector.footprint import FieldKind, everything
from connector.footprint.permission_sets import STANDARD_FIELDS, has_field_security


FOOTPRINT = everything()
FIELDS = FOOTPRINT.fields
COMPONENTS = FOOTPRINT.components()
CUSTOM_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__[ce]")
DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def named(spec):
    return spec.full_name


@pytest.mark.parametrize("spec", FIELDS, ids=named)
class TestField:
    def test_has_a_name_that_salesforce_takes(self, spec):
        assert CUSTOM_NAME.fullmatch(spec.name)
        assert len(spec.name.removesuffix("__c")) <= 40

    def test_has_a_label_and_texts_that_fit(self, spec):
        assert 0 < len(spec.label) <= 40
        assert 0 < len(spec.help) <= 510
        assert len(spec.description) <= 1000

    def test_speaks_in_whole_sentences(self, spec):
        for text in (spec.help, spec.description or spec.help):
            assert text[0].isupper()
            assert text.endswith(".")
            assert "  " not in text

    def test_has_the_size_of_its_kind(self, spec):
        numbers = (FieldKind.NUMBER, FieldKind.PERCENT, FieldKind.CURRENCY)
        is_text = spec.kind is FieldKind.TEXT and not spec.formula

        assert bool(spec.length) == (is_text or spec.kind is FieldKind.LONG_TEXT)
        assert spec.length <= (255 if is_text else 131_072)
        assert bool(spec.precision) == (spec.kind in numbers)
        assert 0 <= spec.scale <= spec.precision <= 18

    def test_has_values_if_it_is_a_picklist(self, spec):
        labels = [choice.label for choice in spec.choices]

        assert bool(spec.choices) == (spec.kind is FieldKind.PICKLIST)
        assert len({value.lower() for value in spec.values}) == len(spec.values)
        assert len({label.lower() for label in labels}) == len(labels)
        assert all(0 < len(text) <= 255 for text in (*spec.values, *labels))

    def test_has_a_default_if_it_is_a_checkbox(self, spec):
        body = spec.component().body

        assert (body.get("defaultValue") is False) == (spec.kind is FieldKind.CHECKBOX)
        assert spec.kind is not FieldKind.CHECKBOX or "required" not in body

    def test_names_both_ends_if_it_is_a_lookup(self, spec):
        is_lookup = spec.kind is FieldKind.LOOKUP

        assert bool(spec.reference_to) == bool(spec.children) == is_lookup
        assert bool(spec.children_label) == is_lookup
        assert not is_lookup or DEVELOPER_NAME.fullmatch(spec.children)
        assert len(spec.children) <= 40
        assert len(spec.children_label) <= 80

    def test_can_be_a_key_only_as_text(self, spec):
        assert not (spec.external_id or spec.unique) or spec.kind is FieldKind.TEXT
        assert not spec.formula or not (spec.external_id or spec.unique or spec.required)

    def test_is_not_tracked(self, spec):
        """An object has 20 tracked fields, and the customer's own have come first."""
        assert not {"trackHistory", "trackTrending", "trackFeedHistory"} & set(
            spec.component().body
        )

    def test_belongs_to_an_object_that_comes_no_later(self, spec):
        ours = {each.name: each for each in FOOTPRINT.objects}

        if spec.object in ours:
            assert spec.part == ours[spec.object].part
        else:
            assert (spec.object, spec.part) in {("Contact", "core"), ("Lead", "core")}

    def test_is_of_a_kind_that_its_object_takes(self, spec):
        takes = {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.DATETIME, FieldKind.NUMBER}

        if spec.object.endswith("__e"):
            assert spec.kind in takes | {FieldKind.CHECKBOX}
            assert not spec.formula


@pytest.mark.parametrize(
    "spec", [each for each in FIELDS if each.formula], ids=lambda each: each.full_name
)
class TestFormula:
    def test_is_well_below_the_limits(self, spec):
        """3,900 characters written, 15,000 bytes compiled ("Formula Field Limits")."""
        assert len(spec.formula) <= 3_900 / 2

    def test_is_balanced(self, spec):
        outside = re.sub(r'"[^"\\]*"', "", spec.formula)

        assert spec.formula.count('"') % 2 == 0
        assert outside.count("(") == outside.count(")")
        assert '"' not in outside

    def test_reads_fields_of_its_object(self, spec):
        outside = re.sub(r'"[^"\\]*"', "", spec.formula)

        for name in re.findall(r"\w+__c", outside):
            assert any((each.object, each.name) == (spec.object, name) for each in FIELDS)


def test_names_and_labels_are_unique_on_their_object():
    for spec, other in itertools.combinations(FIELDS, 2):
        if spec.object == other.object:
            assert spec.name.lower() != other.name.lower()
            assert spec.label.lower() != other.label.lower()


def test_relationships_are_unique_on_the_object_that_they_lead_from():
    ends = [(each.reference_to, each.children.lower()) for each in FIELDS if each.children]

    assert len(ends) == len(set(ends))


def test_there_are_not_too_many_keys_or_lookups():
    keys = collections.Counter(each.object for each in FIELDS if each.external_id)
    lookups = collections.Counter(each.object for each in FIELDS if each.reference_to)

    assert max(keys.values()) <= 25
    assert max(lookups.values()) <= 40
    assert keys["Contact"] == keys["Lead"] == 1


@pytest.mark.parametrize("spec", FOOTPRINT.objects, ids=lambda each: each.name)
class TestObject:
    def test_has_names_that_salesforce_takes(self, spec):
        assert CUSTOM_NAME.fullmatch(spec.name)
        assert len(spec.name[:-3]) <= 40
        assert 0 < len(spec.label) <= 40
        assert 0 < len(spec.plural) <= 40
        assert 0 < len(spec.description) <= 1000

    def test_has_the_three_that_go_together(self, spec):
        body = spec.component().body
        three = {body.get(f"enable{each}") for each in ("BulkApi", "Sharing", "StreamingApi")}

        assert three == ({None} if spec.is_event else {True})

    def test_is_published_or_has_a_name(self, spec):
        body = spec.component().body

        assert ("eventType" in body) == ("nameField" not in body) == spec.is_event
        assert ("sharingModel" in body) != spec.is_event


@pytest.mark.parametrize("spec", FOOTPRINT.permission_sets, ids=lambda each: each.name)
class TestPermissionSet:
    def test_has_texts_that_fit(self, spec):
        assert DEVELOPER_NAME.fullmatch(spec.name)
        assert len(spec.name) <= 80
        assert 0 < len(spec.label) <= 80
        assert 0 < len(spec.description) <= 255

    def test_names_fields_that_exist_and_may_be_named(self, spec):
        fields = {each.full_name: each for each in FIELDS}

        for name, editable in spec.fields.items():
            if name in STANDARD_FIELDS:
                assert not editable
                continue
            field = fields[name]
            assert not field.required
            assert not field.object.endswith("__e")
            assert not (field.formula and editable)
            assert field.part == spec.part

    def test_lets_the_objects_of_its_fields_be_read(self, spec):
        for name in spec.fields:
            assert "allowRead" in spec.objects[name.partition(".")[0]]

    def test_has_what_each_permission_depends_on(self, spec):
        for name, verbs in spec.objects.items():
            assert "allowRead" in verbs, name
            assert "allowDelete" not in verbs or "allowEdit" in verbs, name
            if "modifyAllRecords" in verbs:
                assert verbs >= {"allowEdit", "allowDelete", "viewAllRecords"}, name
            if name.endswith("__e"):
                assert verbs == {"allowRead", "allowCreate"}
        if "Contact" in spec.objects:
            assert "allowRead" in spec.objects["Account"]
        if "ViewSetup" in spec.user_permissions:
            assert "ViewRoles" in spec.user_permissions

    def test_names_objects_tabs_and_apps_of_its_part(self, spec):
        parts = {(each.kind, each.name): each.part for each in COMPONENTS}
        for name in spec.objects:
            if name.endswith(("__c", "__e")):
                assert parts["CustomObject", name] == spec.part
        for name in spec.tabs:
            assert parts["CustomTab", name] == spec.part
        for name in spec.applications:
            assert parts["CustomApplication", name] == spec.part

    def test_is_for_users_of_every_licence(self, spec):
        assert "license" not in spec.component().body


def test_the_connector_may_write_all_that_can_be_written():
    granted = collections.ChainMap(
        *(dict(each.fields) for each in FOOTPRINT.permission_sets if each.for_connector)
    )

    assert granted == {
        **dict.fromkeys(STANDARD_FIELDS, False),
        **{each.full_name: each.is_written for each in FIELDS if has_field_security(each)},
    }


def test_the_connector_may_read_every_phone_field_of_the_mappings():
    mappings = mapping.load_all(mapping.packaged()).values()

    assert {f"{each.object}.{name}" for each in mappings for name in each.phones} <= set(
        STANDARD_FIELDS
    )


def test_people_see_everything_and_write_the_opt_out():
    granted = collections.ChainMap(
        *(dict(each.fields) for each in FOOTPRINT.permission_sets if not each.for_connector)
    )

    assert granted.keys() == {each.full_name for each in FIELDS if has_field_security(each)}
    assert {name for name, editable in granted.items() if editable} == {
        "Contact.SMS_Opt_Out__c",
        "Lead.SMS_Opt_Out__c",
    }


def test_nothing_may_be_deleted_that_is_not_ours_without_being_asked_for():
    for spec in FOOTPRINT.permission_sets:
        deletable = {name for name, verbs in spec.objects.items() if "allowDelete" in verbs}
        assert not spec.always or all(name.endswith("__c") for name in deletable)


@pytest.mark.parametrize(
    "component",
    [each for each in COMPONENTS if each.kind == "Layout"],
    ids=lambda each: each.name,
)
class TestLayout:
    def test_is_of_an_object_of_ours(self, component):
        ours = {each.name: each for each in FOOTPRINT.objects}
        name, _, title = component.name.partition("-")

        assert title == f"{ours[name].label} Layout"

    def test_shows_every_field_once(self, component):
        fields = FOOTPRINT.fields_of(component.name.partition("-")[0])
        shown = [
            item["field"]
            for section in component.body["layoutSections"]
            for column in section["layoutColumns"]
            for item in column["layoutItems"]
        ]

        assert sorted(shown) == sorted(
            ["Name", "CreatedById", "LastModifiedById", *(each.name for each in fields)]
        )


def test_every_component_has_a_name_of_its_own():
    names = [(each.kind, each.name.lower()) for each in COMPONENTS]

    assert len(names) == len(set(names))


def test_nothing_of_the_customers_is_replaced():
    """Only additions to Contact, Lead and other standard objects: no layout, no object."""
    for each in COMPONENTS:
        if each.kind in {"CustomObject", "Layout", "CustomTab"}:
            assert each.name.startswith("SMS_")
        if each.kind in {"CustomField", "ListView"}:
            assert each.parent.startswith("SMS_") or each.own_name.startswith("SMS_")
