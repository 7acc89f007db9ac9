"""
MessageBird's classic SMS API: messages by id and by date.

"SMS API, View a message, List messages" and examples of the vendor's libraries: each recipient
has a status of its own under one id, with the fields of a status report where there is a reason
or a price.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.messagebird import GATEWAY
from connector.gateways.money import hint
from connector.gateways.values import text as written
from connector.message_apis.base import (
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
    one_by_one,
    parsed,
    readable,
)
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import iso, record, rows, text, whole


_SIZE = 100


class Messages(MessageApi):
    """The messages of one account."""

    def __init__(self, values: Values, clock: Clock) -> None:
        login = f"AccessKey {values['access_key']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._clock = clock
        self.rate = rate_of(values, 10)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        paths = (f"/messages/{quote(each, safe='')}" for each in message_ids)
        return one_by_one(self._api, paths, self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        offset = int(token or 0)
        query = {
            "direction": "mt",
            "from": since.isoformat(timespec="seconds"),
            "until": until.isoformat(timespec="seconds"),
            "limit": str(_SIZE),
            "offset": str(offset),
        }
        answer = record(self._api.get("/messages", query).document)
        found = rows(answer, "items")
        more = found and offset + len(found) < whole(answer, "totalCount")
        return Page(
            events=readable(found, self._read),
            following=str(offset + len(found)) if more else "",
        )

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        recipients = rows(record(row.get("recipients")), "items")
        if text(row, "direction") == "mo" or len(recipients) != 1:
            return  # several recipients share the id, and no message could be told from it
        one = record(recipients[0])
        callback = as_callback(
            GATEWAY,
            self._clock,
            **{
                "id": text(row, "id"),
                "reference": text(row, "reference"),
                "recipient": written(one, "recipient"),
                "status": text(one, "status"),
                "statusDatetime": text(one, "statusDatetime"),
                "statusReason": text(one, "statusReason"),
                "statusErrorCode": written(one, "statusErrorCode"),
                "messagePartCount": hint(one, "messagePartCount"),
                "price[amount]": hint(one, "price", "amount"),
                "price[currency]": hint(one, "price", "currency"),
                "mccmnc": hint(one, "mccmnc"),
            },
        )
        for event in parsed(GATEWAY, callback):
            yield known_as(
                event, iso(row.get("createdDatetime")), sender=text(row, "originator")
            )


MESSAGE_API = MessageApiKind(
    gateway="messagebird",
    title="MessageBird (classic)",
    docs="https://developers.messagebird.com/api/sms-messaging/#view-a-message",
    keys=(
        Key(name="access_key", help="a live access key of the account"),
        address("the API", default="https://rest.messagebird.com"),
    ),
    open=Messages,
    limits="A message to several recipients is left out: they share an id.",
    guesses=(
        "how many questions a second are allowed (10 are asked), how long messages are kept, "
        "and that a page may have 100"
    ),
)
