"""List views, layouts, tabs, apps, reports: each names things that must be there."""

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


LIST = """<listViews><fullName>All</fullName>{}<filterScope>Everything</filterScope>
  <filters><field>{}</field><operation>equals</operation><value>x</value></filters>
  <label>All</label></listViews>"""
TAB = "<customObject>true</customObject><motif>Custom53: Bell</motif>"
APP = "<label>App</label><tabs>standard-home</tabs><tabs>Stat__c</tabs>"
ITEM = "<layoutItems><behavior>Edit</behavior><field>{}</field></layoutItems>"
SECTION = """<layoutSections><customLabel>true</customLabel><detailHeading>true</detailHeading>
  <editHeading>true</editHeading><label>One</label><layoutColumns>{}</layoutColumns>
  <layoutColumns/><style>TwoColumnsTopToBottom</style></layoutSections>"""
REPORT = """<columns><field>{column}</field></columns><format>Summary</format>
  <groupingsDown><dateGranularity>Day</dateGranularity><field>Stat__c.Campaign__c</field>
    <sortOrder>Asc</sortOrder></groupingsDown>
  <name>A report</name><reportType>{kind}</reportType><scope>organization</scope>
  <showDetails>true</showDetails>
  <timeFrameFilter><dateColumn>CUST_CREATED_DATE</dateColumn>
    <interval>INTERVAL_CUSTOM</interval></timeFrameFilter>"""
CAMPAIGN = (
    "<type>Lookup</type><referenceTo>Campaign</referenceTo>"
    "<relationshipName>Stats</relationshipName>"
)
TYPE = """<baseObject>Campaign</baseObject><category>other</category><deployed>true</deployed>
  <join><outerJoin>false</outerJoin><relationship>{}</relationship></join>
  <label>Type</label><sections><columns><checkedByDefault>true</checkedByDefault>
  <field>{}</field><table>Campaign.Stats__r</table></columns><masterLabel>One</masterLabel>
  </sections>"""


@pytest.fixture
def org(org):
    enabled = "<enableReports>true</enableReports>"
    body = STAT + enabled + field("Key__c") + field("Campaign__c", CAMPAIGN)
    assert org.deploy(package(objects__Stat__c=body)).success
    return org


def view(*columns, by="NAME"):
    return LIST.format("".join(f"<columns>{name}</columns>" for name in columns), by)


def report(column="Stat__c.Key__c", kind="CustomEntity$Stat__c", *, folder=True):
    files = {
        "package.xml": manifest(Report=["SMS", "SMS/One"] if folder else ["SMS/One"]),
        "reports/SMS/One.report": file_of("Report", REPORT.format(column=column, kind=kind)),
    }
    if folder:
        files["reports/SMS-meta.xml"] = file_of("ReportFolder", "<name>SMS</name>")
    return zipped(files)


def found(org, soql):
    return org.queries.run(soql, user=org.users["admin@example.com"], base="")["records"]


class TestListViews:
    def test_a_view_is_there(self, org):
        result = org.deploy(
            package(objects__Contact=view("FULL_NAME", "SMS_Gateway__c", by="CONTACT.EMAIL"))
        )

        rows = found(org, "SELECT DeveloperName, SobjectType FROM ListView")
        assert result.success
        assert (rows[0]["DeveloperName"], rows[0]["SobjectType"]) == ("All", "Contact")

    @pytest.mark.parametrize(
        "name,column",
        [
            ("Contact", "MobilePhone"),
            ("Contact", "Nothing__c"),
            ("Stat__c", "CreatedDate"),
            ("Stat__c", "FULL_NAME"),
            ("Lead", "LEAD.NOTHING"),
        ],
    )
    def test_its_columns_have_names_of_their_own(self, org, name, column):
        data = package(
            types={"ListView": [f"{name}.All"]}, **{f"objects__{name}": view(column)}
        )

        assert problems(org.deploy(data)) == [
            ("ListView", f"{name}.All", f"Could not resolve list view column: {column}")
        ]


class TestPlaces:
    def test_layout_tab_and_app_go_together(self, org):
        layout = SECTION.format(ITEM.format("Key__c"))

        result = org.deploy(
            package(
                tabs__Stat__c=TAB,
                applications__App=APP,
                **{"layouts__Stat__c-Stat Layout": layout},
            )
        )

        assert result.success

    @pytest.mark.parametrize(
        "files,problem",
        [
            (
                {"tabs__No__c": TAB},
                "In field: customObject - no CustomObject named No__c found",
            ),
            ({"tabs__Stat__c": "<customObject>true</customObject>"}, "missing: motif"),
            ({"applications__App": APP}, "In field: tab - no CustomTab named Stat__c found"),
            (
                {"layouts__Stat__c-One": SECTION.format(ITEM.format("No__c"))},
                "In field: field - no CustomField named Stat__c.No__c found",
            ),
            (
                {"layouts__Stat__c-One": SECTION.format(ITEM.format("Key__c") * 2)},
                "Duplicate layout item: Key__c",
            ),
            (
                {"layouts__Campaign-One": SECTION.format(ITEM.format("Status"))},
                "Layout must contain an item for required layout field: Name",
            ),
        ],
    )
    def test_what_they_name_must_be_there(self, org, files, problem):
        assert problem in problems(org.deploy(package(**files)))[0][2]


class TestReports:
    def test_a_report_of_a_new_folder_is_there(self, org):
        result = org.deploy(report())

        rows = found(org, "SELECT Name, FolderName, Format FROM Report")
        assert result.success
        assert (rows[0]["Name"], rows[0]["FolderName"]) == ("A report", "SMS")
        assert len(found(org, "SELECT Id FROM Folder WHERE DeveloperName = 'SMS'")) == 1

    def test_its_folder_must_be_there(self, org):
        assert problems(org.deploy(report(folder=False))) == [
            ("Report", "SMS/One", "Cannot find folder:SMS")
        ]

    @pytest.mark.parametrize(
        "column,kind,problem",
        [
            ("Stat__c.No__c", "CustomEntity$Stat__c", "Invalid field name: Stat__c.No__c"),
            ("NOTHING", "CustomEntity$Stat__c", "Invalid field name: NOTHING"),
            ("Stat__c.Key__c", "CustomEntity$No__c", "no report type named CustomEntity$No__c"),
            ("Stat__c.Key__c", "Nothing", "no report type named Nothing found"),
            (
                "Stat__c.Campaign__c",
                "CustomEntity$Stat__c",
                "can not be both a grouping and a detail column",
            ),
        ],
    )
    def test_type_and_columns_must_be_there(self, org, column, kind, problem):
        assert problem in problems(org.deploy(report(column, kind)))[-1][2]

    def test_an_object_without_reports_has_no_report_type(self, org):
        org.deploy(package(objects__Stat__c=STAT))

        assert "no report type named" in problems(org.deploy(report()))[0][2]

    def test_a_type_joins_by_child_relationship(self, org):
        good = org.deploy(package(reportTypes__Type=TYPE.format("Stats__r", "Key__c")))
        bad = org.deploy(package(reportTypes__Other=TYPE.format("Nothing__r", "Key__c")))

        assert good.success
        assert "no child relationship named Nothing__r found on Campaign" in problems(bad)[0][2]

    def test_a_types_columns_are_fields(self, org):
        body = TYPE.format("Stats__r", "Key__c").replace("Campaign.Stats__r", "Campaign")

        result = org.deploy(package(reportTypes__Type=body))

        assert problems(result)[0][2] == (
            "In field: field - no CustomField named Campaign.Key__c found"
        )


def test_a_validation_rule_and_a_record_type_show_in_queries(org):
    body = """
      <recordTypes><fullName>Big</fullName><active>true</active><label>Big</label></recordTypes>
      <validationRules><fullName>Never</fullName><active>true</active>
        <errorConditionFormula>true</errorConditionFormula><errorMessage>No</errorMessage>
      </validationRules>"""

    result = org.deploy(package(objects__Stat__c=STAT + field("Key__c", TEXT) + body))

    admin = org.users["admin@example.com"]
    rules = org.tooling.run("SELECT ErrorMessage FROM ValidationRule", user=admin, base="")
    assert result.success
    assert found(org, "SELECT DeveloperName FROM RecordType")[0]["DeveloperName"] == "Big"
    assert rules["records"][0]["ErrorMessage"] == "No"
