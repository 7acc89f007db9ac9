"""How a kept callback is shown: in lines for people, whole for programs."""

import base64
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from connector.cli.moments import shown
from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent
from connector.domain.delivery import DeliveryEvent
from connector.gateways.base import Event
from connector.store.inbox import ListedCallback


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def place(gateway: str, account: str) -> str:
    """Where it came in: the gateway, and the account where there are several."""
    return f"{gateway}/{account}" if account else gateway


def event_facts(event: Event) -> dict[str, object]:
    return {"kind": _kind(event), **dataclasses.asdict(event)}


def body_facts(body: bytes) -> dict[str, str]:
    """The body as a text, or as base64 where it is none."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def lines(listed: ListedCallback, callback: Callback) -> Iterator[str]:
    """The request as it came."""
    lane = ", urgent" if listed.urgent else ""
    yield f"callback {listed.id} of {place(listed.gateway, listed.account)}{lane}"
    yield f"received {shown(listed.received_at)} UTC"
    yield ""
    yield safe(f"{callback.method} {callback.target}")
    for name, value in callback.headers.items():
        yield safe(f"{name}: {value}")
    if callback.body:
        yield ""
        yield from _body(callback.body)
    if callback.parts:
        yield ""
        yield "decoded at the door"
        for name, value in callback.parts.items():
            yield f"  {name} = {json.dumps(value)}"


def event_line(event: Event) -> str:
    """What one event says, in one line."""
    facts: Mapping[str, object] = {
        name: value
        for name, value in event_facts(event).items()
        if value not in {None, "", 0} and name not in {"kind", "gateway", "received_at"}
    }
    told = ", ".join(f"{name} {_word(value)}" for name, value in facts.items())
    return safe(f"{_kind(event)}: {told}")


def safe(text: str) -> str:
    """What a stranger wrote, without power over the terminal; lines stay lines."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _word(value: object) -> str:
    return f"{shown(value)} UTC" if isinstance(value, datetime) else str(value)


def _kind(event: Event) -> str:
    if isinstance(event, DeliveryEvent):
        return "delivery"
    return "consent" if isinstance(event, ConsentEvent) else "engagement"


def _body(body: bytes) -> Iterator[str]:
    facts = body_facts(body)
    if "body" in facts:
        yield safe(facts["body"])
    else:
        yield f"(no text, {len(body)} bytes, base64)"
        yield facts["body_base64"]
