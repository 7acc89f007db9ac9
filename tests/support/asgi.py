"""Asks an ASGI application as a server would, without one."""

import asyncio
import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes


Header = tuple[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came back; `status` is 0 where the application said nothing."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def scope(method: str, target: str, headers: Iterable[Header]) -> dict[str, object]:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers],
        "state": {},
    }


async def ask(
    application,
    method: str,
    target: str,
    *,
    headers: Sequence[Header] = (),
    body: bytes = b"",
    parts: Iterable[bytes] | None = None,
    breaks_off: bool = False,
) -> Asked:
    """One request; `parts` come one by one, without a declared length."""
    sent = list(headers)
    if parts is not None:
        sent.append(("transfer-encoding", "chunked"))
    elif body and not any(name == "content-length" for name, _ in sent):
        sent.append(("content-length", str(len(body))))
    messages = [
        {"type": "http.request", "body": part, "more_body": True}
        for part in (parts if parts is not None else [body])
    ]
    if breaks_off:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False
    answer: list[dict[str, Any]] = []

    async def receive():
        if messages:
            return messages.pop(0)
        return await asyncio.get_running_loop().create_future()  # a server has no more to say

    async def send(message):
        answer.append(dict(message))

    await application(scope(method, target, sent), receive, send)
    if not answer:
        return Asked(status=0, headers={}, body=b"")
    start, *bodies = answer
    return Asked(
        status=start["status"],
        headers={name.decode(): text.decode() for name, text in start["headers"]},
        body=b"".join(each["body"] for each in bodies),
    )
