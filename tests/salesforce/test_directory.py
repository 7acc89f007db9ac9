"""Reading who holds which number, and where records went."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.domain.directory import DirectoryEntry
from connector.domain.errors import OrgUnavailableError
from connector.domain.records import RecordRef
from connector.salesforce.directory import IDS_A_QUERY
from tests.salesforce.answers import DATA, HOST, PHONE, person, refused, requests_to
from tests.support.clock import NOON


QUERY_ALL = f"{DATA}/queryAll/"
STAMP = "2026-11-23T10:00:00.000+0000"
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
PERSON_FIELDS = ["Id", "SystemModstamp", "IsDeleted", "MasterRecordId", "MobilePhone", "Phone"]


@pytest.fixture
def described(logged_in):
    """An org whose Contacts and Leads can be described, and no others."""
    describe(logged_in, "Contact", [*PERSON_FIELDS, "AccountId"])
    describe(logged_in, "Lead", [*PERSON_FIELDS, "IsConverted", "ConvertedContactId"])
    return logged_in


def describe(web, name, fields):
    answer = {"name": name, "fields": [{"name": field} for field in fields]}
    web.get(f"{DATA}/sobjects/{name}/describe", json=answer)


def page(*rows, **other):
    return {"totalSize": len(rows), "done": True, "records": list(rows), **other}


def row(number, **fields):
    return {"Id": person(number).id, "SystemModstamp": STAMP, "IsDeleted": False, **fields}


def queries(web):
    sent = requests_to(web, QUERY_ALL)
    return [parse_qs(urlsplit(request.url or "").query)["q"][0] for request in sent]


class TestDirectory:
    def test_reads_numbers_parents_and_times(self, org, described):
        account = "001xx000003DGb2AAG"
        found = row(1, MobilePhone=PHONE, Phone=None, AccountId=account)
        described.get(QUERY_ALL, json=page(found))

        got = org.directory("Contact", ["MobilePhone", "Phone"], since=None)

        assert got.entries == [
            DirectoryEntry(
                record=person(1),
                phones={"MobilePhone": PHONE},
                modified_at=TEN,
                parent=account,
            )
        ]

    def test_asks_for_no_field_that_the_org_lacks(self, org, described):
        described.get(QUERY_ALL, json=page())

        org.directory("Contact", ["mobilephone", "Fax__c"], since=None)

        (query,) = queries(described)
        columns = query.removeprefix("SELECT ").partition(" FROM Contact ")[0].split(",")
        assert columns == [
            "Id",
            "SystemModstamp",
            "AccountId",
            "IsDeleted",
            "MasterRecordId",
            "MobilePhone",
        ]

    def test_goes_on_from_a_moment_and_a_record(self, org, described):
        described.get(QUERY_ALL, json=page())

        org.directory("Lead", [], since=TEN)
        org.directory("Lead", [], since=TEN, after_id=person(7).id, limit=50)

        first, second = (query.split("FROM Lead ")[1] for query in queries(described))
        order = "ORDER BY SystemModstamp, Id LIMIT"
        assert first == f"WHERE SystemModstamp >= 2026-11-23T10:00:00Z {order} 2000"
        assert second == (
            "WHERE (SystemModstamp > 2026-11-23T10:00:00Z OR (SystemModstamp = "
            f"2026-11-23T10:00:00Z AND Id > '{person(7).id}')) {order} 50"
        )

    def test_looks_again_when_a_field_went_away(self, org, described):
        described.get(QUERY_ALL, status=400, json=refused("INVALID_FIELD"))
        described.get(QUERY_ALL, json=page(row(1)))

        got = org.directory("Contact", ["MobilePhone"], since=None)

        assert len(got.entries) == 1
        assert len(requests_to(described, f"{DATA}/sobjects/Contact/describe")) == 2

    @pytest.mark.parametrize("rows,limit,done", [(0, 2, True), (1, 2, True), (2, 2, False)])
    def test_a_full_page_is_not_the_last(self, org, described, rows, limit, done):
        described.get(QUERY_ALL, json=page(*map(row, range(rows))))

        got = org.directory("Contact", [], since=None, limit=limit)

        assert got.done is done

    def test_follows_the_pages_that_salesforce_makes(self, org, described):
        following = "/services/data/v66.0/query/01gxx0000000001AAA-2000"
        described.get(QUERY_ALL, json=page(row(1), done=False, nextRecordsUrl=following))
        described.get(HOST + following, json=page(row(2)))

        got = org.directory("Contact", [], since=None)

        assert [entry.record for entry in got.entries] == [person(1), person(2)]

    def test_tells_the_time_by_the_clock_of_the_org(self, org, described):
        date = {"Date": "Mon, 23 Nov 2026 11:58:30 GMT"}
        described.get(QUERY_ALL, json=page(), headers=date)

        got = org.directory("Contact", [], since=None)

        assert got.org_time == NOON - timedelta(seconds=90)

    @pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
    def test_tells_our_time_where_the_org_tells_none(self, org, described, headers):
        described.get(QUERY_ALL, json=page(), headers=headers)

        got = org.directory("Contact", [], since=None)

        assert got.org_time == NOON

    def test_tells_where_records_went(self, org, described):
        contact, winner = "003xx0000000000042", "00Qxx0000000000043"
        described.get(
            QUERY_ALL,
            json=page(
                row(1, IsConverted=True, ConvertedContactId=contact),
                row(2, IsDeleted=True, MasterRecordId=winner),
                row(3, IsDeleted=True, MasterRecordId=None),
            ),
        )

        converted, merged, deleted = org.directory("Lead", [], since=None).entries

        assert (converted.deleted, converted.successor.object) == (False, "Contact")
        assert converted.successor.id.startswith(contact[:15])
        assert (merged.deleted, merged.successor.object) == (True, "Lead")
        assert (deleted.deleted, deleted.successor) == (True, None)

    def test_a_row_without_time_is_an_unclear_answer(self, org, described):
        described.get(QUERY_ALL, json=page(row(1, SystemModstamp=None)))

        with pytest.raises(OrgUnavailableError, match="SystemModstamp"):
            org.directory("Contact", [], since=None)


class TestSuccessors:
    def test_a_record_that_stayed_is_its_own(self, org, described):
        described.get(QUERY_ALL, json=page(row(1)))

        assert org.successors([person(1)]) == {person(1): person(1)}

    def test_a_trail_is_followed_to_its_end(self, org, described):
        lead = person(1, "Lead")
        described.get(QUERY_ALL, json=page(row(1, ConvertedContactId=person(2).id)))
        merged = row(2, IsDeleted=True, MasterRecordId=person(3).id)
        described.get(QUERY_ALL, json=page(merged))
        described.get(QUERY_ALL, json=page(row(3)))

        assert org.successors([lead]) == {lead: person(3)}

    def test_what_was_deleted_or_is_unknown_is_gone(self, org, described):
        described.get(QUERY_ALL, json=page(row(1, IsDeleted=True)))

        assert org.successors([person(1), person(2)]) == {person(1): None, person(2): None}

    def test_a_circle_ends(self, org, described):
        described.get(
            QUERY_ALL,
            json=page(
                row(1, IsDeleted=True, MasterRecordId=person(2).id),
                row(2, IsDeleted=True, MasterRecordId=person(1).id),
            ),
        )

        assert org.successors([person(1)]) == {person(1): None}

    def test_many_are_asked_for_in_addresses_that_salesforce_takes(self, org, described):
        described.get(QUERY_ALL, json=page())
        people = [person(number) for number in range(IDS_A_QUERY + 1)]

        assert org.successors(people) == dict.fromkeys(people)

        sent = requests_to(described, QUERY_ALL)
        assert len(sent) == 2
        assert max(len(request.url or "") for request in sent) < 12_000

    def test_nobody_costs_no_call(self, org, web):
        assert org.successors([]) == {}
        assert len(web.calls) == 0

    def test_an_id_that_is_none_is_not_put_into_a_query(self, org, described):
        with pytest.raises(ValueError, match="record id"):
            org.successors([RecordRef("Contact", "' OR Id != '")])

        assert queries(described) == []
