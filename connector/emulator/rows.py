"""The row endpoints: one record a call."""

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, RecordError, not_found
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.objects import SObject
from connector.emulator.query import attributes, present
from connector.emulator.storage import Row
from connector.emulator.times import read_stamp
from connector.emulator.values import coerce
from connector.emulator.web_dates import parse_http_date
from connector.emulator.writes import Saved


#: Row calls answer some refusals with another status than 400.
_STATUSES = {
    "ENTITY_IS_DELETED": 404,
    "INVALID_CROSS_REFERENCE_KEY": 404,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
}
#: From here on an upsert that updates answers 200 with a body, before it was 204.
_UPSERT_BODY_SINCE = 46.0


class RefusedRowError(ApiError):
    """A record's refusal as the row endpoints word it."""

    def __init__(self, error: RecordError) -> None:
        super().__init__(_STATUSES.get(error.code, 400), error.code, error.message)
        self._error = error

    @property
    def body(self) -> object:
        return [self._error.as_row()]


def create(call: Call, name: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    saved = call.org.writer.create(sobject, [call.fields()], call.caller())[0]
    return _created(call, sobject, _written(saved), remark=saved.remark)


def read(call: Call, name: str, record: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    row = _row(call, sobject, record)
    known = parse_http_date(call.headers.get("If-Modified-Since", ""))
    if known and read_stamp(str(row["SystemModstamp"])) <= known:
        return Reply(status=304)
    return Reply(body=_shown(call, sobject, row))


def update(call: Call, name: str, record: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    row = _row(call, sobject, record)
    body = call.fields()
    if any(field.lower() == "id" for field in body):
        message = "The Id field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", message, fields=("Id",))
    _check_unmodified(call, row)
    _written(call.org.writer.update(sobject, [(row["Id"], body)], call.caller())[0])
    return Reply(status=204)


def delete(call: Call, name: str, record: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    row = _row(call, sobject, record)
    _written(call.org.writer.delete(sobject, [row["Id"]], call.caller())[0])
    return Reply(status=204)


def read_by_key(call: Call, name: str, key: str, value: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    rows = _by_key(call, sobject, find_key(call, sobject, key), value)
    if not rows:
        raise not_found()
    if len(rows) > 1:
        return _choices(call, sobject, rows)
    return Reply(body=_shown(call, sobject, rows[0]))


def upsert(call: Call, name: str, key: str, value: str) -> Reply:
    """201 created, 200 changed, 300 for several matches; the key is in the path only."""
    sobject = call.org.schema.seen_object(name, call.user)
    field = find_key(call, sobject, key)
    body = call.fields()
    _check_key_body(body, field)
    rows = _by_key(call, sobject, field, value)
    if len(rows) > 1:
        return _choices(call, sobject, rows)
    caller = call.caller()
    if not rows:
        if call.query.get("updateOnly", "").lower() == "true" or field.type == "id":
            raise not_found()
        keyed = {**body, field.name: value}
        saved = _written(call.org.writer.create(sobject, [keyed], caller)[0])
        return _created(call, sobject, saved, created=True)
    _written(call.org.writer.update(sobject, [(rows[0]["Id"], body)], caller)[0])
    if call.version < _UPSERT_BODY_SINCE:
        return Reply(status=204)
    return Reply(body={"id": rows[0]["Id"], "success": True, "errors": [], "created": False})


def delete_by_key(call: Call, name: str, key: str, value: str) -> Reply:
    sobject = call.org.schema.seen_object(name, call.user)
    rows = _by_key(call, sobject, find_key(call, sobject, key), value)
    if not rows:
        raise not_found()
    if len(rows) > 1:
        return _choices(call, sobject, rows)
    _written(call.org.writer.delete(sobject, [rows[0]["Id"]], call.caller())[0])
    return Reply(status=204)


ROUTES: list[Route] = [
    route("POST", "/sobjects/{name}", create),
    route("GET", "/sobjects/{name}/{record}", read),
    route("PATCH", "/sobjects/{name}/{record}", update),
    route("DELETE", "/sobjects/{name}/{record}", delete),
    route("GET", "/sobjects/{name}/{key}/{{value}}", read_by_key),
    route("PATCH", "/sobjects/{name}/{key}/{{value}}", upsert),
    route("DELETE", "/sobjects/{name}/{key}/{{value}}", delete_by_key),
]


def _written(saved: Saved) -> str:
    if saved.error is not None:
        raise RefusedRowError(saved.error)
    return saved.record


def _created(
    call: Call,
    sobject: SObject,
    record: str,
    *,
    created: bool | None = None,
    remark: RecordError | None = None,
) -> Reply:
    remarks = [remark.as_item()] if remark else []
    body: dict[str, object] = {"id": record, "success": True, "errors": remarks}
    if created is not None:
        body["created"] = created
    location = f"{call.base}/sobjects/{sobject.name}/{record}"
    return Reply(status=201, body=body, headers={"Location": location})


def _row(call: Call, sobject: SObject, given: str) -> Row:
    record = parse_id(given)
    if record is None:
        message = f"Provided external ID field does not exist or is not accessible: {given}"
        raise not_found(message)
    row = call.org.storage.rows(sobject.name, [record]).get(record)
    if row is None:
        raise not_found()
    if row.get("IsDeleted"):
        deleted = RecordError(code="ENTITY_IS_DELETED", message="entity is deleted")
        raise RefusedRowError(deleted)
    return row


def find_key(call: Call, sobject: SObject, name: str) -> Field:
    field = call.org.schema.field(sobject, name)
    if (
        field is None
        or not (field.finds_records or field.type == "id")
        or not call.org.schema.visible(sobject, field, call.user)
    ):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise not_found(message)
    return field


def _by_key(call: Call, sobject: SObject, field: Field, text: str) -> list[Row]:
    value: Value = text
    if field.type == "id":
        value = parse_id(text) or ""
    elif field.type in {"int", "double"}:
        value = coerce(field, float(text)) if text.replace(".", "", 1).isdecimal() else None
    else:
        value = coerce(field, text)
    if value is None:
        return []
    rows = call.org.storage.rows_where(sobject.name, field.name, [value])
    return [row for row in rows if not row.get("IsDeleted")]


def _check_key_body(body: dict[str, object], field: Field) -> None:
    for name in body:
        if name.lower() in {field.name.lower(), "id"}:
            message = f"The {name} field should not be specified in the sobject data."
            raise ApiError(400, "INVALID_FIELD", message, fields=(name,))


def _choices(call: Call, sobject: SObject, rows: list[Row]) -> Reply:
    urls = [f"{call.base}/sobjects/{sobject.name}/{row['Id']}" for row in rows]
    return Reply(status=300, body=urls)


def _shown(call: Call, sobject: SObject, row: Row) -> dict[str, object]:
    """The record with all fields that the user may see, or with those of `fields`."""
    fields = call.org.schema.visible_fields(sobject, call.user)
    if "fields" in call.query:
        names = [name.strip() for name in call.query["fields"].split(",")]
        fields = [call.org.schema.seen_field(sobject, name, call.user) for name in names]
    full = call.org.record(sobject.name, str(row["Id"]))
    values = {field.name: present(field, full[field.name]) for field in fields}
    return {"attributes": attributes(sobject.name, row["Id"], call.base), **values}


def _check_unmodified(call: Call, row: Row) -> None:
    asked = parse_http_date(call.headers.get("If-Unmodified-Since", ""))
    if asked and read_stamp(str(row["SystemModstamp"])) > asked:
        message = "A precondition specified in the request header has not been met"
        raise ApiError(412, "PRECONDITION_FAILED", message)
