"""
Which components an org has, whoever may see them: listMetadata of the Metadata API.

It is there by SOAP only (Metadata API Developer Guide, "listMetadata()"): a call takes up to
three kinds, and needs the permission Modify Metadata Through Metadata API Functions.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceGeneralError

from connector.domain.errors import OrgUnavailableError
from connector.salesforce.connection import Connection


#: Kinds of one call.
MOST_KINDS = 3
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
    "<soap:Body><listMetadata>{queries}<asOfVersion>{version}</asOfVersion></listMetadata>"
    "</soap:Body></soap:Envelope>"
)


def components(
    connection: Connection, kinds: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    """The full names of all components by kind; a kind comes with its folder, or with none."""
    found: dict[str, frozenset[str]] = {}
    for some in _in_threes(kinds):
        rows = connection.ask(_question(connection, some))
        for kind, _ in some:
            names = {name for of_kind, name in rows if of_kind == kind}
            found[kind] = found.get(kind, frozenset()) | names
    return found


def _question(
    connection: Connection, kinds: tuple[tuple[str, str], ...]
) -> Callable[[Salesforce], list[tuple[str, str]]]:
    return lambda client: _list(client, connection, kinds)


def _list(
    client: Salesforce, connection: Connection, kinds: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    version = connection.access.api_version
    envelope = _ENVELOPE.format(
        token=escape(client.session_id),
        queries="".join(itertools.starmap(_query, kinds)),
        version=version,
    )
    url = f"https://{client.sf_instance}/services/Soap/m/{version}"
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    answer = client.session.post(url, data=envelope.encode(), headers=headers)
    body = _body(answer)
    if (fault := body.find(f"{_SOAP}Fault")) is not None:
        raise _fault(answer, fault)
    return [
        (each.findtext(f"{_METADATA}type") or "", each.findtext(f"{_METADATA}fullName") or "")
        for each in body.iter(f"{_METADATA}result")
    ]


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
    made: Exception = kind(answer.url, _REFUSED, "listMetadata", content)
    return made


def _in_threes(kinds: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    left = iter(kinds)
    while some := tuple(itertools.islice(left, MOST_KINDS)):
        yield some
