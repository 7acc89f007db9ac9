"""Bulk API 2.0 query jobs: created, polled, fetched set by set."""

import csv
import io

import pytest

from connector.emulator import seed_contacts


class Reader:
    """Plain HTTP, as the guide's examples have it."""

    def __init__(self, client):
        self.client = client

    def create(self, soql, operation="query", **more):
        asked = {"operation": operation, "query": soql, **more}
        return self.client.call("POST", "/jobs/query", asked)

    def run(self, soql, operation="query", **more):
        job = self.create(soql, operation, **more).json()["id"]
        states = [self.client.get(f"/jobs/query/{job}").json() for _ in range(2)]
        return states[-1]

    def fetch(self, job, **params):
        return self.client.get(f"/jobs/query/{job}/results", params=params)


@pytest.fixture
def reader(client):
    return Reader(client)


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def code(answer):
    return answer.status_code, answer.json()[0]["errorCode"]


def test_a_job_is_created_and_polled(reader, client):
    job = reader.create("SELECT Id FROM Contact").json()
    polls = [client.get(f"/jobs/query/{job['id']}").json() for _ in range(2)]

    assert (job["state"], job["object"]) == ("UploadComplete", "Contact")
    assert [poll["state"] for poll in polls] == ["InProgress", "JobComplete"]
    assert (polls[1]["jobType"], polls[1]["numberRecordsProcessed"]) == ("V2Query", 0)


def test_results_are_csv_in_the_form_of_bulk(reader, org):
    account = org.create("Account", {"Name": 'The "A" Ltd'})
    fields = {"LastName": "Brook", "AccountId": account, "SMS_Opt_Out__c": True}
    org.create("Contact", fields)

    end = reader.run(
        "SELECT LastName, Account.Name, SMS_Opt_Out__c, Title, CreatedDate FROM Contact"
    )
    answer = reader.fetch(end["id"])

    assert answer.text == (
        '"LastName","Account.Name","SMS_Opt_Out__c","Title","CreatedDate"\n'
        '"Brook","The ""A"" Ltd","true","","2026-11-23T10:00:00.000Z"\n'
    )
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Sforce-NumberOfRecords"] == "1"
    assert answer.headers["Sforce-Locator"] == "null"


def test_results_come_in_sets_that_can_be_had_again(reader, org):
    ids = seed_contacts(org, 25)
    end = reader.run("SELECT Id FROM Contact ORDER BY Id")

    first = reader.fetch(end["id"], maxRecords=10)
    locator = first.headers["Sforce-Locator"]
    second, again = (reader.fetch(end["id"], locator=locator, maxRecords=10) for _ in range(2))
    third = reader.fetch(end["id"], locator=second.headers["Sforce-Locator"], maxRecords=10)

    found = [row["Id"] for answer in (first, second, third) for row in rows(answer)]
    assert found == ids
    assert again.text == second.text
    assert third.headers["Sforce-Locator"] == "null"
    assert third.headers["Sforce-NumberOfRecords"] == "5"
    assert code(reader.fetch(end["id"], locator="!!")) == (400, "INVALID_QUERY_LOCATOR")


def test_delimiter_and_line_end_are_chosen(reader, org):
    seed_contacts(org, 1)

    end = reader.run(
        "SELECT Id, LastName FROM Contact", columnDelimiter="PIPE", lineEnding="CRLF"
    )

    assert reader.fetch(end["id"]).text.startswith('"Id"|"LastName"\r\n')


def test_query_all_sees_the_recycle_bin(reader, org):
    gone = seed_contacts(org, 2)[0]
    org.delete("Contact", gone)

    figures = [
        reader.run("SELECT Id FROM Contact", operation)["numberRecordsProcessed"]
        for operation in ("query", "queryAll")
    ]

    assert figures == [1, 2]


@pytest.mark.parametrize(
    "soql,error",
    [
        ("SELECT COUNT() FROM Contact", "API_ERROR"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY AccountId", "API_ERROR"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FRM Contact", "MALFORMED_QUERY"),
    ],
)
def test_what_bulk_queries_cannot_do_is_refused(reader, soql, error):
    assert code(reader.create(soql)) == (400, error)


def test_jobs_are_aborted_deleted_and_listed(reader, client):
    job = reader.create("SELECT Id FROM Contact").json()["id"]
    path = f"/jobs/query/{job}"

    early = code(client.call("DELETE", path))
    aborted = client.call("PATCH", path, {"state": "Aborted"}).json()["state"]
    again = code(client.call("PATCH", path, {"state": "Aborted"}))
    listed = [each["id"] for each in client.get("/jobs/query").json()["records"]]
    gone = client.call("DELETE", path).status_code

    assert (early, aborted, again) == (
        (400, "API_ERROR"),
        "Aborted",
        (400, "INVALIDJOBSTATE"),
    )
    assert (listed, gone, client.get(path).status_code) == ([job], 204, 404)


def test_results_are_those_of_the_version_that_asked(reader, client):
    end = reader.run("SELECT Id FROM Contact")
    client.base = client.base.replace("66.0", "65.0")

    assert reader.fetch(end["id"]).status_code == 409


def test_results_wait_for_the_end(reader):
    job = reader.create("SELECT Id FROM Contact").json()["id"]

    assert code(reader.fetch(job)) == (400, "INVALIDJOBSTATE")


def test_jobs_of_a_day_are_counted(reader, org, client):
    org.usage.bulk_queries.limit = 1
    reader.run("SELECT Id FROM Contact")

    assert client.get("/limits").json()["DailyBulkV2QueryJobs"]["Remaining"] == 0
    assert code(reader.create("SELECT Id FROM Contact")) == (400, "EXCEEDEDQUOTA")
