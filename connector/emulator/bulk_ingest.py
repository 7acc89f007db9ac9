"""
Bulk API 2.0 ingest jobs as clients see them: `/jobs/ingest`.

Bulk API 2.0 guide, "Create a Job" to "Get Information About All Ingest Jobs". Not documented,
and therefore a choice here: the answers to an upload of another media type, to an upload or a
closing that comes too late, and to results asked for before the job has ended.
"""

import json
from collections.abc import Mapping
from typing import Any

from connector.emulator.bulk_csv import DELIMITERS, LINE_ENDINGS
from connector.emulator.bulk_jobs import DONE, FAILED, WAITING, Job
from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, not_found, parser_error
from connector.emulator.ids import parse_id
from connector.emulator.multipart import read_parts
from connector.emulator.times import stamp


_OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_LARGEST_UPLOAD = 100_000_000
_LONGEST_PART = 100_000
_PAGE = 1_000
#: What a request may choose, and from which values.
CHOICES: Mapping[str, frozenset[str]] = {
    "contentType": frozenset({"CSV"}),
    "columnDelimiter": frozenset(DELIMITERS),
    "lineEnding": frozenset(LINE_ENDINGS),
}
_KEYS = frozenset({*CHOICES, "object", "operation", "externalIdFieldName", "assignmentRuleId"})


def create(call: Call) -> Reply:
    """200 and an open job; with the data in the same request it is closed at once."""
    if not call.headers.get("Content-Type", "").startswith("multipart/"):
        return Reply(body=_add(call, call.fields()).as_json())
    parts = read_parts(call.headers["Content-Type"], call.body)
    if set(parts) != {"job", "content"}:
        message = "The parts of the request must be job and content"
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", message)
    if len(parts["content"]) > _LONGEST_PART:
        message = f"More than {_LONGEST_PART} characters: upload them in a request of their own"
        raise ApiError(400, "INVALIDBATCH", message)
    try:
        asked = json.loads(parts["job"])
    except ValueError as error:
        raise parser_error(f"Unexpected input: {error} at [line:1, column:1]") from error
    job = _add(call, asked)
    _upload(call, job, parts["content"])
    _close(call, job)
    return Reply(body=job.as_json())


def upload(call: Call, job: str) -> Reply:
    found = find(call, "ingest", job)
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        message = f"Content-Type '{kind}' is not supported. Use text/csv."
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message)
    if len(call.body) > _LARGEST_UPLOAD:
        message = f"The upload is larger than {_LARGEST_UPLOAD} bytes"
        raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", message)
    _upload(call, found, call.body)
    return Reply(status=201)


def change(call: Call, job: str) -> Reply:
    """Close the job or abort it."""
    found = find(call, "ingest", job)
    state = _only(call.fields(), frozenset({"state"})).get("state")
    if state == "UploadComplete":
        _close(call, found)
    else:
        abort(call, found, state)
    return Reply(body=found.as_json())


def information(call: Call, job: str) -> Reply:
    """A poll; the org works on the job before it answers."""
    found = find(call, "ingest", job)
    call.org.bulk.step(found)
    shown = {
        **found.as_json(),
        "jobType": "V2Ingest",
        "numberRecordsProcessed": found.processed,
        "numberRecordsFailed": found.failed,
        "retries": found.retries,
        "totalProcessingTime": found.milliseconds,
        "apiActiveProcessingTime": found.milliseconds,
        "apexProcessingTime": 0,
    }
    return Reply(body={**shown, **({"errorMessage": found.error} if found.error else {})})


def successful(call: Call, job: str) -> Reply:
    return _results(call, job, DONE)


def failed(call: Call, job: str) -> Reply:
    return _results(call, job, FAILED)


def unprocessed(call: Call, job: str) -> Reply:
    return _results(call, job, WAITING)


def delete(call: Call, job: str) -> Reply:
    found = find(call, "ingest", job)
    if not (found.final or found.state == "UploadComplete"):
        message = "Error encountered when deleting the job because the job is not terminated"
        raise ApiError(400, "API_ERROR", message)
    call.org.bulk.jobs.drop(found)
    return Reply(status=204)


def every(call: Call) -> Reply:
    return Reply(body=listing(call, "ingest", "V2Ingest"))


ROUTES: list[Route] = [
    route("POST", "/jobs/ingest", create),
    route("GET", "/jobs/ingest", every),
    route("GET", "/jobs/ingest/{job}", information),
    route("PATCH", "/jobs/ingest/{job}", change),
    route("DELETE", "/jobs/ingest/{job}", delete),
    route("PUT", "/jobs/ingest/{job}/batches", upload),
    route("GET", "/jobs/ingest/{job}/successfulResults", successful),
    route("GET", "/jobs/ingest/{job}/failedResults", failed),
    route("GET", "/jobs/ingest/{job}/unprocessedrecords", unprocessed),
]


# What query jobs need too.


def find(call: Call, kind: str, job: str) -> Job:
    found = call.org.bulk.find(kind, parse_id(job) or "")
    if found is None:
        raise not_found()
    return found


def abort(call: Call, job: Job, state: object) -> None:
    if state != "Aborted":
        raise ApiError(400, "INVALIDJOBSTATE", f"The job state {state} is invalid")
    if job.final:
        message = "Aborting already Completed Job not allowed"
        raise ApiError(400, "INVALIDJOBSTATE", message)
    if job.kind == "ingest" and job.state in {"Open", "UploadComplete"}:
        call.org.bulk.unpack(job)
    job.move("Aborted", call.org.clock())
    call.org.bulk.follow(job)


def listing(call: Call, kind: str, job_type: str) -> dict[str, object]:
    """A page of 1,000 jobs, of both kinds unless one is asked for."""
    wanted = {"V2Ingest": "ingest", "V2Query": "query"}.get(call.query.get("jobType", ""), kind)
    jobs = [job for job in call.org.bulk.jobs.all(wanted) if call.org.bulk.find(wanted, job.id)]
    start = int(call.query.get("queryLocator", "").rpartition("-")[2] or 0)
    page, done = jobs[start : start + _PAGE], start + _PAGE >= len(jobs)
    more = f"{call.base}/jobs/{kind}?queryLocator=01gxx-{start + _PAGE}"
    shown = [{**job.as_json(), "jobType": job_type} for job in page]
    return {"done": done, "records": shown, "nextRecordsUrl": None if done else more}


def check_asked(asked: Mapping[str, Any], keys: frozenset[str]) -> None:
    """Refuses what no job can be asked with."""
    _only(asked, keys)
    for name, allowed in CHOICES.items():
        value = asked.get(name)
        if value is not None and value not in allowed:
            message = f"{value} is no {name}: one of {', '.join(sorted(allowed))}"
            raise parser_error(f"{message} at [line:1, column:1]")


def _only(asked: Mapping[str, Any], keys: frozenset[str]) -> Mapping[str, Any]:
    unknown = set(asked) - keys
    if unknown:
        raise parser_error(f'Unrecognized field "{min(unknown)}" at [line:1, column:1]')
    return asked


def _add(call: Call, asked: dict[str, Any]) -> Job:
    check_asked(asked, _KEYS)
    operation = asked.get("operation")
    if operation not in _OPERATIONS:
        message = f"{operation} is no operation: one of {', '.join(sorted(_OPERATIONS))}"
        raise parser_error(f"{message} at [line:1, column:1]")
    if operation == "hardDelete":
        message = "hardDelete operation requires special user profile permission"
        raise ApiError(400, "FEATURENOTENABLED", message)
    schema, name = call.org.schema, str(asked.get("object") or "")
    if not schema.knows(name) or not schema.sees_object(schema.sobject(name), call.user):
        raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {name}")
    _check_key(call, asked)
    if not call.org.usage.bulk_batches.left:
        raise ApiError(400, "EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
    named = {**asked, "object": schema.sobject(name).name}
    now = stamp(call.org.clock())
    job = call.org.bulk.jobs.add("ingest", named, call.user, call.version, now)
    call.org.bulk.follow(job)
    return job


def _check_key(call: Call, asked: Mapping[str, Any]) -> None:
    """An upsert names the field by which its records are found."""
    if asked["operation"] != "upsert":
        return
    key = str(asked.get("externalIdFieldName") or "")
    if not key:
        raise ApiError(400, "INVALIDJOB", "ExternalIdFieldName is required for upsert")
    sobject = call.org.schema.sobject(str(asked["object"]))
    field = call.org.schema.field(sobject, key)
    seen = field is not None and call.org.schema.visible(sobject, field, call.user)
    if field is None or not seen or not (field.finds_records or field.type == "id"):
        message = f"{key} is no external id field of {sobject.name}"
        raise ApiError(400, "INVALIDJOB", f"Invalid externalIdFieldName: {message}")


def _upload(call: Call, job: Job, content: bytes) -> None:
    if job.state != "Open":
        message = f"The job <{job.id}> is not open: it is {job.state}"
        raise ApiError(400, "INVALIDJOBSTATE", message)
    if job.uploaded:
        message = (
            f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete'"
            " the current Job then create a new Job and make sure you only do 'PUT' once on a"
            " given Job."
        )
        raise ApiError(400, "INVALIDJOB", message)
    call.org.bulk.jobs.keep_upload(job, content)
    job.uploaded = True
    call.org.bulk.follow(job)


def _close(call: Call, job: Job) -> None:
    if job.state != "Open":
        message = f"Closing already {job.state} Job not allowed"
        raise ApiError(400, "INVALIDJOBSTATE", message)
    job.move("UploadComplete", call.org.clock())
    job.stepped = stamp(call.org.clock())
    call.org.bulk.follow(job)


def _results(call: Call, job: str, state: str) -> Reply:
    found = find(call, "ingest", job)
    if not found.final:
        message = f"The results of job <{found.id}> are not ready: it is {found.state}"
        raise ApiError(400, "INVALIDJOBSTATE", message)
    body = call.org.bulk.jobs.results(found, state)
    return Reply(body=body, headers={"Content-Type": "text/csv"})
