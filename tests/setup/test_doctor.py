"""The doctor: ways of breaking an org or its settings, and that exactly that is named."""

import contextlib
import dataclasses
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connector.clock import system_clock
from connector.emulator import (
    INTEGRATION_USER,
    AssignmentRule,
    BrokenFlow,
    DuplicateRule,
    ValidationRule,
    WSGIAdapter,
    create_app,
)
from connector.emulator.kinds import picklist, text
from connector.emulator.rules import ApexTrigger
from connector.settings import Settings
from connector.setup import binding
from connector.wiring.local import open_store
from tests.setup.clinic import API_ONLY, PERMISSION_SET, AppKey, clinic
from tests.support import doctor
from tests.support.sms_org import STATUSES


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return AppKey.make(tmp_path_factory.mktemp("key"))


@pytest.fixture
def healthy(tmp_path, key):
    with clinic(tmp_path, key) as made:
        yield made


def one_broken(report, name):
    """The finding of this name, once it is clear that nothing else is broken."""
    assert report.of("broken") == {name}
    assert report.exit_code == 1
    assert report.names <= doctor.names(), "write down what it means"
    finding = report.finding(name)
    assert finding["cure"]
    assert "{" not in finding["cure"] + finding["where"]
    return finding


def remove(org, name, of_object="Contact"):
    known = org.schema.sobject(of_object)
    kept = tuple(field for field in known.fields if field.name != name)
    org.add_object(dataclasses.replace(known, fields=kept))


class TestHealthyOrg:
    def test_is_found_so(self, healthy):
        report = healthy.report()

        assert report.of("broken", "warning") == set()
        assert report.exit_code == 0
        assert report.checks("skipped") == set()

    def test_is_only_read(self, healthy):
        healthy.org.calls.clear()

        healthy.report()

        others = [call for call in healthy.org.calls if not call.startswith("GET ")]
        assert all("/oauth2/token" in call for call in others), others
        assert not Path(healthy.variables["CONNECTOR_DATA_FOLDER"]).exists()


class TestSettings:
    def test_a_missing_setting_is_named_and_nothing_else_can_be_looked_at(self, healthy):
        healthy.unset("SALESFORCE_CLIENT_ID")

        report = healthy.report()

        assert report.of("broken") == {"settings-incomplete"}
        assert report.exit_code == 2
        assert "CONNECTOR_SALESFORCE_CLIENT_ID" in report.finding("settings-incomplete")["what"]
        assert {"address", "login", "fields", "limits"} <= report.checks("skipped")

    def test_a_mistake_in_a_mapping_is_named_with_its_line(self, healthy, tmp_path):
        (tmp_path / "contact.yaml").write_text("object: Contact\nfields:\n  A__c: delivery.x\n")
        healthy.set(MAPPINGS=tmp_path)

        finding = one_broken(healthy.report(), "mapping-wrong")

        assert "contact.yaml:3: A__c" in finding["what"]


class TestNetwork:
    def test_a_name_without_address(self, healthy):
        healthy.set(SALESFORCE_LOGIN_URL="https://nowhere.invalid")

        finding = one_broken(healthy.report(), "name-unknown")

        assert "nowhere.invalid" in finding["what"]
        assert "My Domain" in finding["where"]

    def test_a_port_where_nobody_listens(self, healthy):
        healthy.set(SALESFORCE_LOGIN_URL="https://127.0.0.1:9")

        one_broken(healthy.report(), "network-closed")

    def test_an_authority_that_is_not_trusted(self, healthy):
        healthy.unset("SALESFORCE_CA_FILE")

        finding = one_broken(healthy.report(), "tls-not-trusted")

        assert "CONNECTOR_SALESFORCE_CA_FILE" in finding["cure"]

    def test_an_org_under_maintenance_has_not_moved(self, healthy):
        healthy.org.faults.unavailable(times=None)

        finding = one_broken(healthy.report(), "no-answer")

        assert finding["check"] == "address"

    def test_a_web_page_instead_of_the_api(self, healthy):
        healthy.org.faults.maintenance_page(path="/services/data/$", times=None)

        one_broken(healthy.report(), "login-url-moved")


class TestClock:
    @pytest.mark.parametrize("minutes", [-4, 3])
    def test_a_clock_that_is_off_spoils_logins(self, tmp_path, key, minutes):
        off = timedelta(minutes=minutes)
        with clinic(tmp_path, key, clock=lambda: system_clock() + off) as org:
            report = org.report()

        finding = one_broken(report, "clock-off")
        assert "NTP" in finding["cure"]
        assert "login" in report.checks("skipped")

    def test_a_clock_that_drifts_is_a_warning(self, tmp_path, key):
        off = timedelta(seconds=50)
        with clinic(tmp_path, key, clock=lambda: system_clock() + off) as org:
            report = org.report()

        assert "clock-drifts" in report.of("warning")
        assert report.exit_code == 0


def lay_certificate(key, *, ends, starts=timedelta(days=-400), private=None):
    """A certificate beside the key, valid from and to so long from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")])
    private = private or key.private
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(system_clock() + starts)
        .not_valid_after(system_clock() + ends)
        .sign(private, hashes.SHA256())
    )
    key.file.with_suffix(".crt").write_bytes(made.public_bytes(Encoding.PEM))


@pytest.fixture
def own_key(tmp_path):
    """A key whose folder this test may write to."""
    return AppKey.make(tmp_path)


class TestCertificate:
    def test_one_that_has_expired(self, tmp_path, own_key):
        lay_certificate(own_key, ends=timedelta(days=-3))

        with clinic(tmp_path, own_key) as org:
            finding = one_broken(org.report(), "certificate-expired")

        assert "app.crt was valid until" in finding["what"]
        assert "upload" in finding["cure"]

    def test_one_that_ends_soon_is_a_warning(self, tmp_path, own_key):
        lay_certificate(own_key, ends=timedelta(days=12))

        with clinic(tmp_path, own_key) as org:
            report = org.report()

        assert "11 days left" in report.finding("certificate-ends-soon")["what"]
        assert report.exit_code == 0

    def test_one_of_another_key_is_a_warning(self, tmp_path, own_key, key):
        lay_certificate(own_key, ends=timedelta(days=300), private=key.private)

        with clinic(tmp_path, own_key) as org:
            report = org.report()

        assert "certificate-of-another-key" in report.of("warning")

    def test_one_that_holds_is_told(self, tmp_path, own_key):
        lay_certificate(own_key, ends=timedelta(days=300))

        with clinic(tmp_path, own_key) as org:
            report = org.report()

        [finding] = [each for each in report.findings if each["check"] == "certificate"]
        assert finding["level"] == "ok"
        assert "is valid until" in finding["what"]


class TestLogin:
    def test_an_audience_that_the_org_does_not_take(self, healthy):
        healthy.set(SALESFORCE_AUDIENCE="https://test.example.com")

        finding = one_broken(healthy.report(), "audience-wrong")

        assert "CONNECTOR_SALESFORCE_AUDIENCE" in finding["cure"]

    def test_a_consumer_key_that_nobody_knows(self, healthy):
        healthy.set(SALESFORCE_CLIENT_ID="somebody-elses-app")

        finding = one_broken(healthy.report(), "consumer-key-unknown")

        assert "Consumer Key" in finding["where"]

    def test_a_user_whom_nobody_approved_for_the_app(self, healthy):
        healthy.org.add_user("other@example.com")
        healthy.set(SALESFORCE_USERNAME="other@example.com")

        finding = one_broken(healthy.report(), "user-not-approved")

        assert "Permitted Users" in finding["where"]
        assert "other@example.com" in finding["what"]

    def test_a_key_that_is_not_that_of_the_app(self, healthy, own_key):
        healthy.set(SALESFORCE_PRIVATE_KEY_FILE=own_key.file)

        one_broken(healthy.report(), "key-refused")

    def test_a_wrong_client_secret(self, healthy):
        healthy.org.register_app("secret-app", secret="right")
        healthy.unset("SALESFORCE_PRIVATE_KEY_FILE", "SALESFORCE_USERNAME")
        healthy.set(SALESFORCE_CLIENT_ID="secret-app", SALESFORCE_CLIENT_SECRET="wrong")

        one_broken(healthy.report(), "client-secret-wrong")

    def test_an_app_that_runs_as_nobody(self, healthy):
        healthy.org.register_app("secret-app", secret="right", run_as="gone@example.com")
        healthy.unset("SALESFORCE_PRIVATE_KEY_FILE", "SALESFORCE_USERNAME")
        healthy.set(SALESFORCE_CLIENT_ID="secret-app", SALESFORCE_CLIENT_SECRET="right")

        finding = one_broken(healthy.report(), "run-as-missing")

        assert "Run As" in finding["where"]

    @pytest.mark.parametrize("way", ["deactivate", "freeze"])
    def test_a_user_that_is_not_active_or_frozen(self, healthy, way):
        getattr(healthy.org, way)(INTEGRATION_USER)

        finding = one_broken(healthy.report(), "user-inactive")

        assert "Active" in finding["where"]
        assert "Unfreeze" in finding["cure"]

    @pytest.mark.parametrize(
        "way, name", [("deactivate", "user-inactive"), ("freeze", "user-frozen")]
    )
    def test_which_of_the_two_an_administrator_may_ask(self, healthy, key, tmp_path, way, name):
        env = healthy.admin_env(tmp_path / "salesforce.env", key)
        getattr(healthy.org, way)(INTEGRATION_USER)

        one_broken(healthy.report("--env", str(env)), name)

    @pytest.mark.parametrize(
        "error, description, name",
        [
            ("invalid_app_access", "user is not admin approved", "user-not-approved"),
            ("invalid_grant", "request not supported on this domain", "login-domain-wrong"),
            ("invalid_grant", "user is locked", "user-frozen"),
            ("invalid_grant", "ip restricted", "login-restricted"),
            ("invalid_grant", "authentication failure", "login-refused"),
            ("invalid_grant", "certificate expired", "key-refused"),
            ("unsupported_grant_type", "grant type not supported", "flow-not-enabled"),
            ("invalid_scope", "the requested scope is not allowed", "scope-missing"),
            ("app_not_found", "External client app is not installed", "consumer-key-unknown"),
            ("something_new", "", "login-refused"),
        ],
    )
    def test_whatever_else_salesforce_says(self, healthy, error, description, name):
        body = {"error": error, "error_description": description}
        healthy.org.faults.add(
            "answer", status=400, body=body, path="/oauth2/token", times=None
        )

        one_broken(healthy.report(), name)


class TestApi:
    def test_a_version_that_was_retired(self, healthy):
        healthy.set(SALESFORCE_API_VERSION="30.0")

        finding = one_broken(healthy.report(), "api-version-retired")

        assert "31.0 to 68.0" in finding["cure"]

    def test_a_version_that_is_old_is_a_warning(self, healthy):
        healthy.set(SALESFORCE_API_VERSION="58.0")

        report = healthy.report()

        assert "api-version-old" in report.of("warning")
        assert report.exit_code == 0

    def test_a_day_whose_calls_are_used_up(self, healthy):
        healthy.org.faults.daily_limit(path="/services/data/v", times=None)

        finding = one_broken(healthy.report(), "calls-used-up")

        assert "Company Information" in finding["where"]

    def test_calls_of_which_our_share_is_used(self, healthy):
        healthy.org.usage.spend(60_000)

        report = healthy.report()

        assert "60,0" in report.finding("calls-scarce")["what"]
        assert report.exit_code == 0

    def test_a_session_that_a_policy_refuses(self, healthy):
        healthy.org.faults.session_refused(path="/services/data/v", times=None)

        one_broken(healthy.report(), "session-refused")

    def test_an_org_under_maintenance(self, healthy):
        healthy.org.faults.unavailable(path="/services/data/v", times=None)

        finding = one_broken(healthy.report(), "no-answer")

        assert "status.salesforce.com" in finding["where"]

    def test_a_user_without_api_enabled(self, healthy):
        for name in (API_ONLY, PERMISSION_SET):
            healthy.org.permit(name, "ApiEnabled", on=False)

        finding = one_broken(healthy.report(), "api-disabled")

        assert "API Enabled" in finding["where"]


class TestOrganization:
    def test_a_sandbox_that_was_refreshed(self, healthy):
        healthy.set(SALESFORCE_ORG_ID="00D000000000009EAA")

        finding = one_broken(healthy.report(), "other-org")

        assert healthy.org.id in finding["what"]
        assert "connector org bind" in finding["cure"]

    def test_a_database_that_belongs_to_another_org(self, healthy):
        settings = Settings.from_environment(healthy.variables)
        with contextlib.closing(open_store(settings)) as store:
            binding.bind(store, "00D000000000009EAA")

        finding = one_broken(healthy.report(), "other-org")

        assert "the database says 00D000000000009EAA" in finding["what"]


class TestPermissions:
    def test_a_permission_set_that_is_not_there(self, healthy):
        healthy.org.unassign(PERMISSION_SET, INTEGRATION_USER)
        for each in healthy.org.records("PermissionSet"):
            if each["Name"] == PERMISSION_SET:
                healthy.org.purge("PermissionSet", each["Id"])

        finding = one_broken(healthy.report(), "permission-set-missing")

        assert "connector setup apply" in finding["cure"]

    def test_a_permission_set_that_is_not_assigned(self, healthy):
        healthy.org.unassign(PERMISSION_SET, INTEGRATION_USER)

        finding = one_broken(healthy.report(), "permission-set-not-assigned")

        assert INTEGRATION_USER in finding["cure"]
        assert "Manage Assignments" in finding["where"]

    def test_a_permission_set_that_grants_too_little_is_a_warning(self, healthy):
        healthy.org.permit(PERMISSION_SET, "ViewRoles", on=False)

        report = healthy.report()

        finding = report.finding("permission-set-outdated")
        assert finding["what"] == "SMS_Connector does not grant: the permission ViewRoles"
        assert report.exit_code == 0


class TestObjects:
    def test_an_object_that_is_hidden(self, healthy):
        healthy.org.schema.hide("Lead")

        finding = one_broken(healthy.report(), "object-hidden")

        assert "Lead" in finding["what"]

    def test_an_object_of_ours_that_is_hidden_is_a_warning(self, healthy):
        healthy.org.schema.hide("SMS_Campaign_Stat__c")

        report = healthy.report()

        assert "SMS_Campaign_Stat__c" in report.finding("own-object-missing")["what"]
        assert report.exit_code == 0

    def test_parts_that_were_not_asked_for_are_not_missed(self, healthy):
        without, with_messages = healthy.report(), healthy.report("--parts", "core,messages")

        assert "own-object-missing" not in without.names
        assert "SMS_Message__c" in with_messages.finding("own-object-missing")["what"]

    def test_a_required_field_that_somebody_added_to_ours(self, healthy):
        field = text("Cost_Centre__c", "Cost Centre", 20, nillable=False)
        healthy.org.add_fields("SMS_Campaign_Stat__c", field)

        finding = one_broken(healthy.report(), "required-field")

        assert "SMS_Campaign_Stat__c.Cost_Centre__c" in finding["what"]
        assert "Cost_Centre__c" in finding["where"]


class TestFields:
    def test_one_that_is_hidden(self, healthy):
        for each in healthy.org.records("FieldPermissions"):
            if each["Field"] == "Contact.SMS_Opt_Out__c":
                healthy.org.purge("FieldPermissions", each["Id"])

        report = healthy.report()

        finding = one_broken(report, "field-hidden")
        assert finding["what"] == "Contact.SMS_Opt_Out__c: hidden by field-level security"
        assert "Contact > Edit > Field Permissions" in finding["where"]

    def test_one_that_is_missing(self, healthy):
        remove(healthy.org, "SMS_Opt_Out__c")

        report = healthy.report()

        finding = one_broken(report, "field-missing")
        assert "connector setup apply" in finding["cure"]

    def test_one_that_is_either_where_nobody_tells(self, healthy):
        healthy.org.permit(PERMISSION_SET, "ViewSetup", on=False)
        remove(healthy.org, "SMS_Opt_Out__c")

        one_broken(healthy.report(), "field-missing-or-hidden")

    def test_one_that_is_read_only(self, healthy):
        healthy.org.schema.protect("Lead", "SMS_Status_At__c")

        finding = one_broken(healthy.report(), "field-read-only")

        assert finding["what"].startswith("Lead.SMS_Status_At__c: ")

    def test_a_picklist_that_lacks_a_value(self, healthy):
        values = [each for each in STATUSES if each != "Expired"]
        field = picklist("SMS_Delivery_Status__c", "Status", *values, restricted=True)
        healthy.org.add_fields("Contact", field)

        finding = one_broken(healthy.report(), "picklist-value-missing")

        assert "lacks Expired" in finding["what"]
        assert finding["where"].endswith("SMS_Delivery_Status__c > Values")

    def test_one_that_is_too_short(self, healthy):
        healthy.org.add_fields("Contact", text("SMS_Delivery_Status__c", "Status", 8))

        finding = one_broken(healthy.report(), "field-too-short")

        assert "holds 8 characters" in finding["what"]

    def test_one_of_a_type_that_does_not_fit(self, healthy):
        healthy.org.add_fields("Contact", text("SMS_Opt_Out__c", "Opt Out", 10))

        finding = one_broken(healthy.report(), "field-type")

        assert "consent.opted_out does not fit a field of type string" in finding["what"]

    def test_free_text_in_a_restricted_picklist(self, healthy):
        field = picklist("SMS_Error_Code__c", "Code", "1", "2", restricted=True)
        healthy.org.add_fields("Contact", field)

        one_broken(healthy.report(), "picklist-restricted")

    def test_one_that_others_may_edit_is_a_warning(self, healthy):
        others = healthy.org.create("PermissionSet", {"Name": "Sales", "Label": "Sales"})
        name = "Contact.SMS_Delivery_Status__c"
        granted = {"PermissionsRead": True, "PermissionsEdit": True}
        healthy.org.create(
            "ObjectPermissions",
            {"ParentId": others, "SobjectType": "Contact", "PermissionsRead": True},
        )
        healthy.org.create(
            "FieldPermissions",
            {"ParentId": others, "SobjectType": "Contact", "Field": name, **granted},
        )

        report = healthy.report()

        assert report.finding("fields-widely-editable")["what"] == f"{name} editable by Sales"
        assert report.exit_code == 0


class TestPhones:
    def test_a_phone_field_that_is_hidden_is_a_warning(self, healthy):
        healthy.org.schema.hide("Contact", "HomePhone")

        report = healthy.report()

        assert "Contact.HomePhone" in report.finding("phone-field-missing")["what"]
        assert report.exit_code == 0

    def test_no_phone_field_at_all(self, healthy):
        for name in ("MobilePhone", "Phone", "OtherPhone", "HomePhone"):
            healthy.org.schema.hide("Contact", name)

        finding = one_broken(healthy.report(), "phones-none")

        assert "MobilePhone, Phone, OtherPhone, HomePhone" in finding["cure"]

    def test_a_number_that_is_not_indexed_is_a_warning(self, healthy):
        healthy.org.add_fields("Contact", text("SMS_Phone_E164__c", "Number", 20))

        finding = healthy.report().finding("phone-not-indexed")

        assert "External ID" in finding["cure"]


class TestPersonAccounts:
    def test_are_told_with_their_phones(self, healthy):
        healthy.org.enable_person_accounts()

        report = healthy.report()

        assert report.of("broken", "warning") == set()
        assert "person accounts, reached through their Contact" in said(report, "persons")

    def test_that_no_mapping_reaches_are_a_warning(self, healthy, tmp_path):
        healthy.org.enable_person_accounts()
        (tmp_path / "lead.yaml").write_text(
            "object: Lead\nfields:\n  SMS_Opt_Out__c: consent.opted_out\n"
        )
        healthy.set(MAPPINGS=tmp_path)

        finding = healthy.report().finding("person-accounts-unreached")

        assert "connector mappings new Contact" in finding["cure"]


class TestMemberships:
    def test_are_looked_at_where_they_are_asked_for(self, healthy):
        unasked = said(healthy.report(), "memberships")
        healthy.set(CAMPAIGN_BY_MEMBERSHIP="yes")

        report = healthy.report()

        assert unasked == "not asked for"
        assert said(report, "memberships") == "who is in which campaign can be asked"
        assert report.exit_code == 0

    def test_a_campaign_s_end_that_is_hidden(self, healthy):
        healthy.set(CAMPAIGN_BY_MEMBERSHIP="yes")
        for each in healthy.org.records("FieldPermissions"):
            if each["Field"] == "Campaign.EndDate":
                healthy.org.purge("FieldPermissions", each["Id"])

        finding = one_broken(healthy.report(), "memberships-unseen")

        assert finding["what"] == "not there, or hidden: Campaign.EndDate"

    def test_campaigns_that_are_hidden(self, healthy):
        healthy.set(CAMPAIGN_BY_MEMBERSHIP="yes")
        for name in ("Campaign", "CampaignMember"):
            healthy.org.schema.hide(name)

        finding = healthy.report().finding("memberships-unseen")

        assert finding["what"] == "not there, or hidden: Campaign, CampaignMember"


def rule_package(formula):
    """A deployment with one active validation rule on Contact."""
    namespace = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
    files = {
        "package.xml": f"<Package {namespace}><types><members>Contact.Frozen_Status</members>"
        "<name>ValidationRule</name></types><version>66.0</version></Package>",
        "objects/Contact.object": f"<CustomObject {namespace}><validationRules>"
        "<fullName>Frozen_Status</fullName><active>true</active>"
        f"<errorConditionFormula>{formula}</errorConditionFormula>"
        "<errorMessage>The status stays.</errorMessage></validationRules></CustomObject>",
    }
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return package.getvalue()


class TestAutomation:
    """What stands in the way of some records only: warnings that name it."""

    def one_warning(self, healthy, name):
        report = healthy.report()

        assert report.of("broken", "warning") == {name}
        assert report.exit_code == 0
        return report.finding(name)

    def test_a_validation_rule_that_mentions_our_fields(self, healthy):
        formula = "ISCHANGED(SMS_Delivery_Status__c) &amp;&amp; ISBLANK(Email)"
        assert healthy.org.deploy(rule_package(formula)).success

        finding = self.one_warning(healthy, "validation-rule-on-our-fields")

        assert "Frozen_Status mentions SMS_Delivery_Status__c" in finding["what"]
        assert INTEGRATION_USER in finding["cure"]

    def test_a_validation_rule_about_other_fields(self, healthy):
        assert healthy.org.deploy(rule_package("ISBLANK(Email)")).success

        finding = self.one_warning(healthy, "validation-rules")

        assert finding["what"] == "Contact: 1 active validation rule: Frozen_Status"

    def test_an_active_flow_of_others(self, healthy):
        flow = BrokenFlow(object="Lead", name="Welcome", fails=lambda _record: False)
        healthy.org.rules.flows.append(flow)

        finding = self.one_warning(healthy, "flows")

        assert finding["what"] == "Lead: 1 active flow: Welcome"

    def test_an_active_apex_trigger(self, healthy):
        healthy.org.rules.triggers.append(ApexTrigger(object="Contact", name="OnSave"))

        finding = self.one_warning(healthy, "apex-triggers")

        assert finding["what"] == "Contact: 1 active Apex trigger: OnSave"

    def test_an_active_duplicate_rule(self, healthy):
        rule = DuplicateRule(object="Lead", name="Twins", fields=("Phone",), blocks=True)
        healthy.org.rules.duplicates.append(rule)

        finding = self.one_warning(healthy, "duplicate-rules")

        assert "Lead: duplicate rule Twins" in finding["what"]
        assert "Action On Edit" in finding["cure"]

    def test_an_assignment_rule_does_not_run_by_us_and_is_no_warning(self, healthy):
        rule = AssignmentRule(object="Lead", owner="x", name="Round robin")
        healthy.org.rules.assignment.append(rule)

        report = healthy.report()

        assert report.of("broken", "warning") == set()
        assert "do not start the assignment rule Round robin" in said(report, "assignment")

    def test_what_is_not_active_is_nothing(self, healthy):
        trigger = ApexTrigger(object="Contact", name="OnSave", active=False)
        healthy.org.rules.triggers.append(trigger)

        assert healthy.report().of("broken", "warning") == set()

    def test_what_our_user_may_not_ask_is_a_warning_that_says_so(self, healthy, key, tmp_path):
        healthy.org.permit(PERMISSION_SET, "ViewSetup", on=False)
        env = healthy.admin_env(tmp_path / "salesforce.env", key)

        alone, with_admin = healthy.report(), healthy.report("--env", str(env))

        assert "not-told" in alone.of("warning")
        assert alone.exit_code == 0
        assert "not-told" not in with_admin.names


def test_record_types_that_may_narrow_picklists_are_a_warning(healthy):
    described = describe_contact(healthy.org)
    other = {"active": True, "available": True, "developerName": "Partner", "master": False}
    described["recordTypeInfos"].append(other)
    path = "/sobjects/Contact/describe"
    healthy.org.faults.add("answer", status=200, body=described, path=path, times=None)

    report = healthy.report()

    assert "SMS_Delivery_Status__c" in report.finding("record-types")["what"]
    assert report.exit_code == 0


def describe_contact(org):
    with requests.Session() as session:
        session.mount("https://", WSGIAdapter(create_app(org)))
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        address = f"{org.my_domain}/services/data/v66.0/sobjects/Contact/describe"
        return session.get(address).json()


def said(report, check):
    return "; ".join(each["what"] for each in report.findings if each["check"] == check)


class TestStorage:
    def test_storage_that_is_full(self, healthy):
        limits = {
            "DailyApiRequests": {"Max": 100_000, "Remaining": 99_000},
            "DataStorageMB": {"Max": 1_024, "Remaining": 0},
        }
        healthy.org.faults.add("answer", status=200, body=limits, path="/limits/?$", times=None)

        finding = one_broken(healthy.report(), "storage-full")

        assert "0 of 1,024 MB" in finding["what"]


class TestWriteTest:
    def contact(self, org):
        return org.create("Contact", {"LastName": "Brook", "MobilePhone": "+12015550100"})

    def test_writes_what_the_record_holds(self, healthy):
        contact = self.contact(healthy.org)
        values = {
            "SMS_Delivery_Status__c": "Delivered",
            "SMS_Status_At__c": "2026-11-23T10:00:00.000Z",
            "SMS_Opt_Out__c": True,
        }
        healthy.org.update("Contact", contact, values)
        before = healthy.org.record("Contact", contact)

        report = healthy.report("--write-test", contact)

        after = healthy.org.record("Contact", contact)
        stamps = {"LastModifiedDate", "LastModifiedById", "SystemModstamp"}
        assert report.exit_code == 0
        assert report.checks("ok") >= {"write"}
        assert {name for name in after if after[name] != before[name]} <= stamps

    def test_finds_a_flow_that_fails(self, healthy):
        flow = BrokenFlow(object="Contact", name="Welcome", fails=lambda _record: True)
        contact = self.contact(healthy.org)
        healthy.org.rules.flows.append(flow)

        finding = one_broken(
            healthy.report("--write-test", contact), "write-refused-by-automation"
        )

        assert "Welcome" in finding["what"]

    def test_finds_a_validation_rule(self, healthy):
        rule = ValidationRule(
            object="Contact", message="E-mail, please", fails=lambda _record: True
        )
        contact = self.contact(healthy.org)
        healthy.org.rules.validation.append(rule)

        finding = one_broken(
            healthy.report("--write-test", contact), "write-refused-by-validation-rule"
        )

        assert "E-mail, please" in finding["what"]

    def test_finds_a_blocking_duplicate_rule(self, healthy):
        rule = DuplicateRule(
            object="Contact", name="Twins", fields=("MobilePhone",), blocks=True
        )
        contact, _twin = self.contact(healthy.org), self.contact(healthy.org)
        healthy.org.rules.duplicates.append(rule)

        one_broken(healthy.report("--write-test", contact), "write-refused-as-duplicate")

    def test_a_record_that_is_none_is_a_warning(self, healthy):
        report = healthy.report("--write-test", "001000000000001AAA")

        assert "write-test-no-record" in report.of("warning")
