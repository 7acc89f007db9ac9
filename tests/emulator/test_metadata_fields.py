"""Custom fields: what each type must say, and what an existing field can become."""

import pytest

from tests.emulator.packages import (
    STAT,
    TEXT,
    field,
    file_of,
    manifest,
    package,
    problems,
    zipped,
)


PICKLIST = """<type>Picklist</type><valueSet><restricted>true</restricted>
    <valueSetDefinition><sorted>false</sorted>{}</valueSetDefinition></valueSet>"""
LOOKUP = (
    "<type>Lookup</type><referenceTo>Campaign</referenceTo>"
    "<relationshipName>Stats</relationshipName>"
)


def value(name, default="false"):
    return (
        f"<value><fullName>{name}</fullName><default>{default}</default>"
        f"<label>{name}</label></value>"
    )


def refusal(org, body, name="A__c", **more):
    return problems(org.deploy(package(objects__Contact=field(name, body, **more))))[0][2]


def described(org, client, name):
    org.schema.show("Contact", name)
    org.deploy(
        package(
            permissionsets__All="<fieldPermissions><editable>false</editable>"
            f"<field>Contact.{name}</field><readable>true</readable></fieldPermissions>"
            "<label>All</label>"
        )
    )
    org.assign("All", "integration@example.com")
    fields = client.get("/sobjects/Contact/describe").json()["fields"]
    return next(each for each in fields if each["name"] == name)


class TestStrictXml:
    @pytest.mark.parametrize(
        "body,problem",
        [
            (
                "<type>Text</type><len>5</len>",
                (
                    "Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}len"
                    " invalid at this location in type CustomField"
                ),
            ),
            (
                "<type>Text</type><type>Text</type><length>5</length>",
                (
                    "Error parsing file: Element type is duplicated at this location in type"
                    " CustomField"
                ),
            ),
            ("<type>Txt</type>", "'Txt' is not a valid value for the enum 'FieldType'"),
            (
                "<type>Text</type><length>long</length>",
                "'long' is not a valid value for the type xsd:int",
            ),
            (
                "<type>Text</type><unique>yes</unique>",
                "'yes' is not a valid value for the type xsd:boolean",
            ),
            ("<type><b/></type>", "Element {http://soap.sforce.com/2006/04/metadata}b invalid"),
            (
                PICKLIST.format("<value><label>A</label></value>"),
                "Required field is missing: default",
            ),
        ],
    )
    def test_elements_are_those_of_the_type(self, org, body, problem):
        assert problem in refusal(org, body)

    def test_repeated_elements_stand_together(self, org):
        body = field("A__c") + "<label>Contact</label>" + field("B__c")

        result = org.deploy(package(objects__Contact=body))

        assert problems(result)[0][2] == (
            "Error parsing file: Element fields is duplicated at this location in type"
            " CustomObject"
        )

    def test_the_root_is_the_type_of_the_folder(self, org):
        data = zipped(
            {
                "package.xml": manifest(CustomObject=["Contact"]),
                "objects/Contact.object": file_of("Flow", "<label>x</label>"),
            }
        )

        assert "is not of type CustomObject" in problems(org.deploy(data))[0][2]

    def test_what_is_no_xml_says_where(self, org):
        data = zipped(
            {
                "package.xml": manifest(CustomObject=["Contact"]),
                "objects/Contact.object": "<CustomObject>",
            }
        )

        assert "ParseError at [row,col]:[1,15]" in problems(org.deploy(data))[0][2]


class TestWords:
    @pytest.mark.parametrize(
        "body,problem",
        [
            ("<type>Checkbox</type>", "Must specify 'defaultValue' for a CustomField of type"),
            ("<type>Text</type>", "Must specify 'length' for a CustomField of type Text"),
            (TEXT.replace("20", "256"), "must be between 1 and 255"),
            (
                TEXT + "<scale>2</scale>",
                "Can not specify 'scale' for a CustomField of type Text",
            ),
            (
                "<type>TextArea</type><length>255</length>",
                "Can not specify 'length' for a CustomField of type TextArea",
            ),
            (
                "<type>LongTextArea</type><length>1000</length>",
                "Must specify 'visibleLines' for a CustomField of type LongTextArea",
            ),
            (
                (
                    "<type>LongTextArea</type><length>1000</length><required>true</required>"
                    "<visibleLines>3</visibleLines>"
                ),
                "Can not specify 'required' for a CustomField of type LongTextArea",
            ),
            ("<type>Number</type><precision>4</precision>", "Must specify 'scale'"),
            (
                "<type>Number</type><precision>4</precision><scale>5</scale>",
                "Precision must be between 1 and 18",
            ),
            ("<type>Picklist</type>", "Must specify 'valueSet' for a CustomField of type"),
            (PICKLIST.format(""), "Must specify at least one picklist value"),
            (PICKLIST.format(value("A") + value("a")), "Duplicate picklist value: a"),
            (
                PICKLIST.format(value("A", "true") + value("B", "true")),
                "Only one picklist value can be the default",
            ),
            (
                "<type>Picklist</type><valueSet><valueSetName>Colours</valueSetName></valueSet>",
                "In field: valueSet - no GlobalValueSet named Colours found",
            ),
            (
                "<type>DateTime</type><externalId>true</externalId>",
                "Can not specify 'externalId' for a CustomField of type DateTime",
            ),
            (
                (
                    "<type>Checkbox</type><defaultValue>false</defaultValue>"
                    "<required>true</required>"
                ),
                "Can not specify 'required' for a CustomField of type Checkbox",
            ),
            ("<length>20</length>", "Required field is missing: type"),
        ],
    )
    def test_each_type_wants_its_own(self, org, body, problem):
        assert problem in refusal(org, body)

    @pytest.mark.parametrize("name", ["A__b__c", "1A__c", "A" * 41 + "__c", "A-B__c"])
    def test_a_name_is_plain(self, org, name):
        assert "The field name you provided" in refusal(org, TEXT, name)

    def test_a_label_is_needed(self, org):
        assert refusal(org, TEXT, label="") == (
            "Must specify a non-empty label for the CustomField"
        )

    def test_a_missing_object_is_named(self, org):
        result = org.deploy(
            package(types={"CustomField": ["No__c.A__c"]}, objects__No__c=field("A__c"))
        )

        assert problems(result)[0][2] == (
            "Entity of type 'CustomObject' named 'No__c' cannot be found"
        )


class TestLookups:
    @pytest.mark.parametrize(
        "body,problem",
        [
            (LOOKUP.replace("Campaign", "Invoice__c"), "referenceTo value of 'Invoice__c'"),
            (LOOKUP.replace("<referenceTo>Campaign</referenceTo>", ""), "'referenceTo'"),
            (
                LOOKUP.replace("<relationshipName>Stats</relationshipName>", ""),
                "'relationshipName'",
            ),
            (
                LOOKUP + "<required>true</required>",
                "must specify either cascade delete or restrict delete",
            ),
            (
                LOOKUP.replace("Lookup", "MasterDetail") + "<required>false</required>",
                "Master-Detail Relationship Fields Cannot be Optional or Required",
            ),
            (
                LOOKUP.replace("Lookup", "MasterDetail")
                + "<deleteConstraint>SetNull</deleteConstraint>",
                "Can not specify 'deleteConstraint' for a CustomField of type MasterDetail",
            ),
        ],
    )
    def test_a_lookup_leads_somewhere(self, org, body, problem):
        assert problem in refusal(org, body)

    def test_a_relationship_name_is_free_on_its_parent(self, org):
        body = field("A__c", LOOKUP) + field("B__c", LOOKUP)

        result = org.deploy(package(objects__Contact=body))

        assert problems(result) == [
            (
                "CustomField",
                "Contact.B__c",
                "There is already a Child Relationship named Stats on Campaign.",
            )
        ]

    def test_it_may_lead_to_an_object_of_the_same_package(self, org):
        result = org.deploy(
            package(
                objects__Stat__c=STAT,
                objects__Contact=field("A__c", LOOKUP.replace("Campaign", "Stat__c")),
            )
        )

        assert result.success


class TestFormulas:
    CASE = (
        "<type>Text</type><formula>CASE(TEXT(SMS_Failure_Reason__c),"
        ' "unreachable", "Try later", "landline", "Ask", "")</formula>'
    )

    def test_a_case_of_texts_is_computed(self, org, contact):
        org.deploy(package(objects__Contact=field("Advice__c", self.CASE)))

        org.update("Contact", contact, {"SMS_Failure_Reason__c": "landline"})

        assert org.record("Contact", contact)["Advice__c"] == "Ask"

    def test_a_formula_names_fields_that_exist(self, org):
        body = "<type>Checkbox</type><formula>ISBLANK(Nothing__c)</formula>"

        assert refusal(org, body) == "Field Nothing__c does not exist. Check spelling."

    def test_it_may_name_a_field_of_the_same_package(self, org):
        body = "<type>Checkbox</type><formula>ISBLANK(Z__c)</formula>"

        assert org.deploy(package(objects__Contact=field("A__c", body) + field("Z__c"))).success

    def test_it_is_never_required(self, org):
        assert refusal(org, self.CASE + "<required>true</required>") == (
            "Can not specify 'required' for a formula field"
        )


class TestChanges:
    @pytest.mark.parametrize(
        "before,after,problem",
        [
            (TEXT, "<type>DateTime</type>", "Cannot change field type from Text to DateTime"),
            (
                LOOKUP,
                LOOKUP.replace("Campaign", "Account"),
                "Cannot update referenceTo",
            ),
            (TEXT, TestFormulas.CASE, "You cannot convert a field into a formula field"),
        ],
    )
    def test_a_field_cannot_become_anything(self, org, before, after, problem):
        org.deploy(package(objects__Contact=field("A__c", before)))

        assert problem in refusal(org, after)

    def test_a_field_that_was_made_in_python_keeps_its_type_too(self, org):
        assert "from Checkbox to Text" in refusal(org, TEXT, "SMS_Opt_Out__c")

    def test_values_that_are_left_out_are_gone(self, org, client):
        org.deploy(
            package(objects__Contact=field("A__c", PICKLIST.format(value("X") + value("Y"))))
        )
        org.deploy(package(objects__Contact=field("A__c", PICKLIST.format(value("Y")))))

        shown = described(org, client, "A__c")

        assert [each["value"] for each in shown["picklistValues"]] == ["Y"]
        assert shown["restrictedPicklist"]

    def test_doubled_values_cannot_become_unique(self, org):
        org.deploy(package(objects__Contact=field("A__c")))
        for _ in range(2):
            org.create("Contact", {"LastName": "Brook", "A__c": "same"})

        assert "duplicate values" in refusal(org, TEXT + "<unique>true</unique>")

    def test_external_ids_are_limited(self, org):
        org.deployments.settings.most_external_ids = 2

        body = TEXT + "<externalId>true</externalId>"

        assert "maximum number of 2 external ID" in refusal_of_two(org, body)

    def test_history_is_limited(self, org):
        org.deployments.settings.most_tracked_fields = 1

        body = TEXT + "<trackHistory>true</trackHistory>"

        assert "NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED" in refusal_of_two(org, body)

    def test_history_wants_an_object_that_keeps_it(self, org):
        body = TEXT + "<trackHistory>true</trackHistory>"

        result = org.deploy(package(objects__Stat__c=STAT + field("A__c", body)))

        assert "does not enable history" in problems(result)[0][2]


def refusal_of_two(org, body):
    result = org.deploy(package(objects__Contact=field("A__c", body) + field("B__c", body)))
    return problems(result)[0][2]
