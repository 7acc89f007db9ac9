"""
sObject Collections: up to 200 records a call, each with its own result, in their order.

REST API Developer Guide, "sObject Collections". Not documented, and therefore a choice here:
the code for more than ten chunks, and that an id twice in one call refuses both its records.
"""

import itertools
from collections.abc import Mapping, Sequence

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, RecordError, parser_error
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.objects import SObject
from connector.emulator.query import attributes, present
from connector.emulator.rows import find_key
from connector.emulator.values import coerce
from connector.emulator.writes import Saved


_MOST = 200
_MOST_CHUNKS = 10
_MOST_RETRIEVED = 2_000

Record = Mapping[str, object]


class RolledBackError(Exception):
    """Undoes the call's transaction; carries the results to answer with."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("all or none")
        self.reply = reply


def create(call: Call) -> Reply:
    all_or_none, records = _records(call)
    saved: list[Saved] = []
    for sobject, chunk in _chunks(call, records):
        saved += call.org.writer.create(sobject, chunk, call.caller())
    return _answer(saved, all_or_none=all_or_none)


def update(call: Call) -> Reply:
    all_or_none, records = _records(call)
    saved: list[Saved] = []
    for sobject, chunk in _chunks(call, records):
        pairs = [(_id(record), record) for record in chunk]
        saved += call.org.writer.update(sobject, pairs, call.caller())
    return _answer(saved, all_or_none=all_or_none)


def upsert(call: Call, name: str, key: str) -> Reply:
    all_or_none, records = _records(call)
    sobject = call.org.schema.seen_object(name, call.user)
    field = find_key(call, sobject, key)
    for record in records:
        if _type(record).lower() != sobject.name.lower():
            message = f"All records must be of the type in the URL: {sobject.name}"
            raise ApiError(400, "INVALID_INPUT", message)
    pairs = [(_key_value(record, field), record) for record in records]
    misplaced = [field.type != "id" and bool(_id(record)) for record in records]
    good = [pair for pair, bad in zip(pairs, misplaced, strict=True) if not bad]
    results = iter(call.org.writer.upsert(sobject, field, good, call.caller()))
    refusal = Saved(
        error=RecordError(
            code="INVALID_FIELD",
            message="The Id field should not be specified in the sobject data.",
            fields=("Id",),
        )
    )
    saved = [refusal if bad else next(results) for bad in misplaced]
    return _answer(saved, all_or_none=all_or_none, upsert=True)


def delete(call: Call) -> Reply:
    ids = [each for each in call.query.get("ids", "").split(",") if each]
    _check_number(ids)
    saved: list[Saved] = []
    for given in ids:
        record = parse_id(given)
        sobject = call.org.schema.of_id(record) if record else None
        if sobject is None:
            error = RecordError(code="MALFORMED_ID", message=f"malformed id {given}")
            saved.append(Saved(error=error))
        else:
            saved += call.org.writer.delete(sobject, [record], call.caller())
    return _answer(saved, all_or_none=call.query.get("allOrNone", "").lower() == "true")


def retrieve_few(call: Call, name: str) -> Reply:
    ids = [each for each in call.query.get("ids", "").split(",") if each]
    fields = [each for each in call.query.get("fields", "").split(",") if each]
    return _retrieve(call, name, ids, fields)


def retrieve_many(call: Call, name: str) -> Reply:
    body = call.fields()
    ids, fields = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise parser_error("ids and fields must be lists at [line:1, column:1]")
    return _retrieve(call, name, [str(each) for each in ids], [str(each) for each in fields])


ROUTES: list[Route] = [
    route("POST", "/composite/sobjects", create),
    route("PATCH", "/composite/sobjects", update),
    route("DELETE", "/composite/sobjects", delete),
    route("GET", "/composite/sobjects/{name}", retrieve_few),
    route("POST", "/composite/sobjects/{name}", retrieve_many),
    route("PATCH", "/composite/sobjects/{name}/{key}", upsert),
]


def _retrieve(call: Call, name: str, ids: Sequence[str], names: Sequence[str]) -> Reply:
    """The records in the order asked for; null where there is none to see."""
    if len(ids) > _MOST_RETRIEVED:
        message = f"The number of ids may not be more than {_MOST_RETRIEVED}"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    sobject = call.org.schema.seen_object(name, call.user)
    fields = [call.org.schema.seen_field(sobject, each.strip(), call.user) for each in names]
    wanted = [parse_id(each.strip()) or "" for each in ids]
    rows = call.org.storage.rows(sobject.name, wanted)
    shown: list[object] = []
    for record in wanted:
        row = rows.get(record)
        if row is None or row.get("IsDeleted"):
            shown.append(None)
            continue
        values = {field.name: present(field, row.get(field.name)) for field in fields}
        head = {"attributes": attributes(sobject.name, record, call.base)}
        shown.append({**head, **values, "Id": record})
    return Reply(body=shown)


def _records(call: Call) -> tuple[bool, list[Record]]:
    body = call.fields()
    unknown = set(body) - {"allOrNone", "records"}
    if unknown:
        message = f'Unrecognized field "{min(unknown)}" at [line:1, column:1]'
        raise parser_error(message)
    all_or_none, records = body.get("allOrNone", False), body.get("records")
    if not isinstance(all_or_none, bool) or not isinstance(records, list):
        raise parser_error(
            "records must be a list and allOrNone a boolean at [line:1, column:1]"
        )
    _check_number(records)
    for record in records:
        if not isinstance(record, dict) or not _type(record):
            message = "The attributes of each record must name its type"
            raise ApiError(400, "INVALID_INPUT", message)
    return all_or_none, records


def _check_number(records: Sequence[object]) -> None:
    if len(records) > _MOST:
        message = (
            f"record limit reached. cannot submit more than {_MOST} records into this call"
        )
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _chunks(call: Call, records: Sequence[Record]) -> list[tuple[SObject, list[Record]]]:
    """A new chunk begins wherever the type changes."""
    chunks = [
        (_sobject(call, name), list(group))
        for name, group in itertools.groupby(records, key=lambda r: _type(r).lower())
    ]
    if len(chunks) > _MOST_CHUNKS:
        message = (
            f"Cannot have more than {_MOST_CHUNKS} chunks in a single operation."
            " Please rearrange the data to reduce chunking."
        )
        raise ApiError(400, "LIMIT_EXCEEDED", message)
    if len({sobject.setup for sobject, _ in chunks}) > 1:
        message = "DML operation on setup object is not permitted after you have updated a"
        raise ApiError(
            400, "MIXED_DML_OPERATION", f"{message} non-setup object (or vice versa)"
        )
    return chunks


def _sobject(call: Call, name: str) -> SObject:
    try:
        return call.org.schema.seen_object(name, call.user)
    except ApiError as error:
        message = f"sObject type '{name}' is not supported."
        raise ApiError(400, "INVALID_TYPE", message) from error


def _type(record: Record) -> str:
    given = record.get("attributes")
    return str(given.get("type") or "") if isinstance(given, dict) else ""


def _id(record: Record) -> object:
    return next((value for name, value in record.items() if name.lower() == "id"), None)


def _key_value(record: Record, field: Field) -> Value:
    value = next((v for name, v in record.items() if name.lower() == field.name.lower()), None)
    if field.type == "id":
        return str(value) if value else None
    return coerce(field, value)


def _answer(saved: Sequence[Saved], *, all_or_none: bool, upsert: bool = False) -> Reply:
    if all_or_none and any(each.error for each in saved):
        message = (
            "Record rolled back because not all records were valid and the request was using"
            " AllOrNone header"
        )
        undone = RecordError(code="ALL_OR_NONE_OPERATION_ROLLED_BACK", message=message)
        saved = [each if each.error else Saved(error=undone) for each in saved]
        raise RolledBackError(Reply(body=[_item(each, upsert=upsert) for each in saved]))
    return Reply(body=[_item(each, upsert=upsert) for each in saved])


def _item(saved: Saved, *, upsert: bool) -> dict[str, object]:
    if saved.error is not None:
        item: dict[str, object] = {"success": False, "errors": [saved.error.as_item()]}
        return {**item, "created": False} if upsert else item
    remarks = [saved.remark.as_item()] if saved.remark else []
    item = {"id": saved.record, "success": True, "errors": remarks}
    return {**item, "created": saved.created} if upsert else item
