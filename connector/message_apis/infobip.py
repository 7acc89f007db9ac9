"""
Infobip: the logs of outbound messages, version 3 of the SMS API.

"Get outbound SMS message logs": what happened in the last 48 hours, at most 1,000 a call, with
a cursor where it is asked for. A log has the fields of a delivery report; version 3 calls the
recipient `destination`. `messageId` may be given several times.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.infobip import GATEWAY
from connector.message_apis.base import (
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
    parsed,
    readable,
)
from connector.rest.http import Api, with_query
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import iso, record, rows, stamp, text


_PATH = "/sms/3/logs"
_SIZE = 1000


class Logs(MessageApi):
    """The logs of one account."""

    batch = 20

    def __init__(self, values: Values, clock: Clock) -> None:
        login = f"App {values['api_key']}"
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._clock = clock
        self.rate = rate_of(values, 2)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        query = [*(("messageId", each) for each in message_ids), ("limit", str(_SIZE))]
        answer = record(self._api.send("GET", with_query(_PATH, query)).document)
        return readable(rows(answer, "results"), self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        query = {
            "sentSince": stamp(since),
            "sentUntil": stamp(until),
            "limit": str(_SIZE),
            "useCursor": "true",
            **({"cursor": token} if token else {}),
        }
        answer = record(self._api.get(_PATH, query).document)
        return Page(
            events=readable(rows(answer, "results"), self._read),
            following=text(record(answer.get("cursor") or {}), "nextCursor"),
        )

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        # A log has the text of the message, which would make a reply of it.
        kept = {name: value for name, value in row.items() if name not in {"text", "content"}}
        report = {**kept, "to": row.get("to") or row.get("destination")}
        callback = as_callback(GATEWAY, self._clock, {"results": [report]})
        for event in parsed(GATEWAY, callback):
            yield known_as(event, iso(row.get("sentAt")))


MESSAGE_API = MessageApiKind(
    gateway="infobip",
    title="Infobip",
    docs="https://www.infobip.com/docs/api/channels/sms/logs-and-status-reports",
    keys=(
        address("the account's base URL, https://xxxxx.api.infobip.com", needed=True),
        Key(name="api_key", help="with the scope sms:logs or sms:manage"),
    ),
    open=Logs,
    keeps=timedelta(hours=48),
    limits="Nothing is known of a message after two days.",
    guesses=(
        "how many questions a second are allowed (2 are asked), how many ids one may have (20 "
        "are given), and the names of the scopes"
    ),
)
