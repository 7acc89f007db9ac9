"""One request of a gateway, as it arrived."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import unquote

from connector.domain.errors import CallbackUnreadableError


#: The most fields a form or query may have; more is not a callback but an attack.
MOST_FIELDS = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Callback:
    """
    One request as it arrived: the raw truth from which everything else can be read again.

    `target` is the path and query exactly as on the request line, `public_url` the address
    that the gateway was given (scheme, host, port; no trailing slash), which signatures cover.
    Header names are in lower case. `parts`, where present, are the decoded fields that the
    door learned while it checked the signature; the body stays the truth for a replay.
    """

    gateway: str
    account: str = ""
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    public_url: str = ""
    parts: Mapping[str, str] | None = None

    @property
    def url(self) -> str:
        """The address the gateway called, byte for byte."""
        return self.public_url + self.target

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    @cached_property
    def query_pairs(self) -> list[tuple[str, str]]:
        """The decoded query in order, blanks kept; raises CallbackUnreadableError."""
        return self._pairs(self.target.partition("?")[2])

    @cached_property
    def form_pairs(self) -> list[tuple[str, str]]:
        """The decoded form body in order, blanks kept; empty when the body is not a form."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return []
        return self._pairs(self.body.decode("utf-8", "replace"))

    @cached_property
    def query(self) -> Mapping[str, str]:
        return dict(self.query_pairs)

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """Query and form as one mapping (the form wins), or the parts the door kept."""
        if self.parts is not None:
            return self.parts
        return {**self.query, **dict(self.form_pairs)}

    @cached_property
    def document(self) -> object:
        """The body read as JSON; raises CallbackUnreadableError."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise CallbackUnreadableError(f"{self.gateway}: body is not JSON") from error

    def _pairs(self, text: str) -> list[tuple[str, str]]:
        pieces = text.split("&")
        if len(pieces) > MOST_FIELDS:
            raise CallbackUnreadableError(f"{self.gateway}: more than {MOST_FIELDS} fields")
        halves = (piece.partition("=") for piece in pieces if piece)
        return [(_decoded(name), _decoded(value)) for name, _, value in halves]


def _decoded(text: str) -> str:
    """
    What a piece of a query or form says; bytes that are not UTF-8 become U+FFFD.

    The same as `urllib.parse.parse_qsl` gives, at a third of its cost: most pieces have
    nothing to decode.
    """
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="replace") if "%" in text else text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A verified callback on its way into the store; `urgent` ones overtake reports."""

    callback: Callback
    urgent: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeptCallback:
    """A callback that the store holds, with the number it holds it under."""

    id: int
    callback: Callback
