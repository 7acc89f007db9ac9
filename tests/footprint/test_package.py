"""The zip and the project: each component once, the same bytes for the same components."""

import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile

import pytest

from connector.footprint import DEFAULT_PARTS, PARTS, everything, footprint, zip_of
from connector.footprint.component import Component
from connector.footprint.package import manifest, package
from connector.footprint.project import files
from connector.footprint.xml import to_xml


SPACE = "{http://soap.sforce.com/2006/04/metadata}"
COMPONENTS = everything().components()


def listed(text):
    """What a manifest lists: names by kind."""
    root = ET.fromstring(text)  # noqa: S314 (our own text)
    return {
        types.findtext(f"{SPACE}name"): [each.text for each in types.findall(f"{SPACE}members")]
        for types in root.findall(f"{SPACE}types")
    }


def test_the_manifest_lists_every_component():
    names = listed(manifest(COMPONENTS, "66.0"))

    assert sum(map(len, names.values())) == len(COMPONENTS)
    assert "Contact.SMS_Opt_Out__c" in names["CustomField"]
    assert names["CustomObject"] == [
        "SMS_Campaign_Stat__c",
        "SMS_Delivery__e",
        "SMS_Message__c",
    ]


def test_the_manifest_does_not_claim_standard_objects():
    """Naming Contact would deploy the object, settings and all."""
    assert not {"Contact", "Lead"} & set(listed(manifest(COMPONENTS, "66.0"))["CustomObject"])


def test_a_folder_is_listed_before_its_reports():
    folder = Component(kind="ReportFolder", name="SMS", body={"name": "SMS"})
    report = Component(kind="Report", name="SMS/Failures", body={"name": "Failures"})

    assert listed(manifest([report, folder], "66.0")) == {"Report": ["SMS", "SMS/Failures"]}
    assert list(package([report, folder], api_version="66.0")) == [
        "package.xml",
        "reports/SMS-meta.xml",
        "reports/SMS/Failures.report",
    ]
    assert set(files([report, folder], api_version="66.0")) == {
        "sfdx-project.json",
        "force-app/main/default/reports/SMS.reportFolder-meta.xml",
        "force-app/main/default/reports/SMS/Failures.report-meta.xml",
    }


def test_fields_and_list_views_stand_within_their_object():
    packed = package(COMPONENTS, api_version="66.0")

    contact = ET.fromstring(packed["objects/Contact.object"])  # noqa: S314 (our own text)
    stat = ET.fromstring(packed["objects/SMS_Campaign_Stat__c.object"])  # noqa: S314

    assert {each.tag for each in contact} <= {f"{SPACE}fields", f"{SPACE}listViews"}
    assert "SMS_Opt_Out__c" in [
        each.findtext(f"{SPACE}fullName") for each in contact.findall(f"{SPACE}fields")
    ]
    assert stat.findtext(f"{SPACE}label") == "SMS Campaign Stat"


def test_the_zip_holds_the_files_of_the_package():
    packed = zip_of(COMPONENTS, api_version="66.0")

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name).decode() for name in archive.namelist()} == package(
            COMPONENTS, api_version="66.0"
        )


def test_the_same_components_are_the_same_bytes():
    assert zip_of(COMPONENTS, api_version="66.0") == zip_of(COMPONENTS, api_version="66.0")


def test_nothing_is_a_package_too():
    assert listed(manifest([], "66.0")) == {}
    assert list(package([], api_version="66.0")) == ["package.xml"]


def test_a_kind_without_a_place_is_refused():
    strange = Component(kind="Dashboard", name="X", body={})

    with pytest.raises(ValueError, match="Dashboard has no place yet"):
        package([strange], api_version="66.0")


def test_characters_that_paths_cannot_have_are_escaped():
    layout = Component(kind="Layout", name="X__c-A (b) %", body={})

    assert "layouts/X__c-A %28b%29 %25.layout" in package([layout], api_version="66.0")


def test_the_project_has_a_package_directory_a_part():
    project = files(COMPONENTS, api_version="66.0")
    told = json.loads(project["sfdx-project.json"])

    folders = [each["path"] for each in told["packageDirectories"]]
    assert folders[0] == "force-app"
    assert [each["path"] for each in told["packageDirectories"] if each["default"]] == [
        "force-app"
    ]
    assert told["sourceApiVersion"] == "66.0"
    assert {path.partition("/")[0] for path in project} == {*folders, "sfdx-project.json"}


@pytest.mark.parametrize("path", files(COMPONENTS, api_version="66.0"))
def test_a_path_is_one_that_every_file_system_takes(path):
    assert not set(path) & set('\\:*?"<>|')
    assert len(path) < 200


def test_the_core_is_always_there_and_parts_come_in_order():
    assert footprint([]).parts == ("core",)
    assert footprint(["messages", "flows"]).parts == ("core", "flows", "messages")
    assert footprint(["events"]).parts == ("core", "flows", "events")
    assert everything().parts == tuple(PARTS)


def test_what_costs_something_is_left_out_unless_asked_for():
    assert "messages" not in DEFAULT_PARTS
    assert "events" not in DEFAULT_PARTS
    assert [each.name for each in footprint().objects] == ["SMS_Campaign_Stat__c"]


def test_the_parts_together_are_the_whole():
    by_part = everything().by_part()

    assert list(by_part) == list(PARTS)
    assert all(by_part.values())
    assert sorted(each.name for part in by_part.values() for each in part) == sorted(
        each.name for each in COMPONENTS
    )


def test_an_unknown_part_is_named():
    with pytest.raises(ValueError, match="no such part: reprots; there are core, reports"):
        footprint(["reprots"])


def test_every_component_is_of_a_known_part():
    assert {each.part for each in COMPONENTS} <= PARTS.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_can_be_deployed_with_those_that_it_needs(part):
    """Every object, field and flow of ours that a part's metadata names comes along."""
    alone = footprint([part])
    ours = {*(each.name for each in everything().objects), *(names_of(COMPONENTS, "Flow"))}
    there = {*(each.name for each in alone.objects), *(names_of(alone.components(), "Flow"))}

    for each in alone.components():
        named = set(re.findall(r"\b[A-Za-z]\w*\b", to_xml(each.kind, each.body)))
        assert named & ours <= there, each.name


def names_of(components, kind):
    return {each.name for each in components if each.kind == kind}
