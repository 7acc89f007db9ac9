"""
The org's own metadata, whoever may see what it describes: listMetadata and readMetadata.

Both are there by SOAP only (Metadata API Developer Guide), and need the permission Modify
Metadata Through Metadata API Functions.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceGeneralError

from connector.domain.errors import OrgUnavailableError
from connector.salesforce.connection import Connection


#: Kinds of one listMetadata, and components of one readMetadata.
MOST_KINDS, MOST_READ = 3, 10
#: A fault comes with HTTP 500, and says with its code what it is.
_REFUSED = 400
_EXPIRED = "INVALID_SESSION_ID"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_METADATA = "{http://soap.sforce.com/2006/04/metadata}"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<soap:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></soap:Header>"
    "<soap:Body>{call}</soap:Body></soap:Envelope>"
)

T = TypeVar("T")
#: An element's text, or its children by name; several of one name are a list.
Content: TypeAlias = "str | Mapping[str, Content] | list[Content]"


def components(
    connection: Connection, kinds: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    """The full names of all components by kind; a kind comes with its folder, or with none."""
    found: dict[str, frozenset[str]] = {}
    version = connection.access.api_version
    for some in _portions(kinds, MOST_KINDS):
        queries = "".join(itertools.starmap(_query, some))
        call = f"<listMetadata>{queries}<asOfVersion>{version}</asOfVersion></listMetadata>"
        rows = [
            (_text(each, "type"), _text(each, "fullName"))
            for each in _ask(connection, call).iter(f"{_METADATA}result")
        ]
        for kind, _ in some:
            names = {name for of_kind, name in rows if of_kind == kind}
            found[kind] = found.get(kind, frozenset()) | names
    return found


def read(
    connection: Connection, kind: str, names: Iterable[str]
) -> dict[str, Mapping[str, Content]]:
    """What these components hold, by full name; those that are not there are left out."""
    found: dict[str, Mapping[str, Content]] = {}
    for some in _portions(names, MOST_READ):
        wanted = "".join(f"<fullNames>{escape(name)}</fullNames>" for name in some)
        call = f"<readMetadata><type>{escape(kind)}</type>{wanted}</readMetadata>"
        for record in _ask(connection, call).iter(f"{_METADATA}records"):
            content = _content(record)
            if isinstance(content, Mapping) and (name := content.get("fullName")):
                found[str(name)] = {k: v for k, v in content.items() if k != "fullName"}
    return found


def _content(element: ET.Element) -> Content:
    if not len(element):
        return element.text or ""
    children: dict[str, Content] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _content(child)
        before = children.get(name)
        if before is None:
            children[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            children[name] = [before, value]
    return children


def _ask(connection: Connection, call: str) -> ET.Element:
    """The body of the answer; a fault is raised."""
    version = connection.access.api_version

    def ask(client: Salesforce) -> ET.Element:
        envelope = _ENVELOPE.format(token=escape(client.session_id), call=call)
        url = f"https://{client.sf_instance}/services/Soap/m/{version}"
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        answer = client.session.post(url, data=envelope.encode(), headers=headers)
        body = _body(answer)
        if (fault := body.find(f"{_SOAP}Fault")) is not None:
            raise _fault(answer, fault)
        return body

    return connection.ask(ask)


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{_METADATA}{name}") or ""


def _query(kind: str, folder: str) -> str:
    within = f"<folder>{escape(folder)}</folder>" if folder else ""
    return f"<queries>{within}<type>{escape(kind)}</type></queries>"


def _body(answer: requests.Response) -> ET.Element:
    try:
        root = ET.fromstring(answer.content)  # noqa: S314 (the org's, over TLS)
    except ET.ParseError:
        root = None
    body = None if root is None else root.find(f"{_SOAP}Body")
    if body is None:
        raise OrgUnavailableError(f"Salesforce did not answer: HTTP {answer.status_code}")
    return body


def _fault(answer: requests.Response, fault: ET.Element) -> Exception:
    code = (fault.findtext("{*}faultcode") or "").rpartition(":")[2]
    content: Any = [{"errorCode": code, "message": fault.findtext("{*}faultstring") or ""}]
    kind = SalesforceExpiredSession if code == _EXPIRED else SalesforceGeneralError
    made: Exception = kind(answer.url, _REFUSED, "metadata", content)
    return made


def _portions(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    left = iter(values)
    while some := tuple(itertools.islice(left, size)):
        yield some
