"""
Telnyx: opt-outs can be listed, and neither added nor removed.

From "List opt-outs" of the API: `to` is called the receiving address, so it is the number of
the person. Another reading can be set.
"""

from collections.abc import Mapping
from datetime import datetime

from connector.block_lists.base import BlockList, BlockListKind, Listed, Page
from connector.clock import Clock
from connector.rest.errors import RefusedError
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address
from connector.rest.shapes import iso, number, record, rows, stamp, text, whole


_PATH = "/v2/messaging_optouts"
_SIZE = 250
_FIELDS = ("to", "from")


class OptOuts(BlockList):
    """The opt-outs of an account, or of one messaging profile."""

    def __init__(self, values: Values, clock: Clock) -> None:
        login = f"Bearer {values['api_key']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._profile = values.get("profile_id", "")
        self._field = values["number_field"]

    def page(self, since: datetime | None, token: str) -> Page:
        asked = int(token or 1)
        query = {"page[number]": str(asked), "page[size]": str(_SIZE)}
        query["redaction_enabled"] = "false"
        if self._profile:
            query["filter[messaging_profile_id]"] = self._profile
        if since:
            query["created_at[gte]"] = stamp(since)
        answer = record(self._api.get(_PATH, query).document)
        found = [record(row) for row in rows(answer, "data")]
        if any("*" in text(row, self._field) for row in found):
            raise RefusedError("gives no whole numbers: the key may not see them")
        pages = whole(record(answer.get("meta")), "total_pages")
        return Page(
            entries=[entry for entry in map(self._entry, found) if entry.phone],
            following=str(asked + 1) if asked < pages else "",
        )

    def _entry(self, row: Mapping[str, object]) -> Listed:
        return Listed(phone=number(row.get(self._field)), at=iso(row.get("created_at")))


def _field_fault(value: str) -> str:
    return "" if value in _FIELDS else f"must be {' or '.join(_FIELDS)}"


BLOCK_LIST = BlockListKind(
    gateway="telnyx",
    title="Telnyx",
    docs="https://developers.telnyx.com/api-reference/opt-out-management/list-opt-outs",
    keys=(
        Key(name="api_key", help="of the account"),
        Key(name="profile_id", needed=False, help="a messaging profile; not set: all"),
        Key(
            name="number_field",
            default="to",
            needed=False,
            fault=_field_fault,
            help="which field holds the person's number: to or from",
        ),
        address("the API", default="https://api.telnyx.com"),
    ),
    open=OptOuts,
    adds=False,
    removes=False,
    verifies=False,
    since=True,
    covers="all senders of a messaging profile",
    limits="Opt-outs are read, and cannot be sent: Telnyx has no call for that.",
    guesses="that `to` is the number that opted out, and that a page may have 250",
)
