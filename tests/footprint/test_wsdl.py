"""All metadata is valid by the schema of the Metadata API; the check itself is proven here."""

import pytest

from connector.footprint import API_VERSION, everything, package, project
from connector.footprint.xml import to_xml
from tests.footprint import wsdl


COMPONENTS = everything().components()
IN_THE_ZIP = package.package(COMPONENTS, api_version=API_VERSION)
IN_THE_PROJECT = project.files(COMPONENTS, api_version=API_VERSION)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: f"{each.kind}:{each.name}")
def test_a_component_is_valid(component):
    assert wsdl.problems(to_xml(component.kind, component.body, component.name)) == []


@pytest.mark.parametrize("path", IN_THE_ZIP)
def test_a_file_of_the_zip_is_valid(path):
    assert wsdl.problems(IN_THE_ZIP[path]) == []


@pytest.mark.parametrize("path", [path for path in IN_THE_PROJECT if path.endswith(".xml")])
def test_a_file_of_the_project_is_valid(path):
    assert wsdl.problems(IN_THE_PROJECT[path]) == []


FIELD = to_xml(
    "CustomField",
    {"defaultValue": False, "label": "SMS Opt Out", "type": "Checkbox"},
    "SMS_Opt_Out__c",
)
VALUES = "<valueSetDefinition><sorted>false</sorted></valueSetDefinition>"


@pytest.mark.parametrize(
    "old,new,finding",
    [
        ("<label>", "<labels>x</labels><label>", "This element is not expected"),
        ("Checkbox", "Tickbox", "is not an element of the set"),
        ("<type>Checkbox</type>", "<type/>", "is not an element of the set"),
        (
            "<label>SMS Opt Out</label>\n    <type>Checkbox</type>",
            "<type>Checkbox</type><label>SMS Opt Out</label>",
            "This element is not expected",
        ),
        ("<label>", "<length>long</length><label>", "is not expected"),
        ("<type>", "<length>long</length><type>", "not a valid value of the atomic type"),
        ("<type>", "<precision>1.5</precision><type>", "not a valid value of the atomic type"),
        ("<type>", "<required>yes</required><type>", "not a valid value of the atomic type"),
        ("<label>", "<label>twice</label><label>", "is not expected"),
        ("</CustomField>", "<valueSet><value/></valueSet></CustomField>", "is not expected"),
        ("</CustomField>", f"<valueSet>{VALUES}x</valueSet></CustomField>", "not allowed"),
        ("<CustomField ", '<CustomField label="x" ', "attribute 'label' is not allowed"),
        ("CustomField", "CustomFeld", "No matching global declaration"),
        ("2006/04/metadata", "2006/04/other", "No matching global declaration"),
        ("</type>", "</typ>", "mismatch"),
    ],
)
def test_a_mistake_is_found(old, new, finding):
    assert wsdl.problems(FIELD) == []

    found = wsdl.problems(FIELD.replace(old, new))

    assert finding in " ".join(found)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: f"{each.kind}:{each.name}")
def test_a_mistake_is_found_in_every_component(component):
    """Each component is really looked into: what it may not have is found in each of them."""
    wrong = {**component.body, "zzz": "an element that no type has"}

    assert wsdl.problems(to_xml(component.kind, wrong))
