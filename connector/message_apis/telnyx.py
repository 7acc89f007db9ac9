"""
Telnyx: single messages, for ten days.

"Retrieve a message": no older than 10 days; the record is what a webhook has as its payload.
There is no list of messages by date beside reports, which are made in the background.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.telnyx import GATEWAY
from connector.message_apis.base import (
    NOT_FOUND,
    MessageApi,
    MessageApiKind,
    as_callback,
    known_as,
    parsed,
    readable,
)
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import iso, record, text


class Messages(MessageApi):
    """The messages of one account."""

    def __init__(self, values: Values, clock: Clock) -> None:
        login = f"Bearer {values['api_key']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._clock = clock
        self.rate = rate_of(values, 10)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        for message_id in message_ids:
            path = f"/v2/messages/{quote(message_id, safe='')}"
            answer = self._api.send("GET", path, also={NOT_FOUND})
            if answer.status != NOT_FOUND:
                yield from readable([record(answer.document).get("data")], self._read)

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        if text(row, "direction") == "inbound":
            return
        data = {
            "event_type": "message.finalized",
            "occurred_at": text(row, "completed_at") or text(row, "sent_at"),
            "payload": dict(row),
        }
        for event in parsed(GATEWAY, as_callback(GATEWAY, self._clock, {"data": data})):
            yield known_as(event, iso(row.get("received_at")) or iso(row.get("sent_at")))


MESSAGE_API = MessageApiKind(
    gateway="telnyx",
    title="Telnyx",
    docs="https://developers.telnyx.com/api-reference/messages/retrieve-a-message",
    keys=(
        Key(name="api_key", help="of the account"),
        address("the API", default="https://api.telnyx.com"),
    ),
    open=Messages,
    lists=False,
    keeps=timedelta(days=10),
    limits=(
        "Messages cannot be listed by date. One that ends as delivery_unconfirmed stays "
        "Pending."
    ),
    guesses="how many messages a second may be asked for (10 are)",
)
