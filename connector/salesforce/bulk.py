"""
Updates by Bulk API 2.0: one job for thousands of records of one object.

Each call stands for itself, so that a job can be gone on with by its id after a crash. Source:
Bulk API 2.0 and Bulk API Developer Guide, "Ingest Jobs". There are no assignment rules unless a
job names one, and no header passes duplicate rules ("Create a Job").
"""

import dataclasses
import enum
from collections.abc import Iterator

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.util import exception_handler

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import Outcome, RecordChange, Verdict, long_id
from connector.salesforce import bulk_csv
from connector.salesforce.classify import rule_of
from connector.salesforce.connection import Connection
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.write import refused


PATH = "jobs/ingest"
#: The calls of one job that goes well, with a few polls: worth it from 2,000 records on.
CALLS_A_JOB = 9

_NOT_FOUND = 404
_ERROR_STATUS = 300
_DUPLICATES = "DUPLICATES_DETECTED"


class JobState(enum.StrEnum):
    """How far Salesforce is with a job."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"

    @property
    def is_over(self) -> bool:
        return self in {JobState.JOB_COMPLETE, JobState.FAILED, JobState.ABORTED}


class Results(enum.StrEnum):
    """The three lists of an ended job; a record is on one of them, unless it got lost."""

    SUCCESSFUL = "successfulResults"
    FAILED = "failedResults"
    UNPROCESSED = "unprocessedrecords"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BulkJob:
    """What Salesforce told of a job; `processed` counts the failed ones too."""

    id: str
    state: JobState
    processed: int = 0
    failed: int = 0
    error: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One record of an ended job; `error` is empty where it has none."""

    record_id: str
    error: str = ""


class Bulk:
    """
    The ingest jobs of one org.

    Every method may raise OrgUnavailableError, OrgRefusedError or ConfigurationError.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, name: str) -> BulkJob:
        """A job that updates records of this object, open for its data."""
        wanted = {
            "object": name,
            "operation": "update",
            "contentType": "CSV",
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }
        return self._told("POST", PATH, wanted)

    def upload(self, job_id: str, content: bytes) -> None:
        """All data of the job; it can be given once only."""
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        self._ask("PUT", f"{PATH}/{job_id}/batches", data=content, headers=headers)

    def close(self, job_id: str) -> BulkJob:
        """From now on Salesforce works on it."""
        return self._told(
            "PATCH", f"{PATH}/{job_id}", {"state": JobState.UPLOAD_COMPLETE.value}
        )

    def abort(self, job_id: str) -> None:
        """Stop it; what is being written just now is written all the same."""
        self._told("PATCH", f"{PATH}/{job_id}", {"state": JobState.ABORTED.value})

    def job(self, job_id: str) -> BulkJob | None:
        """How far it is; None when it is gone: after seven days, or deleted by somebody."""
        try:
            return self._told("GET", f"{PATH}/{job_id}")
        except OrgRefusedError as refusal:
            if refusal.status == _NOT_FOUND:
                return None
            raise

    def results(self, job_id: str, kind: Results) -> Iterator[BulkRow]:
        """One list of an ended job, in no order; empty when the job is gone."""
        accept = {"Accept": "text/csv"}
        try:
            answer = self._ask("GET", f"{PATH}/{job_id}/{kind}", headers=accept)
        except OrgRefusedError as refusal:
            if refusal.status == _NOT_FOUND:
                return
            raise
        for row in bulk_csv.read(answer.content):
            record_id = row.get(bulk_csv.ID) or row.get("sf__Id") or ""
            yield BulkRow(record_id=long_id(record_id), error=row.get("sf__Error", ""))

    def _told(self, method: str, path: str, body: object = None) -> BulkJob:
        answer = self._connection.ask(lambda client: _send(client, method, path, body).json())
        if not isinstance(answer, dict):
            raise OrgUnavailableError("Salesforce answered in a shape that it never does")
        try:
            return BulkJob(
                id=str(answer["id"]),
                state=JobState(answer["state"]),
                processed=int(answer.get("numberRecordsProcessed") or 0),
                failed=int(answer.get("numberRecordsFailed") or 0),
                error=str(answer.get("errorMessage") or ""),
            )
        except (KeyError, TypeError, ValueError):
            raise OrgUnavailableError(
                "Salesforce told nothing of the job that can be understood"
            ) from None

    def _ask(
        self, method: str, path: str, *, headers: dict[str, str], data: bytes | None = None
    ) -> requests.Response:
        return self._connection.ask(
            lambda client: _send(client, method, path, data=data, headers=headers)
        )


def _send(
    client: Salesforce,
    method: str,
    path: str,
    body: object = None,
    *,
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> requests.Response:
    """Through our session: the library's own bulk client neither renews nor resumes."""
    answer = client.session.request(
        method,
        client.base_url + path,
        headers={**client.headers, **(headers or {})},
        json=body,
        data=data,
    )
    if answer.status_code >= _ERROR_STATUS:
        exception_handler(answer, name=path)
    return answer


def outcome_of(change: RecordChange, error: str) -> Outcome:
    """
    What became of one record of a job, from its `sf__Error`.

    What may be the set-up's fault, or needs a header that jobs do not have, is not decided by
    a job: collections judge it.
    """
    if not error:
        return Outcome(change=change, verdict=Verdict.WRITTEN)
    code, message, fields = bulk_csv.read_error(error)
    outcome = refused(change, code, message, fields)
    undecided = (
        outcome.verdict is Verdict.STOP
        or rule_of(code, message).systemic
        or code == _DUPLICATES
    )
    return dataclasses.replace(outcome, verdict=Verdict.AGAIN) if undecided else outcome
