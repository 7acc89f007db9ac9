"""
The Metadata API over SOAP: `/services/Soap/m/{version}`, with or without `/deployRequest`.

Metadata API Developer Guide: the session is in the SessionHeader; refusals are faults whose
code is `sf:` and a status code, answered with HTTP 500.
"""

import base64
import binascii
import dataclasses
import re
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from connector.emulator.calls import Reply
from connector.emulator.door import Request
from connector.emulator.errors import ApiError
from connector.emulator.metadata.crud import save
from connector.emulator.metadata.deploy import Options
from connector.emulator.metadata.listing import describe, listed, read_components
from connector.emulator.metadata.rest import POWERS, REFUSAL
from connector.emulator.metadata.types import NAMESPACE
from connector.emulator.metadata.xml import Node, Problem, read
from connector.emulator.org import EmulatedOrg


XML = "text/xml;charset=UTF-8"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_VERSION = re.compile(r"/services/Soap/m/(\d+\.\d)")
_OLDEST_ALIVE = 31.0
_MOST_QUERIES = 3
_OPTIONS = {field.name for field in dataclasses.fields(Options)}

#: What an operation answers: texts, flags, numbers, and what holds them.
Value = object
Operation = Callable[[EmulatedOrg, Node, str, float], Value]


def serve(org: EmulatedOrg, request: Request) -> Reply:
    """One call, as a reply in XML."""
    try:
        version = _version(org, request)
        envelope = read(request.body)
        operation, body = _operation(envelope)
        user = _user(org, envelope)
        org.usage.count(f"POST /services/Soap/m {operation}")
        org.settle()
        with org.storage.transaction():
            result = _OPERATIONS[operation](org, body, user, version)
    except Problem as problem:
        return _fault("soapenv:Client", problem.text)
    except ApiError as error:
        return _fault(f"sf:{error.code}", f"{error.code}: {error.message}")
    inner = _xml("result", result)
    return _reply(
        200, f'<{operation}Response xmlns="{NAMESPACE}">{inner}</{operation}Response>'
    )


def _version(org: EmulatedOrg, request: Request) -> float:
    match = _VERSION.match(request.address)
    version = float(match[1]) if match else 0.0
    if not _OLDEST_ALIVE <= version <= org.latest_version:
        raise ApiError(500, "UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
    return version


def _operation(envelope: Node) -> tuple[str, Node]:
    body = envelope.first(f"{{{_ENVELOPE}}}Body")
    if envelope.tag != f"{{{_ENVELOPE}}}Envelope" or body is None or not body.children:
        raise Problem("Must send a SOAP envelope with a body", envelope)
    call = body.children[0]
    namespace, _, name = call.tag.rpartition("}")
    if namespace != "{" + NAMESPACE or name not in _OPERATIONS:
        raise Problem(f"No operation available for request {call.tag}", call)
    for node in call.walk():
        node.tag = node.tag.rpartition("}")[2]
    return name, call


def _user(org: EmulatedOrg, envelope: Node) -> str:
    token = ""
    for node in (envelope.first(f"{{{_ENVELOPE}}}Header") or Node("")).walk():
        if node.tag.rpartition("}")[2] == "sessionId":
            token = node.text.strip()
    session = org.auth.session(token)
    if session is None or not org.may_log_in(session.user):
        raise ApiError(
            500,
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session",
        )
    org.schema.permissions.demand(session.user, *POWERS, message=REFUSAL)
    return session.user


def _deploy(org: EmulatedOrg, body: Node, user: str, _version: float) -> Value:
    given = body.first("DeployOptions") or Node("")
    chosen = {tag: given.flag(tag) for tag in _OPTIONS if given.has(tag)}
    try:
        data = base64.b64decode("".join(body.get("ZipFile").split()), validate=True)
    except binascii.Error as error:
        raise ApiError(500, "INVALID_BASE64_BINARY", str(error)) from error
    record = org.deployments.ask(data, Options(**{"rollbackOnError": False, **chosen}), user)
    return {"done": False, "id": record, "state": "Queued"}


def _check(org: EmulatedOrg, body: Node, _user: str, _version: float) -> Value:
    record = body.get("asyncProcessId") or body.get("id")
    return org.deployments.status(record, details=body.flag("includeDetails"))


def _cancel(org: EmulatedOrg, body: Node, _user: str, _version: float) -> Value:
    record = body.get("String") or body.get("id") or body.get("asyncProcessId")
    org.deployments.cancel(record)
    return {"done": True, "id": record}


def _describe(_org: EmulatedOrg, _body: Node, _user: str, _version: float) -> Value:
    return describe()


def _list(org: EmulatedOrg, body: Node, _user: str, _version: float) -> Value:
    queries = body.all("queries")
    if len(queries) > _MOST_QUERIES:
        raise ApiError(500, "LIMIT_EXCEEDED", f"only {_MOST_QUERIES} queries are allowed")
    return [
        each
        for query in queries
        for each in listed(org, query.get("type"), query.get("folder"))
    ]


def _read(org: EmulatedOrg, body: Node, _user: str, _version: float) -> Value:
    names = [name.text.strip() for name in body.all("fullNames")]
    return read_components(org, body.get("type"), names)


def _save(operation: str) -> Operation:
    def save_all(org: EmulatedOrg, body: Node, user: str, version: float) -> Value:
        return save(org, operation, body.all("metadata"), user, version)

    return save_all


_OPERATIONS: Mapping[str, Operation] = {
    "deploy": _deploy,
    "checkDeployStatus": _check,
    "cancelDeploy": _cancel,
    "describeMetadata": _describe,
    "listMetadata": _list,
    "readMetadata": _read,
    **{name: _save(name) for name in ("createMetadata", "updateMetadata", "upsertMetadata")},
}


def _xml(tag: str, value: Value) -> str:
    """Lists repeat their element, what is empty is left out; keys starting with @ are types."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_xml(tag, each) for each in value)
    if isinstance(value, dict):
        kind = f' xsi:type="{value["@type"]}"' if "@type" in value else ""
        pairs = ((name, each) for name, each in value.items() if name != "@type")
        return f"<{tag}{kind}>{''.join(_xml(n, v) for n, v in pairs)}</{tag}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{tag}>{escape(text)}</{tag}>"


def _fault(code: str, message: str) -> Reply:
    return _reply(
        500,
        f"<soapenv:Fault><faultcode>{escape(code)}</faultcode>"
        f"<faultstring>{escape(message)}</faultstring></soapenv:Fault>",
    )


def _reply(status: int, inner: str) -> Reply:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:sf="http://soap.sforce.com/2006/04/metadata"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    )
    return Reply(status=status, body=text.encode(), headers={"Content-Type": XML})
