"""
Metadata brought into the org: the deployment is started, then asked how far it is.

Metadata API Developer Guide, "Deploying with REST". Our own session carries it: the library's
`deploy` would send every later call of the same client as XML (its defect, seen in 1.12.10).
"""

import dataclasses
import json
from collections.abc import Mapping

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import is_record_id
from connector.salesforce.connection import Connection


PATH = "metadata/deployRequest"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the org does not take of one component, in Salesforce's words."""

    kind: str
    name: str
    problem: str
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How far a deployment is; `problem` is what is wrong with it as a whole."""

    id: str
    done: bool
    succeeded: bool
    status: str
    total: int
    deployed: int
    failed: int
    failures: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()
    problem: str = ""


def start(connection: Connection, package: bytes, *, check_only: bool) -> str:
    """Hand in a zip with package.xml; all of it is deployed or nothing. Returns its id."""
    options = {
        "allowMissingFiles": False,
        "autoUpdatePackage": False,
        "checkOnly": check_only,
        "ignoreWarnings": True,
        "performRetrieve": False,
        "purgeOnDelete": False,
        "rollbackOnError": True,
        "singlePackage": True,
    }
    body, content_type = encode_multipart_formdata(
        [
            _part("json", json.dumps({"deployOptions": options}).encode(), "application/json"),
            _part("file", package, "application/zip", filename="package.zip"),
        ]
    )
    headers = {"Content-Type": content_type}
    answer = connection.ask(
        lambda client: client.restful(PATH, method="POST", data=body, headers=headers)
    )
    found = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not is_record_id(found):
        raise OrgUnavailableError("Salesforce took the deployment, but gave it no id")
    return found


def look(connection: Connection, deployment: str) -> Deployment:
    """How far this deployment is."""
    path = f"{PATH}/{deployment}"
    answer = connection.ask(
        lambda client: client.restful(path, params={"includeDetails": "true"})
    )
    told = answer.get("deployResult") if isinstance(answer, dict) else None
    if not isinstance(told, dict):
        raise OrgUnavailableError("Salesforce did not tell how far the deployment is")
    return read_deployment(deployment, told)


def read_deployment(deployment: str, told: Mapping[str, object]) -> Deployment:
    details = told.get("details")
    messages = _messages(details if isinstance(details, dict) else {})
    problem = told.get("errorMessage")
    return Deployment(
        id=deployment,
        done=bool(told.get("done")),
        succeeded=bool(told.get("success")),
        status=str(told.get("status") or ""),
        total=_number(told.get("numberComponentsTotal")),
        deployed=_number(told.get("numberComponentsDeployed")),
        failed=_number(told.get("numberComponentErrors")),
        failures=tuple(each for each, serious in messages if serious),
        warnings=tuple(each for each, serious in messages if not serious),
        problem=problem if isinstance(problem, str) else "",
    )


def _messages(details: Mapping[str, object]) -> list[tuple[Failure, bool]]:
    """What was said of components, each with whether it is an error."""
    told = [
        each for key in ("componentFailures", "runTestResult") for each in _rows(details, key)
    ]
    return [(_failure(each), each.get("problemType") != "Warning") for each in told]


def _rows(details: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """One row or several; answers that were XML once have a single one without its list."""
    found = details.get(key)
    if key == "runTestResult":
        found = found.get("failures") if isinstance(found, dict) else None
    rows = [found] if isinstance(found, dict) else found
    return [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


def _failure(told: Mapping[str, object]) -> Failure:
    problem = told.get("problem") or told.get("message") or "no reason given"
    return Failure(
        kind=str(told.get("componentType") or told.get("type") or ""),
        name=str(told.get("fullName") or told.get("name") or told.get("fileName") or ""),
        problem=" ".join(str(problem).split()),
        line=_number(told.get("lineNumber")),
    )


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _part(name: str, data: bytes, content_type: str, *, filename: str = "") -> RequestField:
    part = RequestField(name, data, filename=filename or None)
    part.make_multipart(content_type=content_type)
    return part
