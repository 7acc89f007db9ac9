"""List views, report types and reports: whole, and of fields that there are."""

from typing import Any

import pytest

from connector.footprint import FieldKind, everything
from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.list_views import list_views
from connector.footprint.people import PEOPLE
from connector.footprint.report_types import STANDARD_COLUMNS, report_types
from connector.footprint.reports import FOLDER, reports
from connector.footprint.xml import to_xml
from tests.footprint import known, wsdl


VIEWS = list_views()
#: What each report type has, by its name.
TYPES: dict[str, Any] = {each.name: each.body for each in report_types()}
REPORTS = [each for each in reports() if each.kind == "Report"]

#: Seen in list views of public projects, such as trailheadapps/coral-cloud.
STANDARD_OF_VIEWS = {"FULL_NAME", "CORE.USERS.ALIAS", "NAME"}
BLANK = ""


def named(component):
    return component.name


def fits(of, field, operator, value):
    """Whether the filter can find anything."""
    spec = known.OURS.get((of, field))
    if spec is None or value == BLANK:
        return operator in {"equals", "notEqual"}
    if spec.kind is FieldKind.CHECKBOX:
        return value in {"0", "1"}
    if spec.kind is FieldKind.PICKLIST:
        return set(value.split(",")) <= set(spec.values)
    return spec.kind is FieldKind.DATETIME and value == "TODAY"


@pytest.mark.parametrize(
    "component", [*VIEWS, *report_types(), *reports()], ids=lambda each: f"{each.name}"
)
class TestEveryOne:
    def test_is_valid_by_the_wsdl(self, component):
        xml = to_xml(component.kind, component.body, component.name)

        assert wsdl.problems(xml) == []

    def test_is_in_the_footprint(self, component):
        assert component in everything().components()

    def test_belongs_to_its_part(self, component):
        assert component.part == ("core" if component.kind == "ListView" else "reports")


@pytest.mark.parametrize("view", VIEWS, ids=named)
class TestListView:
    def test_shows_fields_that_there_are(self, view):
        for column in view.body["columns"]:
            assert column in STANDARD_OF_VIEWS or known.exists(view.parent, column)

    def test_shows_each_once_and_the_name_first(self, view):
        columns = view.body["columns"]

        assert columns[0] == ("FULL_NAME" if view.parent in PEOPLE else "NAME")
        assert len(columns) == len(set(columns)) <= 15

    def test_filters_by_what_can_be(self, view):
        for each in view.body["filters"]:
            value = each.get("value", BLANK)
            assert fits(view.parent, each["field"], each["operation"], value)

    def test_has_a_label_that_fits(self, view):
        assert 0 < len(view.body["label"]) <= 40
        assert view.body["label"].startswith("SMS: ") == (view.parent in PEOPLE)

    def test_is_of_all_records(self, view):
        assert view.body["filterScope"] == "Everything"


@pytest.mark.parametrize("name", TYPES)
class TestReportType:
    def test_has_all_fields_of_its_object(self, name):
        body = TYPES[name]
        of = body["baseObject"]
        [section] = body["sections"]
        columns = [each["field"] for each in section["columns"]]

        assert {each["table"] for each in section["columns"]} == {of}
        assert sorted(columns) == sorted(
            [
                *STANDARD_COLUMNS[of],
                *(field for object_name, field in known.OURS if object_name == of),
            ]
        )

    def test_can_be_used_by_all(self, name):
        assert TYPES[name]["deployed"] is True

    def test_has_texts_that_fit(self, name):
        assert 0 < len(TYPES[name]["label"]) <= 50
        assert 0 < len(TYPES[name]["description"]) <= 255


@pytest.mark.parametrize("report", REPORTS, ids=named)
class TestReport:
    def test_lies_in_the_folder(self, report):
        assert report.parent == FOLDER

    def test_is_made_from_a_type_of_ours(self, report):
        assert report.body["reportType"].removesuffix("__c") in TYPES

    def test_names_columns_of_its_type(self, report):
        of, offered = _offered(report)
        for column in _columns(report):
            start, _, field = column.partition("$")
            assert start == of
            assert field in offered

    def test_shows_each_column_once(self, report):
        groups = [each["field"] for each in report.body["groupingsDown"]]
        shown = [each["field"] for each in report.body["columns"]]

        assert len({*groups, *shown}) == len(groups) + len(shown)

    def test_adds_up_numbers_only(self, report):
        of, _ = _offered(report)
        for column in report.body["columns"]:
            if "aggregateTypes" in column:
                spec = known.OURS[of, column["field"].partition("$")[2]]
                # Shares of unlike wholes cannot be added up.
                assert spec.kind is FieldKind.NUMBER

    def test_filters_by_what_can_be(self, report):
        of, _ = _offered(report)
        for each in report.body["filter"]["criteriaItems"]:
            field = each["column"].partition("$")[2]
            assert fits(of, field, each["operator"], each["value"])

    def test_counts_nothing_twice(self, report):
        """The rows of a campaign count the same messages by total, day, hour and split."""
        of, _ = _offered(report)
        filters = {
            each["column"].partition("$")[2]: each["value"]
            for each in report.body["filter"]["criteriaItems"]
        }

        if of == CAMPAIGN_STAT.name:
            assert filters["Period__c"] in {"Total", "Day"}
            assert filters["Split_By__c"] == BLANK

    def test_narrows_by_a_time(self, report):
        of, _ = _offered(report)
        column = report.body["timeFrameFilter"]["dateColumn"].partition("$")[2]

        assert known.OURS[of, column].kind is FieldKind.DATETIME

    def test_has_texts_that_fit(self, report):
        assert 0 < len(report.body["name"]) <= 40
        assert 0 < len(report.body["description"]) <= 255


def test_the_folder_comes_before_what_is_in_it():
    first, *_ = reports()

    assert (first.kind, first.name) == ("ReportFolder", FOLDER)


@pytest.mark.parametrize("subject", ["Failures_by_Reason", "Numbers_to_Review", "Opt_Outs"])
def test_there_is_a_report_for_each_object_of_people(subject):
    found = {report.own_name for report in REPORTS if report.own_name.startswith(subject)}

    assert {f"{person}s" for person in PEOPLE} <= {name.rpartition("_")[2] for name in found}


def _offered(report):
    """The object of the report, and the fields that its type offers."""
    body = TYPES[report.body["reportType"].removesuffix("__c")]
    [section] = body["sections"]
    return body["baseObject"], {each["field"] for each in section["columns"]}


def _columns(report):
    body = report.body
    yield from (each["field"] for each in body["columns"])
    yield from (each["field"] for each in body["groupingsDown"])
    yield from (each["column"] for each in body["filter"]["criteriaItems"])
    yield body["timeFrameFilter"]["dateColumn"]
