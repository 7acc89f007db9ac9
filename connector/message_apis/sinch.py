"""
Sinch: delivery reports of the SMS API, by batch and recipient or by date.

"Retrieve a recipient delivery report", "Retrieve a delivery report", "Retrieve a list of
delivery reports" and the vendor's library: they have the shape of the callbacks. The list has
finished ones only, by when the message was received, from page 0 on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.sinch import GATEWAY
from connector.message_apis.base import (
    NOT_FOUND,
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    parsed,
    readable,
)
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import record, rows, stamp, whole


_SIZE = 100


class Reports(MessageApi):
    """The delivery reports of one service plan."""

    def __init__(self, values: Values, clock: Clock) -> None:
        plan = quote(values["service_plan_id"], safe="")
        login = f"Bearer {values['api_token']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._path = f"/xms/v1/{plan}"
        self._clock = clock
        self.rate = rate_of(values, 5)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        """The id of a message is that of its batch, and the recipient."""
        for message_id in message_ids:
            batch, _, recipient = message_id.partition("/")
            path = f"{self._path}/batches/{quote(batch, safe='')}/delivery_report"
            if recipient:
                path += f"/{quote(recipient.removeprefix('+'), safe='')}"
            else:
                path += "?type=summary"
            answer = self._api.send("GET", path, also={NOT_FOUND})
            if answer.status != NOT_FOUND:
                yield from readable([record(answer.document)], self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        asked = int(token or 0)
        query = {
            "start_date": stamp(since),
            "end_date": stamp(until),
            "page": str(asked),
            "page_size": str(_SIZE),
        }
        answer = record(self._api.get(f"{self._path}/delivery_reports", query).document)
        found = rows(answer, "delivery_reports")
        more = found and asked * _SIZE + len(found) < whole(answer, "count")
        return Page(
            events=readable(found, self._read), following=str(asked + 1) if more else ""
        )

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        return parsed(GATEWAY, as_callback(GATEWAY, self._clock, dict(row)))


MESSAGE_API = MessageApiKind(
    gateway="sinch",
    title="Sinch",
    docs="https://developers.sinch.com/docs/sms/api-reference/sms/delivery-reports/",
    keys=(
        Key(name="service_plan_id", help="of the SMS API"),
        Key(name="api_token", help="of that service plan"),
        address(
            "the API in the region of the service plan",
            default="https://us.sms.api.sinch.com",
        ),
    ),
    open=Reports,
    limits="A message that is not finished is in no list.",
    guesses=(
        "how many questions a second are allowed (5 are asked), how long reports are kept, and "
        "that a page may have 100"
    ),
)
