"""
Bird: SMS suppressions, each for one sender and one person.

From Bird's OpenAPI of 2026: adding is idempotent; only suppressions with the reason `manual`
can be ended; a list holds those in force, the newest opt-out first.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from connector.block_lists.base import (
    BlockList,
    BlockListKind,
    Listed,
    Outcome,
    Page,
    one_by_one,
)
from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of, words
from connector.rest.shapes import iso, number, record, rows, text


_PATH = "/v1/sms/suppressions"
_MOST = 100
_GONE = 404
_OURS = "manual"
#: "Keys use the format bk_{region}_*".
_REGION = re.compile(r"bk_([a-z]{2}\d)_.+")


class Suppressions(BlockList):
    """The suppressions of one workspace, for some of its senders."""

    batch = 10
    look_up = 10

    def __init__(self, values: Values, clock: Clock) -> None:
        self._senders = words(values["originators"])
        base = values.get("address") or _usual_address(values["api_key"])
        login = f"Bearer {values['api_key']}"
        self._api = Api(base, clock, headers={"Authorization": login})
        self.rate = rate_of(values, 5 / max(len(self._senders), 1))

    def add(self, phones: Sequence[str]) -> Outcome:
        return one_by_one(phones, self._add)

    def remove(self, phones: Sequence[str]) -> Outcome:
        return one_by_one(phones, self._remove)

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        return frozenset(
            phone
            for phone in phones
            if set(self._senders) <= {text(row, "originator") for row in self._of(phone)}
        )

    def page(self, since: datetime | None, token: str) -> Page:  # noqa: ARG002 (no such filter)
        following = {"starting_after": token} if token else {}
        answer = self._list({"limit": str(_MOST), **following})
        found = map(record, rows(answer, "data"))
        entries = (
            Listed(phone=number(row.get("destination")), at=iso(row.get("effective_at")))
            for row in found
        )
        return Page(
            entries=[entry for entry in entries if entry.phone],
            following=text(answer, "next_cursor"),
        )

    def _add(self, phone: str) -> None:
        for sender in self._senders:
            self._api.json(
                "POST",
                _PATH,
                {"destination": phone, "originator": sender},
                headers={"Idempotency-Key": secrets.token_hex(16)},
            )

    def _remove(self, phone: str) -> None:
        for row in self._of(phone):
            if text(row, "reason") == _OURS and text(row, "originator") in self._senders:
                path = f"{_PATH}/{quote(text(row, 'id'), safe='')}"
                self._api.send("DELETE", path, also=(_GONE,))

    def _of(self, phone: str) -> list[Mapping[str, object]]:
        """All that stops messages to a number; there may be more than fit on a page."""
        found: list[Mapping[str, object]] = []
        query = {"destination": phone, "limit": str(_MOST)}
        while True:
            answer = self._list(query)
            found += map(record, rows(answer, "data"))
            following = text(answer, "next_cursor")
            if not following or query.get("starting_after") == following:
                return found
            query = {**query, "starting_after": following}

    def _list(self, query: Mapping[str, str]) -> Mapping[str, object]:
        return record(self._api.get(_PATH, query).document)


def _usual_address(key: str) -> str:
    match = _REGION.fullmatch(key)
    if match is None:
        raise ConfigurationError("address is wanted: the key names no region (bk_us1_…)")
    return f"https://{match[1]}.platform.bird.com"


BLOCK_LIST = BlockListKind(
    gateway="bird",
    title="Bird",
    docs="https://docs.bird.com",
    keys=(
        Key(name="api_key", help="of the workspace; its beginning names the region"),
        Key(name="originators", help="all your senders, with spaces between them"),
        address("not set: that of the key's region"),
    ),
    open=Suppressions,
    covers="the senders that are named: one entry for each",
    limits=(
        "Only what was added by API or by hand is taken off. Whoever texted a stop word has to "
        "text a start word to the same sender."
    ),
    guesses="how many requests a second are allowed: 5 are made",
)
