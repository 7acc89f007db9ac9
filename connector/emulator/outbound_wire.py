"""Outbound messages on the wire: the envelope that goes out, the acknowledgement for it."""

import dataclasses
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from xml.parsers import expat
from xml.sax.saxutils import escape

from connector.emulator.fields import Field, Value


#: Sends a message to an address: the status of the answer, 0 for none, and its body.
Post = Callable[[str, bytes], tuple[int, bytes]]

_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_OK = 200
#: How long the platform waits for an answer, in seconds.
_PATIENCE = 60
_SHORT_ID = 15
_VERSION = "66.0"


@dataclasses.dataclass(frozen=True, slots=True)
class Notification:
    """One record of a message; without values it was deleted meanwhile."""

    id: str
    sobject: str
    values: Sequence[tuple[Field, Value]]


def envelope(
    org_id: str, action: str, my_domain: str, notifications: Sequence[Notification]
) -> bytes:
    address = f"{my_domain}/services/Soap/{{}}/{_VERSION}/{org_id[:_SHORT_ID]}"
    body = "".join(_notification(each) for each in notifications)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f' <soapenv:Body>\n  <notifications xmlns="{_OUTBOUND}">\n'
        f"   <OrganizationId>{org_id}</OrganizationId>\n"
        f"   <ActionId>{action}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        f"   <EnterpriseUrl>{escape(address.format('c'))}</EnterpriseUrl>\n"
        f"   <PartnerUrl>{escape(address.format('u'))}</PartnerUrl>\n"
        f"{body}  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
    )
    return text.encode()


def acknowledged(status: int, answer: bytes) -> bool:
    """Whether the listener has taken all notifications: 200, and Ack says true."""
    if status != _OK:
        return False
    path: list[str] = []
    acks: list[str] = []
    parser = expat.ParserCreate(namespace_separator="|")

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        if path == _ACK:
            acks.append("")

    def text(part: str) -> None:
        if path == _ACK:
            acks[-1] += part

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(answer, True)  # noqa: FBT003 - the parser's own way to say the end
    except expat.ExpatError:
        return False
    return [ack.strip() for ack in acks] in (["true"], ["1"])


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Over the network, with the certificate authorities that this machine trusts."""
    if not url.startswith(("http://", "https://")):
        return 0, b""
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - looked at above
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
    )
    try:
        with opener.open(request, timeout=_PATIENCE) as answer:
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0, b""


_ACK = [
    f"{_SOAP}|Envelope",
    f"{_SOAP}|Body",
    f"{_OUTBOUND}|notificationsResponse",
    f"{_OUTBOUND}|Ack",
]


def _notification(each: Notification) -> str:
    if not each.values:
        return f"   <Notification>\n    <Id>{each.id}</Id>\n   </Notification>\n"
    values = "".join(
        f"     <sf:{field.name}>{escape(_text(field, value))}</sf:{field.name}>\n"
        for field, value in each.values
        if value is not None
    )
    return (
        f"   <Notification>\n    <Id>{each.id}</Id>\n"
        f'    <sObject xsi:type="sf:{each.sobject}"'
        ' xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
        f"{values}    </sObject>\n   </Notification>\n"
    )


def _text(field: Field, value: Value) -> str:
    if field.type == "boolean":
        return "true" if value else "false"
    if field.type == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)
