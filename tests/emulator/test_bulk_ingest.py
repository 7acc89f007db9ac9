"""Bulk API 2.0 ingest: jobs, their CSV, their results, and what goes wrong with them."""

import csv
import io
import json

import pytest
import requests

from connector.emulator import (
    AssignmentRule,
    EmulatedOrg,
    SObject,
    ValidationRule,
    seed_contacts,
    serve,
)
from tests.emulator.conftest import Client


STATUS = "SMS_Delivery_Status__c"


class Loader:
    """Plain HTTP, as the guide's examples have it."""

    def __init__(self, client):
        self.client = client

    def create(self, operation="update", sobject="Contact", **more):
        asked = {"object": sobject, "operation": operation, **more}
        return self.client.call("POST", "/jobs/ingest", asked)

    def upload(self, job, content, kind="text/csv"):
        content = content.encode() if isinstance(content, str) else content
        path = f"/jobs/ingest/{job}/batches"
        return self.client.call("PUT", path, data=content, headers={"Content-Type": kind})

    def state(self, job, state):
        return self.client.call("PATCH", f"/jobs/ingest/{job}", {"state": state})

    def poll(self, job):
        return self.client.get(f"/jobs/ingest/{job}").json()

    def start(self, content, operation="update", sobject="Contact", **more):
        job = self.create(operation, sobject, **more).json()["id"]
        assert self.upload(job, content).status_code == 201
        assert self.state(job, "UploadComplete").status_code == 200
        return job

    def run(self, content, operation="update", sobject="Contact", **more):
        job = self.start(content, operation, sobject, **more)
        for _ in range(60):
            end = self.poll(job)
            if end["state"] in {"JobComplete", "Failed"}:
                return end
        raise AssertionError(end)

    def results(self, job, which):
        answer = self.client.get(f"/jobs/ingest/{job}/{which}")
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.fixture
def loader(client):
    return Loader(client)


@pytest.fixture
def contacts(org):
    return seed_contacts(org, 3)


def code(answer):
    return answer.status_code, answer.json()[0]["errorCode"]


class TestJob:
    def test_it_is_created_open(self, loader, org):
        answer = loader.create(lineEnding="LF")

        job = answer.json()
        assert answer.status_code == 200
        assert job == {
            "id": job["id"],
            "operation": "update",
            "object": "Contact",
            "createdById": org.users["integration@example.com"],
            "createdDate": "2026-11-23T10:00:00.000+0000",
            "systemModstamp": "2026-11-23T10:00:00.000+0000",
            "state": "Open",
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": 66.0,
            "contentUrl": f"services/data/v66.0/jobs/ingest/{job['id']}/batches",
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }
        assert job["id"].startswith("750")

    @pytest.mark.parametrize(
        "asked,status,error",
        [
            ({"operation": "insert", "object": "Nope"}, 400, "INVALIDENTITY"),
            ({"operation": "hardDelete", "object": "Contact"}, 400, "FEATURENOTENABLED"),
            ({"operation": "upsert", "object": "Contact"}, 400, "INVALIDJOB"),
            (
                {"operation": "upsert", "object": "Contact", "externalIdFieldName": "Title"},
                400,
                "INVALIDJOB",
            ),
            ({"operation": "merge", "object": "Contact"}, 400, "JSON_PARSER_ERROR"),
            ({"operation": "insert", "object": "Contact", "x": 1}, 400, "JSON_PARSER_ERROR"),
            (
                {"operation": "insert", "object": "Contact", "lineEnding": "CR"},
                400,
                "JSON_PARSER_ERROR",
            ),
            (
                {"operation": "insert", "object": "Contact", "contentType": "JSON"},
                400,
                "JSON_PARSER_ERROR",
            ),
        ],
    )
    def test_it_is_refused(self, client, asked, status, error):
        assert code(client.call("POST", "/jobs/ingest", asked)) == (status, error)

    def test_it_goes_through_its_states(self, loader, org, contacts):
        job = loader.create().json()["id"]
        states = [loader.poll(job)["state"]]
        loader.upload(job, f"Id,Title\n{contacts[0]},Manager\n")
        states.append(loader.poll(job)["state"])
        states.append(loader.state(job, "UploadComplete").json()["state"])
        states += [loader.poll(job)["state"] for _ in range(3)]

        assert states == [
            "Open",
            "Open",
            "UploadComplete",
            "InProgress",
            "JobComplete",
            "JobComplete",
        ]
        assert org.record("Contact", contacts[0])["Title"] == "Manager"

    def test_nothing_is_written_before_it_is_in_progress(self, loader, org, contacts):
        loader.start(f"Id,Title\n{contacts[0]},Manager\n")

        assert org.record("Contact", contacts[0])["Title"] is None

    def test_it_goes_on_by_the_clock_too(self, loader, org, contacts, watch):
        loader.start(f"Id,Title\n{contacts[0]},Manager\n")

        watch.move(seconds=10)

        assert org.record("Contact", contacts[0])["Title"] == "Manager"

    def test_a_poll_tells_the_figures(self, loader, contacts):
        end = loader.run(f"Id,{STATUS}\n{contacts[0]},Delivered\n{contacts[1]},Nope\n")

        figures = ("jobType", "numberRecordsProcessed", "numberRecordsFailed", "retries")
        assert [end[name] for name in figures] == ["V2Ingest", 2, 1, 0]
        assert end["state"] == "JobComplete"
        assert "errorMessage" not in end
        assert "contentUrl" not in end

    def test_data_is_uploaded_once_only(self, loader):
        job = loader.create().json()["id"]
        loader.upload(job, "Id\n")

        assert code(loader.upload(job, "Id\n")) == (400, "INVALIDJOB")

    def test_data_comes_before_the_closing(self, loader, contacts):
        job = loader.start(f"Id,Title\n{contacts[0]},Manager\n")

        assert code(loader.upload(job, "Id\n")) == (400, "INVALIDJOBSTATE")
        assert code(loader.state(job, "UploadComplete")) == (400, "INVALIDJOBSTATE")

    def test_uploads_are_csv_of_a_hundred_megabytes_at_most(self, loader):
        job = loader.create().json()["id"]

        assert loader.upload(job, "Id\n", "application/json").status_code == 415
        assert loader.upload(job, b"x" * 100_000_001).status_code == 413

    def test_it_is_created_with_its_data_in_one_request(self, client, loader, org, contacts):
        asked = json.dumps({"object": "Contact", "operation": "update"})
        content = f"Id,Title\n{contacts[0]},Manager\n"
        parts = [("application/json", '"job"', asked)]
        parts.append(("text/csv", '"content"; filename="content"', content))
        body = "".join(
            f"--BOUNDARY\r\nContent-Type: {kind}\r\n"
            f"Content-Disposition: form-data; name={name}\r\n\r\n{part}\r\n"
            for kind, name, part in parts
        )

        answer = client.call(
            "POST",
            "/jobs/ingest",
            data=f"{body}--BOUNDARY--",
            headers={"Content-Type": "multipart/form-data; boundary=BOUNDARY"},
        )
        ends = [loader.poll(answer.json()["id"])["state"] for _ in range(2)]

        assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete")
        assert ends == ["InProgress", "JobComplete"]
        assert org.record("Contact", contacts[0])["Title"] == "Manager"

    def test_it_is_aborted_and_then_nothing_happens(self, loader, org, contacts):
        job = loader.start(f"Id,Title\n{contacts[0]},Manager\n")
        aborted = loader.state(job, "Aborted")
        loader.poll(job)

        assert aborted.json()["state"] == "Aborted"
        assert loader.poll(job)["state"] == "Aborted"
        assert org.record("Contact", contacts[0])["Title"] is None
        assert loader.results(job, "unprocessedrecords") == [
            {"Id": contacts[0], "Title": "Manager"}
        ]
        assert code(loader.state(job, "Aborted")) == (400, "INVALIDJOBSTATE")

    def test_it_is_deleted_unless_it_is_being_worked_on(self, loader, client):
        job = loader.create().json()["id"]
        early = client.call("DELETE", f"/jobs/ingest/{job}")
        loader.state(job, "Aborted")
        gone = client.call("DELETE", f"/jobs/ingest/{job}")

        assert (early.status_code, gone.status_code) == (400, 204)
        assert code(client.get(f"/jobs/ingest/{job}")) == (404, "NOT_FOUND")

    def test_jobs_are_listed(self, loader, client):
        ids = {loader.create().json()["id"] for _ in range(3)}

        page = client.get("/jobs/ingest").json()

        assert (page["done"], page["nextRecordsUrl"]) == (True, None)
        assert {job["id"] for job in page["records"]} == ids

    def test_its_results_wait_for_its_end(self, loader, client, contacts):
        job = loader.start(f"Id,Title\n{contacts[0]},Manager\n")

        answer = client.get(f"/jobs/ingest/{job}/successfulResults")

        assert code(answer) == (400, "INVALIDJOBSTATE")

    def test_it_survives_a_restart_of_the_org(self, tmp_path, watch):
        path = str(tmp_path / "org.db")
        first = EmulatedOrg(path, clock=watch)
        job = first.bulk.jobs.add(
            "ingest", {"object": "Lead", "operation": "insert"}, "005", 66.0, "now"
        )
        first.close()
        second = EmulatedOrg(path, clock=watch)

        assert second.bulk.find("ingest", job.id) == job
        second.close()

    def test_it_vanishes_after_seven_days(self, loader, org, client, contacts, watch):
        end = loader.run(f"Id,Title\n{contacts[0]},Manager\n")
        watch.move(days=6)
        client.session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        before = loader.poll(end["id"])["state"]
        watch.move(days=1)
        client.session.headers["Authorization"] = f"Bearer {org.issue_token()}"

        assert before == "JobComplete"
        assert code(client.get(f"/jobs/ingest/{end['id']}")) == (404, "NOT_FOUND")


class TestCsv:
    @pytest.mark.parametrize(
        "delimiter,mark", [("SEMICOLON", ";"), ("TAB", "\t"), ("PIPE", "|")]
    )
    def test_values_are_split_at_the_delimiter_of_the_job(
        self, loader, org, contacts, delimiter, mark
    ):
        content = f"Id{mark}Title\n{contacts[0]}{mark}Director, Marketing\n"
        end = loader.run(content, columnDelimiter=delimiter)

        body = loader.client.get(f"/jobs/ingest/{end['id']}/successfulResults").text
        assert org.record("Contact", contacts[0])["Title"] == "Director, Marketing"
        assert body.startswith(f'"sf__Id"{mark}"sf__Created"{mark}"Id"{mark}"Title"\n')

    def test_quotes_protect_delimiters_quotes_and_line_ends(self, loader, org, contacts):
        text = 'He said "hello, you"\nand left'
        quoted = text.replace('"', '""')

        loader.run(f'Id,Description\n{contacts[0]},"{quoted}"\n')

        assert org.record("Contact", contacts[0])["Description"] == text

    @pytest.mark.parametrize(
        "ending,content,state",
        [
            ("LF", "Id,Title\n{0},A\n", "JobComplete"),
            ("CRLF", "Id,Title\r\n{0},A\r\n", "JobComplete"),
            ("LF", "Id,Title\r\n{0},A\r\n", "Failed"),
            ("CRLF", "Id,Title\n{0},A\n", "Failed"),
            ("LF", 'Id,Title\n{0},"A\r\nB"\n', "Failed"),
        ],
    )
    def test_line_ends_are_those_of_the_job(self, loader, contacts, ending, content, state):
        end = loader.run(content.format(contacts[0]), lineEnding=ending)

        assert end["state"] == state
        if state == "Failed":
            assert end["errorMessage"] == (
                "ClientInputError : LineEnding is invalid on user data."
                f" Current LineEnding setting is {ending}"
            )

    def test_an_empty_value_leaves_alone_and_na_empties(self, loader, org, contacts):
        org.update("Contact", contacts[0], {"Title": "Boss", "FirstName": "Ann"})

        loader.run(f"Id,Title,FirstName\n{contacts[0]},#N/A,\n")

        record = org.record("Contact", contacts[0])
        assert (record["Title"], record["FirstName"]) == (None, "Ann")

    @pytest.mark.parametrize(
        "row", ['{0}, "Boss"', '{0},"Boss" ', '{0},Bo"ss', "{0}", "{0},a,b"]
    )
    def test_a_row_of_the_wrong_form_fails_alone(self, loader, org, contacts, row):
        content = "\n".join(["Id,Title", row.format(contacts[0]), f"{contacts[1]},Fine", ""])

        end = loader.run(content)

        assert (end["state"], end["numberRecordsFailed"]) == ("JobComplete", 1)
        assert org.record("Contact", contacts[0])["Title"] is None
        assert org.record("Contact", contacts[1])["Title"] == "Fine"

    @pytest.mark.parametrize(
        "header,missing",
        [
            ("Id,Nope__c", "Nope__c"),
            ("Title", "Id"),
            ("\ufeffId,Title", "\ufeffId"),
            ("Id, Title", " Title"),
            ("Id,SystemModstamp", "SystemModstamp"),
            ("Id,Account.Nope__c", "Account.Nope__c"),
        ],
    )
    def test_a_column_that_is_not_there_fails_the_job(self, loader, contacts, header, missing):
        end = loader.run(f"{header}\n{contacts[0]},x\n")

        assert end["state"] == "Failed"
        assert end["errorMessage"] == f"InvalidBatch : Field name not found : {missing}"
        assert len(loader.results(end["id"], "unprocessedrecords")) == 1

    def test_a_hidden_column_is_not_there(self, loader, org, contacts):
        org.schema.hide("Contact", "Title")

        end = loader.run(f"Id,Title\n{contacts[0]},Boss\n")

        assert end["errorMessage"] == "InvalidBatch : Field name not found : Title"

    @pytest.mark.parametrize(
        "column,text",
        [
            ("SMS_Opt_Out__c", "maybe"),
            ("SMS_Status_At__c", "yesterday"),
            ("Birthdate", "1980-01-01Z"),
        ],
    )
    def test_a_value_of_the_wrong_type_fails_its_row(self, loader, contacts, column, text):
        content = f"Id,{column}\n{contacts[0]},{text}\n"
        end = loader.run(content)
        failed = loader.results(end["id"], "failedResults")

        assert failed[0]["sf__Error"].startswith("INVALID_FIELD:Failed to deserialize field")
        assert failed[0]["sf__Error"].endswith(f":{column} --")

    @pytest.mark.parametrize("text,value", [("true", True), ("FALSE", False), ("1", True)])
    def test_booleans(self, loader, org, contacts, text, value):
        loader.run(f"Id,SMS_Opt_Out__c\n{contacts[0]},{text}\n")

        assert org.record("Contact", contacts[0])["SMS_Opt_Out__c"] is value

    def test_a_parent_is_named_by_its_key(self, loader, org, contacts):
        account = org.create("Account", {"Name": "Example Ltd"})

        loader.run(f"Id,Account.Id\n{contacts[0]},{account}\n")
        end = loader.run(f"Id,Contact:Account.Id\n{contacts[0]},{account}\n")

        assert org.record("Contact", contacts[0])["AccountId"] == account
        assert "type is not needed for non polymorphic" in end["errorMessage"]

    def test_no_upload_is_a_failure(self, loader):
        job = loader.create().json()["id"]
        loader.state(job, "UploadComplete")

        assert loader.poll(job)["state"] == "Failed"


class TestResults:
    def test_successes_failures_and_their_form(self, loader, org, contacts):
        rows = "".join(
            f"{contact},{status}\n"
            for contact, status in zip(contacts, ("Delivered", "Nope", "Failed"), strict=True)
        )
        end = loader.run(f"Id,{STATUS}\n{rows}")

        done = loader.results(end["id"], "successfulResults")
        failed = loader.client.get(f"/jobs/ingest/{end['id']}/failedResults/")
        left = loader.client.get(f"/jobs/ingest/{end['id']}/unprocessedrecords/")
        label = org.schema.field(org.schema.sobject("Contact"), STATUS).label
        assert [row["Id"] for row in done] == [contacts[2], contacts[0]]
        assert {row["sf__Created"] for row in done} == {"false"}
        assert failed.headers["Content-Type"] == "text/csv"
        assert failed.text == (
            f'"sf__Id","sf__Error","Id","{STATUS}"\n'
            f'"{contacts[1]}","INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:{label}: bad value for'
            f' restricted picklist field: Nope:{STATUS} --","{contacts[1]}","Nope"\n'
        )
        assert left.text == f'"Id","{STATUS}"\n'

    def test_their_order_is_not_that_of_the_upload(self, loader, org):
        ids = seed_contacts(org, 300)
        end = loader.run("Id,Title\n" + "".join(f"{each},X\n" for each in ids))

        done = [row["sf__Id"] for row in loader.results(end["id"], "successfulResults")]

        assert sorted(done) == sorted(ids)
        assert done != ids

    def test_inserts_have_new_ids(self, loader, org):
        end = loader.run("LastName,Email\nBrook,\nStone,wrong\n", "insert")

        done = loader.results(end["id"], "successfulResults")
        failed = loader.results(end["id"], "failedResults")
        assert org.record("Contact", done[0]["sf__Id"])["LastName"] == "Brook"
        assert done[0]["sf__Created"] == "true"
        assert failed[0]["sf__Id"] == ""
        assert failed[0]["sf__Error"].startswith("INVALID_EMAIL_ADDRESS:")

    def test_upserts_by_external_id(self, loader, org):
        stat = "SMS_Campaign_Stat__c"
        first = loader.run(
            "Key__c,Messages__c\na,1\nb,2\n", "upsert", stat, externalIdFieldName="Key__c"
        )
        again = loader.run(
            "Key__c,Messages__c\nb,3\nc,4\n", "upsert", stat, externalIdFieldName="key__c"
        )

        created = {
            row["Key__c"]: row["sf__Created"]
            for row in loader.results(again["id"], "successfulResults")
        }
        assert (first["numberRecordsFailed"], first["externalIdFieldName"]) == (0, "Key__c")
        assert created == {"b": "false", "c": "true"}
        assert {r["Key__c"]: r["Messages__c"] for r in org.records(stat)} == {
            "a": 1,
            "b": 3,
            "c": 4,
        }

    def test_deletes(self, loader, org, contacts):
        end = loader.run(f"Id\n{contacts[0]}\n003xx0000000000AAA\n", "delete")

        assert (end["numberRecordsProcessed"], end["numberRecordsFailed"]) == (2, 1)
        assert org.count("Contact") == 2

    def test_rules_apply_as_everywhere(self, loader, org, contacts):
        org.rules.validation.append(
            ValidationRule(
                object="Contact", message="No bosses", fails=lambda r: r["Title"] == "Boss"
            )
        )
        org.rules.locked.add(contacts[1])

        end = loader.run("Id,Title\n" + "".join(f"{each},Boss\n" for each in contacts[:2]))

        errors = {row["sf__Error"] for row in loader.results(end["id"], "failedResults")}
        assert errors == {
            "FIELD_CUSTOM_VALIDATION_EXCEPTION:No bosses:--",
            "ENTITY_IS_LOCKED:the entity is locked for editing:--",
        }

    def test_assignment_rules_run_only_when_asked_for(self, loader, org):
        other = org.users["admin@example.com"]
        org.rules.assignment.append(AssignmentRule(object="Lead", owner=other))
        lead = "LastName,Company\nBrook,Example Ltd\n"

        loader.run(lead, "insert", "Lead")
        loader.run(lead, "insert", "Lead", assignmentRuleId="01Qxx0000000001AAA")

        owners = [record["OwnerId"] == other for record in org.records("Lead")]
        assert owners == [False, True]


class TestTrouble:
    def test_locked_rows_fail_alone(self, loader, org, contacts):
        org.faults.lock(contacts[0])

        end = loader.run("Id,Title\n" + "".join(f"{each},X\n" for each in contacts))

        failed = loader.results(end["id"], "failedResults")
        assert (end["state"], end["numberRecordsFailed"], end["retries"]) == (
            "JobComplete",
            1,
            1,
        )
        assert failed[0]["sf__Error"] == (
            "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records:"
            f" {contacts[0]}:--"
        )

    def test_too_many_locks_fail_the_job_in_the_end(self, loader, org):
        ids = seed_contacts(org, 600)
        org.faults.lock(*ids[200:400])
        org.bulk.locks_before_retry = 100

        end = loader.run("Id,Title\n" + "".join(f"{each},X\n" for each in ids))

        rows = {
            which: len(loader.results(end["id"], which))
            for which in ("successfulResults", "failedResults", "unprocessedrecords")
        }
        assert end["state"] == "Failed"
        assert end["errorMessage"].startswith("TooManyLockFailure : ")
        assert end["retries"] == 21
        assert sum(rows.values()) == 600
        assert rows["failedResults"] == 200
        assert rows["unprocessedrecords"] > 0

    def test_a_job_that_fails_half_way_keeps_what_it_wrote(self, loader, org):
        ids = seed_contacts(org, 300)
        org.bulk.fail(after=150)

        end = loader.run("Id,Title\n" + "".join(f"{each},X\n" for each in ids))

        assert (end["state"], end["numberRecordsProcessed"]) == ("Failed", 150)
        assert end["errorMessage"] == "InternalServerError : Processing failed"
        assert len(loader.results(end["id"], "successfulResults")) == 150
        assert len(loader.results(end["id"], "unprocessedrecords")) == 150
        assert sum(record["Title"] == "X" for record in org.records("Contact")) == 150

    def test_results_can_be_out_of_reach(self, loader, org, client, contacts):
        end = loader.run(f"Id,Title\n{contacts[0]},X\n")
        org.faults.server_unavailable(path="successfulResults")

        answers = [client.get(f"/jobs/ingest/{end['id']}/successfulResults") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [503, 200]

    def test_calls_and_batches_are_counted(self, loader, org, client, contacts):
        before = org.usage.used
        loader.run(f"Id,Title\n{contacts[0]},X\n")
        limits = client.get("/limits").json()

        assert org.usage.used - before == 6
        assert org.calls["PUT /jobs/ingest/{job}/batches"] == 1
        assert limits["DailyBulkApiBatches"] == {"Max": 15_000, "Remaining": 14_999}

    def test_batches_come_to_an_end(self, loader, org, contacts):
        org.bulk.batch_size = 1
        org.usage.bulk_batches.limit = 2

        end = loader.run("Id,Title\n" + "".join(f"{each},X\n" for each in contacts))

        assert (end["state"], end["numberRecordsProcessed"]) == ("Failed", 2)
        assert end["errorMessage"] == "ExceededQuota : ApiBatchItems Limit exceeded."
        assert code(loader.create()) == (400, "EXCEEDEDQUOTA")

    def test_batches_come_one_after_the_other(self, loader, org):
        ids = seed_contacts(org, 5)
        org.bulk.batch_size = 2
        job = loader.start("Id,Title\n" + "".join(f"{each},X\n" for each in ids))

        polls = [loader.poll(job) for _ in range(4)]

        assert [poll["numberRecordsProcessed"] for poll in polls] == [0, 2, 4, 5]
        assert polls[-1]["state"] == "JobComplete"

    def test_an_object_that_cannot_be_written_fails_every_row(self, loader, org):
        org.add_object(
            SObject(
                name="Fixed__c",
                label="Fixed",
                label_plural="Fixed",
                key_prefix="a0z",
                fields=org.schema.sobject("SMS_Campaign_Stat__c").fields,
                createable=False,
            )
        )

        end = loader.run("Key__c\na\n", "insert", "Fixed__c")

        assert (end["state"], end["numberRecordsFailed"]) == ("JobComplete", 1)


def test_uploads_come_in_pieces_without_a_length(org, contacts, tmp_path):
    rows = "".join(f"{contact},X\n" for contact in contacts)
    pieces = (part.encode() for part in ("Id,Title\n", rows[:30], rows[30:]))
    with serve(org, folder=tmp_path) as server, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        loader = Loader(Client(session, server.http_url + "/services/data/v66.0"))
        job = loader.create().json()["id"]
        sent = session.put(
            f"{server.http_url}/services/data/v66.0/jobs/ingest/{job}/batches",
            data=pieces,
            headers={"Content-Type": "text/csv"},
        )
        loader.state(job, "UploadComplete")
        ends = [loader.poll(job) for _ in range(2)]

    assert sent.request.headers["Transfer-Encoding"] == "chunked"
    assert (sent.status_code, sent.content) == (201, b"")
    assert ends[-1]["numberRecordsProcessed"] == 3
    assert {record["Title"] for record in org.records("Contact")} == {"X"}
