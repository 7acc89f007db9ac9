"""
Sinch: a group of numbers in the SMS API, which senders leave out.

The SMS API has no opt-out list, and the consents of the Conversation API can only be read. A
group can be changed and read ("Update a group", "Get phone numbers for a group").
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from connector.block_lists.base import BlockList, BlockListKind, Listed, Outcome, Page, together
from connector.clock import Clock
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import number, rows


class Group(BlockList):
    """One group of a service plan."""

    batch = 1000
    look_up = 1000

    def __init__(self, values: Values, clock: Clock) -> None:
        plan, group = (quote(values[name], safe="") for name in ("service_plan_id", "group_id"))
        login = f"Bearer {values['api_token']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._path = f"/xms/v1/{plan}/groups/{group}"
        self.rate = rate_of(values, 1000)

    def add(self, phones: Sequence[str]) -> Outcome:
        return together(phones, lambda some: self._update("add", some))

    def remove(self, phones: Sequence[str]) -> Outcome:
        return together(phones, lambda some: self._update("remove", some))

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        return self._members() & frozenset(phones)

    def page(self, since: datetime | None, token: str) -> Page:  # noqa: ARG002 (all at once)
        return Page(entries=[Listed(phone=phone) for phone in sorted(self._members())])

    def _members(self) -> frozenset[str]:
        answer = self._api.get(f"{self._path}/members")
        return frozenset(filter(None, map(number, rows(answer.document))))

    def _update(self, word: str, phones: Sequence[str]) -> None:
        self._api.json("POST", self._path, {word: list(phones)})


BLOCK_LIST = BlockListKind(
    gateway="sinch",
    title="Sinch",
    docs="https://developers.sinch.com/docs/sms/api-reference/sms/groups/",
    keys=(
        Key(name="service_plan_id", help="of the SMS API"),
        Key(name="api_token", help="of that service plan"),
        Key(name="group_id", help="of the group that holds who has opted out"),
        address(
            "the API in the region of the service plan",
            default="https://us.sms.api.sinch.com",
        ),
    ),
    open=Group,
    dated=False,
    covers="nothing by itself: a sender has to leave the group's members out",
    limits=(
        "Sinch does not say since when a number is in a group. The consents of its "
        "Conversation API cannot be written, and are not read."
    ),
    guesses="how many members one call may add (1,000 are), and how often",
)
