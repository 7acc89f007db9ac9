"""
Infobip: the block list of the account ("Do Not Contact list").

From Infobip's OpenAPI 3.210.0: additions and removals are accepted and done later, duplicates
left out; a removal must name all that the entry has; both ends of a period must be given.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector.block_lists.base import BlockList, BlockListKind, Listed, Outcome, Page, together
from connector.clock import Clock
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import iso, number, record, rows, stamp, text, whole


_PATH = "/platform/1/blocklists"
_SIZE = 1000
#: What it calls an entry that was made by hand or by API.
_OURS = "CUSTOM"


class AccountList(BlockList):
    """The block list of one account, for one channel or all."""

    batch = 1000
    look_up = 20

    def __init__(self, values: Values, clock: Clock) -> None:
        login = f"App {values['api_key']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._clock = clock
        self._entry = {
            name: values[name] for name in ("sender", "channel") if values.get(name, "")
        }
        self.rate = rate_of(values, 500)

    def add(self, phones: Sequence[str]) -> Outcome:
        return together(phones, lambda some: self._change("POST", some, self._entry))

    def remove(self, phones: Sequence[str]) -> Outcome:
        entry = {**self._entry, "sourceType": _OURS}
        return together(phones, lambda some: self._change("DELETE", some, entry))

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        return frozenset(phone for phone in phones if self._has(phone))

    def page(self, since: datetime | None, token: str) -> Page:
        page, _, until = token.partition("@")
        until = until or stamp(self._clock() + timedelta(days=1))
        within = {
            "createdDateFrom": stamp(since or datetime(2000, 1, 1, tzinfo=UTC)),
            "createdDateTo": until,
        }
        asked = int(page or 0)
        answer = self._list({**within, "page": str(asked), "size": str(_SIZE)})
        pages = whole(record(answer.get("paging")), "totalPages")
        entries = [
            Listed(phone=number(row.get("destination")), at=iso(row.get("createdDate")))
            for row in self._of_channel(answer)
        ]
        return Page(
            entries=[entry for entry in entries if entry.phone],
            following=f"{asked + 1}@{until}" if asked + 1 < pages else "",
        )

    def _has(self, phone: str) -> bool:
        answer = self._list({"destination": phone.removeprefix("+")})
        sender = self._entry.get("sender", "")
        return any(
            number(row.get("destination")) == phone and text(row, "sender") in {"", sender}
            for row in self._of_channel(answer)
        )

    def _of_channel(self, answer: Mapping[str, object]) -> list[Mapping[str, object]]:
        """An entry without a channel stops all of them."""
        wanted = {"", self._entry.get("channel", "")}
        found = [record(row) for row in rows(answer, "results")]
        return [row for row in found if wanted == {""} or text(row, "channel") in wanted]

    def _list(self, query: Mapping[str, str]) -> Mapping[str, object]:
        return record(self._api.get(_PATH, query).document)

    def _change(self, method: str, phones: Sequence[str], entry: Mapping[str, str]) -> None:
        destinations = [{"to": phone.removeprefix("+")} for phone in phones]
        self._api.json(method, _PATH, {"blocklist": [{"destinations": destinations, **entry}]})


BLOCK_LIST = BlockListKind(
    gateway="infobip",
    title="Infobip",
    docs="https://www.infobip.com/docs/api/platform/blocklist",
    keys=(
        address("the account's base URL, https://xxxxx.api.infobip.com", needed=True),
        Key(name="api_key", help="with the scope blocklist:manage"),
        Key(name="sender", needed=False, help="stop this sender only; not set: all"),
        Key(name="channel", needed=False, default="SMS", help="stop this channel only"),
    ),
    open=AccountList,
    since=True,
    settles=timedelta(seconds=30),
    covers="all senders of the account, or the one that is named",
    limits=(
        "Changes are taken first and made later: an entry is read back half a minute after. "
        "Only entries made by API or by hand are taken off; what was blocked because of a "
        "reply or a link stays."
    ),
    guesses="how soon a change is made, and how many requests a second are allowed",
)
