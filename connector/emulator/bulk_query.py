"""
Bulk API 2.0 query jobs: `/jobs/query`.

Bulk API 2.0 guide, "Create a Query Job" to "Get Information About All Query Jobs". The results
are those of the moment in which the job ran; they come in sets, each with a header row.
"""

import base64
import binascii
import itertools
from collections.abc import Iterator, Sequence

from connector.emulator.bulk_csv import write
from connector.emulator.bulk_ingest import CHOICES, abort, check_asked, find, listing
from connector.emulator.bulk_jobs import Job
from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, parser_error
from connector.emulator.fields import Value
from connector.emulator.soql_compile import Plan
from connector.emulator.soql_parse import parse
from connector.emulator.soql_scope import Column
from connector.emulator.times import stamp


_KEYS = frozenset({*CHOICES, "operation", "query"})
_OPERATIONS = frozenset({"query", "queryAll"})


def create(call: Call) -> Reply:
    asked = call.fields()
    check_asked(asked, _KEYS)
    if asked.get("operation") not in _OPERATIONS or not asked.get("query"):
        message = "operation must be query or queryAll, and query must be given"
        raise parser_error(f"{message} at [line:1, column:1]")
    plan = _plan(call, str(asked["query"]), deleted=asked["operation"] == "queryAll")
    if not call.org.usage.bulk_queries.left:
        raise ApiError(400, "EXCEEDEDQUOTA", "ApiBulkV2QueryJobs Limit exceeded.")
    call.org.usage.bulk_queries.use()
    now = stamp(call.org.clock())
    named = {**asked, "object": plan.sobject.name}
    job = call.org.bulk.jobs.add("query", named, call.user, call.version, now)
    job.state = "UploadComplete"
    call.org.bulk.follow(job)
    return Reply(body=job.as_json())


def information(call: Call, job: str) -> Reply:
    """A poll; the query has run before the second one is answered, or after some seconds."""
    found = find(call, "query", job)
    for _ in range(1 + call.org.bulk.due(found)):
        if found.state == "UploadComplete":
            found.move("InProgress", call.org.clock())
        elif found.state == "InProgress":
            _run(call, found)
        else:
            break
    found.stepped = stamp(call.org.clock())
    call.org.bulk.follow(found)
    shown = {
        **found.as_json(),
        "jobType": "V2Query",
        "numberRecordsProcessed": found.processed,
        "retries": found.retries,
        "totalProcessingTime": found.milliseconds,
        "isPkChunkingSupported": True,
    }
    return Reply(body={**shown, **({"errorMessage": found.error} if found.error else {})})


def change(call: Call, job: str) -> Reply:
    found = find(call, "query", job)
    abort(call, found, call.fields().get("state"))
    return Reply(body=found.as_json())


def delete(call: Call, job: str) -> Reply:
    found = find(call, "query", job)
    if not found.final:
        message = "Error encountered when deleting the job because the job is not terminated"
        raise ApiError(400, "API_ERROR", message)
    call.org.bulk.jobs.drop(found)
    return Reply(status=204)


def results(call: Call, job: str) -> Reply:
    """One set of rows; the header Sforce-Locator names the next one, or says null."""
    found = find(call, "query", job)
    if found.state != "JobComplete":
        message = f"The results of job <{found.id}> are not ready: it is {found.state}"
        raise ApiError(400, "INVALIDJOBSTATE", message)
    if call.version != found.version:
        message = f"Use the API version that the job was created with: {found.version}"
        raise ApiError(409, "API_ERROR", message)
    start, most = _start(call.query.get("locator", "")), call.query.get("maxRecords", "")
    if most and (not most.isdigit() or int(most) == 0):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", f"maxRecords is no number: {most}")
    limit = min(int(most or call.org.bulk.page), call.org.bulk.page)
    rows = call.org.bulk.jobs.part(found, start, limit)
    end = start + len(rows)
    body = write([found.columns, *rows], delimiter=found.delimiter, ending=found.ending)
    headers = {
        "Content-Type": "text/csv",
        "Sforce-NumberOfRecords": str(len(rows)),
        "Sforce-Locator": _locator(end) if end < found.processed else "null",
    }
    return Reply(body=body, headers=headers)


def every(call: Call) -> Reply:
    return Reply(body=listing(call, "query", "V2Query"))


ROUTES: list[Route] = [
    route("POST", "/jobs/query", create),
    route("GET", "/jobs/query", every),
    route("GET", "/jobs/query/{job}", information),
    route("PATCH", "/jobs/query/{job}", change),
    route("DELETE", "/jobs/query/{job}", delete),
    route("GET", "/jobs/query/{job}/results", results),
]


def _plan(call: Call, text: str, *, deleted: bool) -> Plan:
    """The query, understood; refuses what bulk queries cannot do."""
    query = parse(text)
    if query.counts or query.aggregated or query.grouped or query.offset:
        message = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
        raise ApiError(400, "API_ERROR", message)
    plan = call.org.queries.plan(text, query, user=call.user, deleted=deleted)
    for column in plan.columns:
        if column.field is not None and column.field.type == "address":
            message = f"Cannot serialize value for '{column.name}' in CSV format"
            raise ApiError(400, "FEATURENOTENABLED", message)
    return plan


def _run(call: Call, job: Job) -> None:
    try:
        plan = _plan(call, str(job.asked["query"]), deleted=job.operation == "queryAll")
    except ApiError as error:
        job.move("Failed", call.org.clock(), f"{error.code} : {error.message}")
        return
    rows = call.org.storage.fetch(plan.sql, plan.values)
    job.columns = [_title(column) for column in plan.columns]
    call.org.bulk.jobs.keep_rows(job, _texts(plan, [tuple(row) for row in rows]))
    job.processed = len(rows)
    job.milliseconds = 100 + len(rows) // 10
    job.move("JobComplete", call.org.clock())


def _title(column: Column) -> str:
    return ".".join([*(name for name, _ in column.parents), column.name])


def _texts(plan: Plan, rows: Sequence[Sequence[Value]]) -> Iterator[tuple[list[str], str]]:
    for row in rows:
        # Behind the columns asked for, rows carry the ids of the record and its parents.
        pairs = itertools.islice(zip(plan.columns, row, strict=False), len(plan.columns))
        yield [_text(column, value) for column, value in pairs], ""


def _text(column: Column, value: Value) -> str:
    kind = column.field.type if column.field else ""
    if value is None:
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _start(locator: str) -> int:
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (ValueError, binascii.Error) as error:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from error
