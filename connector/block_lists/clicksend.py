"""
ClickSend: the opt-out list, which is a contact list like others.

From "Lists" and "Contacts" of the REST API v3: contacts are added and removed one at a time;
`data` of a list is shown as a plain list in one place and as a page in another.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from connector.rest.errors import RefusedError
from connector.rest.http import Api, basic
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import number, record, rows, text, unix, whole


_SIZE = 100
_SUCCESS = "SUCCESS"
#: More than clocks differ, and longer than an entry waits to be read back.
_RECENT = timedelta(hours=2)
#: A list that never ends is a fault of the gateway's.
_MOST_PAGES = 20_000


class ContactList(BlockList):
    """The opt-out list of one account."""

    batch = 10
    look_up = 100

    def __init__(self, values: Values, clock: Clock) -> None:
        login = basic(values["username"], values["api_key"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._path = f"/v3/lists/{quote(values['list_id'], safe='')}/contacts"
        self._clock = clock
        self.rate = rate_of(values, 5)

    def add(self, phones: Sequence[str]) -> Outcome:
        return one_by_one(phones, self._add)

    def remove(self, phones: Sequence[str]) -> Outcome:
        """The contacts have to be found first: only they have the ids to remove them by."""
        ids: dict[str, list[int]] = {phone: [] for phone in phones}
        for row in self._all(None):
            ids.get(number(row.get("phone_number")), []).append(whole(row, "contact_id"))
        return one_by_one(phones, lambda phone: self._remove(ids[phone]))

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        """Among the contacts of late: what was there before is found by the next pull."""
        recent = self._all(self._clock() - _RECENT)
        return frozenset(number(row.get("phone_number")) for row in recent) & frozenset(phones)

    def page(self, since: datetime | None, token: str) -> Page:
        asked = int(token or 1)
        found, last = self._page(asked, since)
        entries = [
            Listed(phone=number(row.get("phone_number")), at=unix(row.get("date_added")))
            for row in found
        ]
        return Page(
            entries=[entry for entry in entries if entry.phone],
            following="" if last else str(asked + 1),
        )

    def _all(self, since: datetime | None) -> list[Mapping[str, object]]:
        found: list[Mapping[str, object]] = []
        for asked in range(1, _MOST_PAGES):
            some, last = self._page(asked, since)
            found += some
            if last:
                return found
        raise RefusedError("has a list without an end")

    def _page(
        self, asked: int, since: datetime | None
    ) -> tuple[list[Mapping[str, object]], bool]:
        query = {"page": str(asked), "limit": str(_SIZE)}
        if since:
            query["updated_after"] = str(int(since.timestamp()))
        data = _data(self._api.get(self._path, query).document)
        if isinstance(data, dict):
            found = rows(data, "data")
            last = asked >= whole(data, "last_page")
        else:
            found = rows(data)
            last = len(found) < _SIZE
        return [record(row) for row in found], last or not found

    def _add(self, phone: str) -> None:
        # Docs: custom_1 is required, and says nothing of what it is for.
        answer = self._api.json("POST", self._path, {"phone_number": phone, "custom_1": ""})
        _data(answer.document)

    def _remove(self, ids: Sequence[int]) -> None:
        for each in ids:
            self._api.send("DELETE", f"{self._path}/{each}", also=(404,))


def _data(document: object) -> object:
    """What an answer holds; the word in it counts, not the status of HTTP alone."""
    answer = record(document)
    if text(answer, "response_code") != _SUCCESS:
        raise RefusedError("answered without SUCCESS", status=400, document=document)
    return answer.get("data")


BLOCK_LIST = BlockListKind(
    gateway="clicksend",
    title="ClickSend",
    docs="https://developers.clicksend.com/docs/contacts/lists",
    keys=(
        Key(name="username", help="of the API credentials"),
        Key(name="api_key", help="of the API credentials"),
        Key(name="list_id", help="of the opt-out list, to be seen in its address"),
        address("the API", default="https://rest.clicksend.com"),
    ),
    open=ContactList,
    since=True,
    covers="messages to contact lists; a message to a bare number is sent all the same",
    limits=(
        "A sender that texts bare numbers by API has to ask this service. A number that is "
        "added twice may stand on the list twice."
    ),
    guesses="how many requests a second are allowed (5), and that a page has 100 contacts",
)
