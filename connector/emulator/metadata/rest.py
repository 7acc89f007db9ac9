"""
Deploying over REST.

Metadata API Developer Guide, "Deploying with REST": a form with the parts `json` and `file`,
answered with 201; the same resource tells how it goes, and cancels.
"""

import dataclasses
import json
from typing import Any

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.errors import ApiError, parser_error
from connector.emulator.metadata.deploy import Options
from connector.emulator.multipart import read_parts


POWERS = ("ModifyAllData", "ModifyMetadata")
REFUSAL = (
    "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata"
    " permissions"
)
_OPTIONS = {field.name for field in dataclasses.fields(Options)}
_OTHER_OPTIONS = {"performRetrieve", "purgeOnDelete", "runTests", "testLevel"}


def ask(call: Call) -> Reply:
    _demand(call)
    parts = read_parts(call.headers.get("Content-Type", ""), call.body)
    # The guide names the part json; jsforce and Salesforce's own tool send entity_content.
    if "entity_content" in parts:
        parts.setdefault("json", parts["entity_content"])
    missing = {"json", "file"} - set(parts)
    if missing:
        message = f"Multipart message must include the part {min(missing)}"
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", message)
    options = read_options(_json(parts["json"]).get("deployOptions") or {})
    record = call.org.deployments.ask(parts["file"], options, call.user)
    result = call.org.deployments.waiting(record)
    body = {"id": record, "validatedDeployRequestId": None, "deployResult": result}
    return Reply(status=201, body=body)


def status(call: Call, record: str) -> Reply:
    _demand(call)
    details = call.query.get("includeDetails", "").lower() == "true"
    result = call.org.deployments.status(record, details=details)
    return Reply(body={"id": record, "url": _url(call, record), "deployResult": result})


def cancel(call: Call, record: str) -> Reply:
    _demand(call)
    wanted = (call.fields().get("deployResult") or {}) if call.body else {}
    if not isinstance(wanted, dict) or wanted.get("status") != "Canceling":
        message = "Only the status Canceling can be set"
        raise ApiError(400, "INVALID_OPERATION", message)
    result = call.org.deployments.cancel(record)
    body = {"id": record, "url": _url(call, record), "deployResult": result}
    return Reply(status=202, body=body)


def read_options(given: dict[str, Any]) -> Options:
    """DeployOptions as JSON has them; other names are refused."""
    unknown = set(given) - _OPTIONS - _OTHER_OPTIONS
    if unknown:
        raise parser_error(
            f'Unrecognized field "{min(unknown)}", not marked as ignorable'
            " at [line:1, column:1]"
        )
    return Options(**{name: bool(given[name]) for name in _OPTIONS & set(given)})


def _demand(call: Call) -> None:
    call.org.schema.permissions.demand(call.user, *POWERS, message=REFUSAL)


def _json(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError as error:
        raise parser_error(f"Unexpected input: {error} at [line:1, column:1]") from error
    if not isinstance(body, dict):
        raise parser_error("The part json is no object at [line:1, column:1]")
    return body


def _url(call: Call, record: str) -> str:
    return f"{call.instance_url}{call.base}/metadata/deployRequest/{record}"


ROUTES: list[Route] = [
    route("POST", "/metadata/deployRequest", ask),
    route("GET", "/metadata/deployRequest/{record}", status),
    route("PATCH", "/metadata/deployRequest/{record}", cancel),
]
