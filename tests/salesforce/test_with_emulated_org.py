"""The whole package against an org that behaves like Salesforce."""

import dataclasses
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.domain.records import RecordChange, RecordRef, Verdict, batches
from connector.emulator import (
    AssignmentRule,
    BrokenFlow,
    DuplicateRule,
    EmulatedOrg,
    ValidationRule,
    WSGIAdapter,
    create_app,
    seed_contacts,
    seed_leads,
)
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.salesforce.errors import ConcurrentLimitError, DailyLimitError
from tests.salesforce.answers import HOST
from tests.support.clock import NOON
from tests.support.sms_org import install_sms_fields


LOGIN = "POST /services/oauth2/token"
UPDATE = "PATCH /composite/sobjects"
PHONES = ["MobilePhone", "Phone"]


@pytest.fixture
def salesforce(clock):
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret="hush-hush")
    yield emulated
    emulated.close()


@pytest.fixture
def adapter(salesforce):
    return WSGIAdapter(create_app(salesforce))


@pytest.fixture
def org(access, clock, adapter):
    with connect(access, clock=clock, adapter=adapter) as opened:
        yield opened


def status(record, value="Delivered", name="Contact", **fields):
    return RecordChange(
        record=RecordRef(name, record),
        fields={"SMS_Delivery_Status__c": value, **fields},
        change_ids=frozenset({record}),
    )


def statuses(salesforce, name="Contact"):
    return [record["SMS_Delivery_Status__c"] for record in salesforce.records(name)]


class TestLogin:
    @pytest.fixture
    def jwt_access(self, salesforce, private_key):
        key = load_pem_private_key(private_key.encode(), None).public_key()
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        salesforce.register_app("jwt-key", pem)
        return OrgAccess(
            login_url=HOST,
            client_id="jwt-key",
            username="integration@example.com",
            private_key=private_key,
        )

    def test_jwt_bearer(self, jwt_access, clock, adapter):
        with connect(jwt_access, clock=clock, adapter=adapter) as org:
            facts = org.check()

        assert facts.username == "integration@example.com"
        assert facts.newest_version == "68.0"
        assert facts.limits["DailyApiRequests"].total == 100_000

    def test_jwt_bearer_through_the_login_host(self, jwt_access, clock, adapter):
        shared = dataclasses.replace(jwt_access, login_url="https://login.salesforce.com")

        with connect(shared, clock=clock, adapter=adapter) as org:
            assert org.check().instance_url == HOST

    @pytest.mark.parametrize(
        "changes, told",
        [
            ({"client_id": "other"}, "client id"),
            ({"username": "nobody@example.com"}, "pre-authorize"),
            ({"audience": "https://example.net"}, "audience"),
        ],
    )
    def test_what_is_wrong_is_said(self, jwt_access, clock, adapter, changes, told):
        wrong = dataclasses.replace(jwt_access, **changes)

        with (
            connect(wrong, clock=clock, adapter=adapter) as org,
            pytest.raises(ConfigurationError, match=told),
        ):
            org.check()

    def test_a_clock_that_is_wrong_is_said(self, jwt_access, clock, adapter):
        def late():
            return clock() - timedelta(minutes=10)

        with (
            connect(jwt_access, clock=late, adapter=adapter) as org,
            pytest.raises(ConfigurationError, match="clock"),
        ):
            org.check()

    def test_client_credentials(self, org):
        assert org.check().username == "integration@example.com"

    def test_a_wrong_secret_is_said(self, access, clock, adapter):
        wrong = dataclasses.replace(access, client_secret="other")

        with (
            connect(wrong, clock=clock, adapter=adapter) as org,
            pytest.raises(ConfigurationError, match="client secret"),
        ):
            org.check()

    def test_an_expired_session_costs_one_login(self, org, salesforce, clock):
        (contact,) = seed_contacts(salesforce, 1)
        org.update([status(contact, "Pending")])

        clock.advance(hours=3)
        (outcome,) = org.update([status(contact)])

        assert outcome.written
        assert salesforce.calls[LOGIN] == 2

    def test_racing_threads_share_it(self, org, salesforce):
        contacts = seed_contacts(salesforce, 8)
        org.check()
        salesforce.auth.revoke_all()
        start = threading.Barrier(8)

        def push(contact):
            start.wait(timeout=5)
            org.update([status(contact)])

        threads = [threading.Thread(target=push, args=(contact,)) for contact in contacts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)

        assert statuses(salesforce) == ["Delivered"] * 8
        assert salesforce.calls[LOGIN] == 2

    def test_a_session_that_is_refused_for_good_is_not_renewed_for_ever(self, org, salesforce):
        salesforce.faults.session_refused(times=None, path="/services/data")

        for _ in range(5):
            with pytest.raises(ConfigurationError, match="fresh token"):
                org.describe("Contact")

        assert salesforce.calls[LOGIN] == 2


class TestUpdate:
    def test_writes_two_thousand_records_in_ten_calls(self, org, salesforce):
        contacts = seed_contacts(salesforce, 2_000, accounts=50)

        for batch in batches(status(contact) for contact in contacts):
            assert all(outcome.written for outcome in org.update(batch))

        assert set(statuses(salesforce)) == {"Delivered"}
        assert salesforce.calls[UPDATE] == 10

    def test_each_record_has_its_own_outcome(self, org, salesforce):
        good, locked, long, wrong, gone, invalid = seed_contacts(salesforce, 6)
        salesforce.delete("Contact", gone)
        salesforce.rules.validation.append(
            ValidationRule(
                object="Contact",
                message="Not this one",
                fails=lambda record: record["Id"] == invalid,
            )
        )
        salesforce.faults.lock(locked)

        outcomes = org.update(
            [
                status(good),
                status(locked),
                status(long, SMS_Message_Id__c="x" * 5_000),
                status(wrong, "Sent"),
                status(gone),
                status(invalid),
            ]
        )

        assert [(outcome.verdict, outcome.error_code) for outcome in outcomes] == [
            (Verdict.WRITTEN, ""),
            (Verdict.RETRY, "UNABLE_TO_LOCK_ROW"),
            (Verdict.PARK, "STRING_TOO_LONG"),
            (Verdict.PARK, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
            (Verdict.FOLLOW, "ENTITY_IS_DELETED"),
            (Verdict.PARK, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ]

    def test_every_kind_of_value_arrives(self, org, salesforce):
        (contact,) = seed_contacts(salesforce, 1, SMS_Error_Code__c="30003")
        moment = "2026-11-23T10:00:00.000Z"

        (outcome,) = org.update(
            [
                status(
                    contact,
                    SMS_Status_At__c=moment,
                    SMS_Opt_Out__c=True,
                    SMS_Error_Code__c=None,
                    SMS_Consecutive_Failures__c=3,
                )
            ]
        )

        record = salesforce.record("Contact", contact)
        assert outcome.written
        assert record["SMS_Status_At__c"] == "2026-11-23T10:00:00.000+0000"
        assert record["SMS_Opt_Out__c"] is True
        assert record["SMS_Error_Code__c"] is None
        assert record["SMS_Consecutive_Failures__c"] == 3

    def test_a_failing_flow_is_tried_again_a_few_times(self, org, salesforce):
        contacts = seed_contacts(salesforce, 2)
        salesforce.rules.flows.append(
            BrokenFlow(object="Contact", name="SMS", fails=lambda r: r["Id"] == contacts[0])
        )
        changes = [status(contact) for contact in contacts]

        first = org.update(changes)
        last = org.update([dataclasses.replace(change, attempts=5) for change in changes])

        assert [outcome.verdict for outcome in first] == [Verdict.RETRY, Verdict.WRITTEN]
        assert [outcome.verdict for outcome in last] == [Verdict.PARK, Verdict.WRITTEN]

    @pytest.mark.parametrize("whole_call", [True, False])
    def test_a_field_that_is_not_deployed_holds_up_only_who_has_it(
        self, org, salesforce, whole_call
    ):
        salesforce.rules.unknown_field_refuses_call = whole_call
        contacts = seed_contacts(salesforce, 200)
        changes = [
            status(contact, Nope__c="x") if number % 4 == 0 else status(contact)
            for number, contact in enumerate(contacts)
        ]

        outcomes = org.update(changes)

        verdicts = [outcome.verdict for outcome in outcomes]
        assert verdicts == [Verdict.PARK, *[Verdict.WRITTEN] * 3] * 50
        assert outcomes[0].error_code == "INVALID_FIELD"

    @pytest.mark.parametrize("whole_call", [True, False])
    def test_a_field_that_nobody_has_stops_the_object(self, org, salesforce, whole_call):
        salesforce.rules.unknown_field_refuses_call = whole_call
        contacts = seed_contacts(salesforce, 200)

        outcomes = org.update([status(contact, Nope__c="x") for contact in contacts])

        assert {outcome.verdict for outcome in outcomes} == {Verdict.STOP}
        assert salesforce.calls[UPDATE] == 1

    def test_an_object_that_is_not_there_stops(self, org):
        (outcome,) = org.update([status("a0x000000000001AAA", name="Nope__c")])

        assert (outcome.verdict, outcome.error_code) == (Verdict.STOP, "INVALID_TYPE")

    def test_a_lead_keeps_its_owner(self, org, salesforce):
        other = salesforce.add_user("other@example.com")
        (lead,) = seed_leads(salesforce, 1)
        owner = salesforce.record("Lead", lead)["OwnerId"]
        salesforce.rules.assignment.append(AssignmentRule(object="Lead", owner=other))
        salesforce.faults.session_expired(path="/composite/sobjects")

        (outcome,) = org.update([status(lead, name="Lead")])

        assert outcome.written
        assert salesforce.record("Lead", lead)["OwnerId"] == owner

    def test_alerting_duplicate_rules_are_passed_on_a_repeat_too(self, org, salesforce):
        contacts = seed_contacts(salesforce, 2, LastName="Same")
        rule = DuplicateRule(object="Contact", name="Same name", fields=("LastName",))
        salesforce.rules.duplicates.append(rule)
        salesforce.faults.session_expired(path="/composite/sobjects")

        outcomes = org.update([status(contact) for contact in contacts])

        assert all(outcome.written for outcome in outcomes)

    def test_a_converted_lead_and_a_merged_contact_are_followed(self, org, salesforce):
        winner, loser = seed_contacts(salesforce, 2)
        (lead,) = seed_leads(salesforce, 1)
        salesforce.convert_lead(lead, contact=loser)
        salesforce.merge(winner, [loser])
        records = [RecordRef("Lead", lead), RecordRef("Contact", loser)]

        verdicts = [
            org.update([status(record.id, name=record.object)])[0].verdict for record in records
        ]

        assert verdicts == [Verdict.FOLLOW] * 2
        assert org.successors(records) == dict.fromkeys(records, RecordRef("Contact", winner))

    def test_a_purged_record_is_gone(self, org, salesforce):
        (contact,) = seed_contacts(salesforce, 1)
        salesforce.delete("Contact", contact)
        salesforce.purge("Contact", contact)
        record = RecordRef("Contact", contact)

        (outcome,) = org.update([status(contact)])

        assert outcome.verdict is Verdict.FOLLOW
        assert org.successors([record]) == {record: None}


class TestTrouble:
    @pytest.mark.parametrize(
        "fault",
        [
            "drop",
            "timeout",
            "truncated",
            "cut_body",
            "unavailable",
            "server_unavailable",
            "maintenance_page",
            "maintenance",
            "unknown_error",
            "several_choices",
        ],
    )
    def test_is_for_later_and_the_repeat_is_harmless(self, org, salesforce, fault):
        contacts = seed_contacts(salesforce, 3)
        changes = [status(contact) for contact in contacts]
        getattr(salesforce.faults, fault)(path="/composite/sobjects")

        with pytest.raises(OrgUnavailableError):
            org.update(changes)

        assert all(outcome.written for outcome in org.update(changes))
        assert statuses(salesforce) == ["Delivered"] * 3

    def test_a_lost_answer_after_commit_is_an_unknown_outcome(self, org, salesforce):
        (contact,) = seed_contacts(salesforce, 1)
        salesforce.faults.drop(after_commit=True, path="/composite/sobjects")

        with pytest.raises(OrgUnavailableError):
            org.update([status(contact)])

        assert statuses(salesforce) == ["Delivered"]

    def test_limits_are_told_apart(self, org, salesforce):
        (contact,) = seed_contacts(salesforce, 1)
        salesforce.faults.daily_limit(path="/composite")
        with pytest.raises(DailyLimitError):
            org.update([status(contact)])

        salesforce.faults.concurrent_limit(path="/composite")
        with pytest.raises(ConcurrentLimitError):
            org.update([status(contact)])

    def test_usage_follows_the_org(self, org, salesforce):
        (contact,) = seed_contacts(salesforce, 1)

        org.update([status(contact)])
        org.update([status(contact)])

        assert org.usage.total == 100_000
        assert org.usage.used == 2


class TestDirectory:
    def test_pages_by_key_see_everyone_once(self, org, salesforce, clock):
        expected = []
        for _ in range(3):
            expected += seed_contacts(salesforce, 7)
            clock.advance(seconds=1)

        seen, since, after_id, done = [], None, "", False
        while not done:
            page = org.directory("Contact", PHONES, since=since, after_id=after_id, limit=5)
            seen += [entry.record.id for entry in page.entries]
            since, after_id, done = (
                page.entries[-1].modified_at,
                page.entries[-1].record.id,
                page.done,
            )

        assert seen == expected

    def test_changes_since_a_moment_are_seen_again(self, org, salesforce, clock):
        contacts = seed_contacts(salesforce, 3, accounts=1)
        clock.advance(minutes=5)
        salesforce.update("Contact", contacts[1], {"MobilePhone": "+447700900123"})
        salesforce.delete("Contact", contacts[2])

        page = org.directory("Contact", PHONES, since=NOON + timedelta(seconds=1))

        changed, deleted = sorted(page.entries, key=lambda entry: entry.deleted)
        assert changed.record == RecordRef("Contact", contacts[1])
        assert changed.phones == {"MobilePhone": "+447700900123"}
        assert changed.modified_at == NOON + timedelta(minutes=5)
        assert changed.parent == salesforce.record("Contact", contacts[1])["AccountId"]
        assert (deleted.record.id, deleted.deleted) == (contacts[2], True)
        assert page.org_time == clock()

    def test_conversions_and_merges_are_seen(self, org, salesforce, clock):
        winner, loser = seed_contacts(salesforce, 2)
        (lead,) = seed_leads(salesforce, 1)
        clock.advance(minutes=1)
        salesforce.merge(winner, [loser])
        salesforce.convert_lead(lead, contact=winner)
        since = NOON + timedelta(seconds=30)

        contacts = org.directory("Contact", PHONES, since=since).entries
        leads = org.directory("Lead", PHONES, since=since).entries

        survivor = RecordRef("Contact", winner)
        moved = {entry.record.id: entry.successor for entry in [*contacts, *leads]}
        assert moved[loser] == survivor
        assert moved[lead] == survivor

    def test_a_change_that_commits_late_is_found_by_an_overlap(self, org, salesforce, clock):
        (contact,) = seed_contacts(salesforce, 1)
        clock.advance(minutes=1)
        late = timedelta(minutes=8)
        salesforce.update("Contact", contact, {"Phone": "+447700900321"}, commit_after=late)
        clock.advance(minutes=2)
        first = org.directory("Contact", PHONES, since=NOON)
        clock.advance(minutes=8)

        overlap = first.org_time - timedelta(minutes=10)
        second = org.directory("Contact", PHONES, since=overlap)

        assert "Phone" not in first.entries[0].phones
        assert second.entries[0].phones["Phone"] == "+447700900321"


class TestReading:
    def test_describes_what_the_mapping_needs(self, org):
        contact = org.describe("Contact")

        status_field = contact.field("SMS_Delivery_Status__c")
        assert status_field.restricted
        assert "Delivered" in status_field.values
        assert contact.field("SMS_Recommended_Action__c").updateable is False

    def test_records_come_with_gaps(self, org, salesforce):
        first, gone = seed_contacts(salesforce, 2)
        salesforce.delete("Contact", gone)

        got, missing = org.records("Contact", [first, gone], ["Id", "MobilePhone"])

        assert got["MobilePhone"] == salesforce.record("Contact", first)["MobilePhone"]
        assert missing is None

    def test_an_api_version_that_the_org_does_not_speak_is_for_the_operator(
        self, access, clock, adapter, salesforce
    ):
        (contact,) = seed_contacts(salesforce, 1)
        newer = dataclasses.replace(access, api_version="99.0")

        with connect(newer, clock=clock, adapter=adapter) as org:
            with pytest.raises(ConfigurationError, match="API version"):
                org.check()
            with pytest.raises(ConfigurationError, match="API version"):
                org.update([status(contact)])
