"""Jobs of Bulk API 2.0: each call, and what its answers mean."""

import pytest
import requests

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.domain.records import Verdict
from connector.salesforce.bulk import BulkJob, BulkRow, JobState, Results, outcome_of
from connector.salesforce.errors import DailyLimitError, OrgRefusedError
from tests.salesforce.answers import (
    DATA,
    LOGIN,
    change,
    person,
    refused,
    requests_to,
    sent,
    token_answer,
)


JOBS = f"{DATA}/jobs/ingest"
JOB_ID = "750xx000000005sAAA"
JOB = f"{JOBS}/{JOB_ID}"


def told(state="Open", **more):
    return {
        "id": JOB_ID,
        "operation": "update",
        "object": "Contact",
        "state": state,
        "contentType": "CSV",
        "apiVersion": 66.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
        **more,
    }


class TestCalls:
    def test_a_job_is_created_for_one_object(self, org, logged_in):
        logged_in.post(JOBS, json=told())

        job = org.bulk.create("Contact")

        assert job == BulkJob(id=JOB_ID, state=JobState.OPEN)
        (request,) = requests_to(logged_in, JOBS)
        assert sent(request) == {
            "object": "Contact",
            "operation": "update",
            "contentType": "CSV",
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }

    def test_data_go_up_as_csv(self, org, logged_in):
        logged_in.put(f"{JOB}/batches", status=201)

        org.bulk.upload(JOB_ID, b'Id,A__c\n"1","\xc3\xa4"\n')

        (request,) = requests_to(logged_in, JOBS)
        assert request.body == b'Id,A__c\n"1","\xc3\xa4"\n'
        assert request.headers["Content-Type"] == "text/csv; charset=UTF-8"

    def test_a_job_is_closed_and_aborted_by_its_state(self, org, logged_in):
        logged_in.patch(JOB, json=told("UploadComplete"))

        assert org.bulk.close(JOB_ID).state is JobState.UPLOAD_COMPLETE
        org.bulk.abort(JOB_ID)

        states = [sent(request)["state"] for request in requests_to(logged_in, JOB)]
        assert states == ["UploadComplete", "Aborted"]

    def test_a_job_tells_how_far_it_is(self, org, logged_in):
        answer = told(
            "Failed", numberRecordsProcessed=10, numberRecordsFailed=3, errorMessage="no"
        )
        logged_in.get(JOB, json=answer)

        job = org.bulk.job(JOB_ID)

        assert job == BulkJob(
            id=JOB_ID, state=JobState.FAILED, processed=10, failed=3, error="no"
        )
        assert job.state.is_over

    def test_a_job_that_is_gone_is_none_and_has_no_results(self, org, logged_in):
        logged_in.get(JOB, status=404, json=refused("NOT_FOUND"))
        logged_in.get(f"{JOB}/failedResults", status=404, json=refused("NOT_FOUND"))

        assert org.bulk.job(JOB_ID) is None
        assert list(org.bulk.results(JOB_ID, Results.FAILED)) == []

    def test_results_name_records_by_the_id_that_was_uploaded(self, org, logged_in):
        rows = (
            '"sf__Id","sf__Error","Id","A__c"\n'
            f'"","ENTITY_IS_DELETED:entity is deleted:--","{person(1).id[:15]}","x"\n'
        )
        logged_in.get(f"{JOB}/failedResults", body=rows, content_type="text/csv")

        found = list(org.bulk.results(JOB_ID, Results.FAILED))

        error = "ENTITY_IS_DELETED:entity is deleted:--"
        assert [row.record_id[:15] for row in found] == [person(1).id[:15]]
        assert [row.error for row in found] == [error]
        (request,) = requests_to(logged_in, JOBS)
        assert request.headers["Accept"] == "text/csv"

    def test_successful_records_have_no_error(self, org, logged_in):
        rows = f'"sf__Id","sf__Created","Id"\n"{person(1).id}","false","{person(1).id}"\n'
        logged_in.get(f"{JOB}/successfulResults", body=rows)

        (row,) = org.bulk.results(JOB_ID, Results.SUCCESSFUL)

        assert row == BulkRow(record_id=person(1).id)


class TestTrouble:
    def test_a_session_that_ended_is_renewed_in_every_call(self, org, web):
        web.post(LOGIN, json=token_answer("first"))
        web.post(LOGIN, json=token_answer("second"))
        web.put(f"{JOB}/batches", status=401, json=refused("INVALID_SESSION_ID"))
        web.put(f"{JOB}/batches", status=201)

        org.bulk.upload(JOB_ID, b"Id\n")

        first, second = requests_to(web, JOBS)
        assert first.headers["Authorization"] == "Bearer first"
        assert second.headers["Authorization"] == "Bearer second"
        assert second.body == b"Id\n"
        assert second.headers["Content-Type"] == "text/csv; charset=UTF-8"

    def test_a_session_that_is_never_taken_is_told(self, org, logged_in):
        logged_in.get(JOB, status=401, json=refused("INVALID_SESSION_ID"))

        with pytest.raises(ConfigurationError):
            org.bulk.job(JOB_ID)

    @pytest.mark.parametrize(
        "answer, error",
        [
            ({"status": 503, "body": ""}, OrgUnavailableError),
            ({"body": "<html>Maintenance</html>"}, OrgUnavailableError),
            ({"json": []}, OrgUnavailableError),
            ({"json": {"id": JOB_ID}}, OrgUnavailableError),
            ({"json": told("Sleeping")}, OrgUnavailableError),
            ({"json": told(numberRecordsProcessed="many")}, OrgUnavailableError),
            ({"body": requests.ReadTimeout("slow")}, OrgUnavailableError),
            ({"status": 400, "json": refused("INVALIDJOBSTATE")}, OrgRefusedError),
            (
                {
                    "status": 403,
                    "json": refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
                },
                DailyLimitError,
            ),
        ],
    )
    def test_other_answers_are_the_errors_that_they_are_elsewhere(
        self, org, logged_in, answer, error
    ):
        logged_in.get(JOB, **answer)

        with pytest.raises(error):
            org.bulk.job(JOB_ID)


class TestOutcomes:
    @pytest.mark.parametrize(
        "error, verdict",
        [
            ("", Verdict.WRITTEN),
            ("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--", Verdict.RETRY),
            ("FIELD_CUSTOM_VALIDATION_EXCEPTION:no:A__c --", Verdict.PARK),
            ("ENTITY_IS_DELETED:entity is deleted:--", Verdict.FOLLOW),
            ("CANNOT_UPDATE_CONVERTED_LEAD:cannot reference converted lead:--", Verdict.FOLLOW),
            ("DUPLICATES_DETECTED:Use one of these records?:--", Verdict.AGAIN),
            ("INVALID_FIELD_FOR_INSERT_UPDATE:Unable to update:A__c --", Verdict.AGAIN),
            ("INSUFFICIENT_ACCESS_OR_READONLY:insufficient access:--", Verdict.AGAIN),
        ],
    )
    def test_are_those_of_other_calls_but_for_what_a_job_cannot_decide(self, error, verdict):
        assert outcome_of(change(1), error).verdict is verdict

    def test_keep_code_message_and_fields(self):
        outcome = outcome_of(change(1), "STRING_TOO_LONG:too long:A__c --")

        assert (outcome.error_code, outcome.message) == ("STRING_TOO_LONG", "too long")
        assert outcome.fields == ("A__c",)
