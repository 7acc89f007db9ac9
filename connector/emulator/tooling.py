"""
The Tooling API, as far as tools that look at an org and add fields to it need.

Tooling API guide: the same queries and describes as the data API over objects of its own;
`FullName` and `Metadata` are given for one row only.
"""

import dataclasses

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, not_found
from connector.emulator.objects import description, global_description
from connector.emulator.query import attributes
from connector.emulator.tooling_fields import change_field, create_field


_SINGLE = frozenset({"fullname", "metadata"})


def query(call: Call) -> Reply:
    text = call.query.get("q", "")
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    queries = call.org.tooling
    if call.query.get("columns", "").lower() == "true":
        return Reply(body=queries.columns(text, user=call.user))
    page = queries.run(text, user=call.user, base=f"{call.base}/tooling")
    records = page["records"]
    rows = records if isinstance(records, list) else []
    shown = {name.lower() for row in rows[:1] for name in row}
    if len(rows) > 1 and shown & _SINGLE:
        raise ApiError(
            400,
            "MALFORMED_QUERY",
            "When retrieving results with Metadata or FullName fields, the query qualifications"
            f" must specify no more than one row for retrieval. Result size: {len(rows)}",
        )
    kind = rows[0]["attributes"]["type"] if rows else None
    extra = {"size": len(rows), "queryLocator": None, "entityTypeName": kind}
    return Reply(body={**page, **extra})


def query_more(call: Call, locator: str) -> Reply:
    return Reply(body=call.org.tooling.more(locator, base=f"{call.base}/tooling"))


def describe_global(call: Call) -> Reply:
    schema = call.org.schema
    listed = [
        global_description(each, f"{call.base}/tooling")
        for each in schema
        if "tooling" in each.apis and schema.sees_object(each, call.user)
    ]
    return Reply(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def describe(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user, "tooling")
    writable = sobject.name == "CustomField"
    shown = dataclasses.replace(sobject, createable=writable, updateable=writable)
    fields = call.org.schema.visible_fields(sobject, call.user)
    base = f"{call.base}/tooling"
    return Reply(body=description(shown, fields, [], base, call.instance_url))


def read(call: Call, name: str, record: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user, "tooling")
    call.org.setup.refresh(sobject.name)
    full = call.org.record(sobject.name, record)
    if not full:
        raise not_found()
    fields = call.org.schema.visible_fields(sobject, call.user)
    values = {field.name: full[field.name] for field in fields}
    head = attributes(sobject.name, full["Id"], f"{call.base}/tooling")
    return Reply(body={"attributes": head, **values})


def create(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user, "tooling")
    if sobject.name != "CustomField":
        raise ApiError(
            400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted"
        )
    record = create_field(call)
    body = {"id": record, "success": True, "errors": [], "warnings": [], "infos": []}
    location = f"{call.base}/tooling/sobjects/CustomField/{record}"
    return Reply(status=201, body=body, headers={"Location": location})


def update(call: Call, name: str, record: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user, "tooling")
    if sobject.name != "CustomField":
        raise ApiError(
            400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be updated"
        )
    change_field(call, record)
    return Reply(status=204)


ROUTES: list[Route] = [
    route("GET", "/tooling/query", query),
    route("GET", "/tooling/query/{locator}", query_more),
    route("GET", "/tooling/sobjects", describe_global),
    route("GET", "/tooling/sobjects/{name}/describe", describe),
    route("GET", "/tooling/sobjects/{name}/{record}", read),
    route("POST", "/tooling/sobjects/{name}", create),
    route("PATCH", "/tooling/sobjects/{name}/{record}", update),
]
