"""
Vonage: the Reports API, which has the records of both of its messaging APIs.

From its OpenAPI 2.1.12 and "How to Handle Pagination for the Synchronous Reports API": by id
one message, by date at most 24 hours of the moments when Vonage got them; a full page says
TRUNCATED and has a cursor. The final status is there within 72 hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.money import cost
from connector.gateways.values import text as written
from connector.gateways.vonage import GATEWAY
from connector.message_apis.base import (
    NOT_FOUND,
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
    parsed,
    readable,
)
from connector.message_apis.tokens import packed, unpacked
from connector.rest.http import Api, basic, with_query
from connector.rest.keys import Key, Values, address, rate_of, words
from connector.rest.shapes import iso, record, rows, stamp, text


_PATH = "/v2/reports/records"
SMS, MESSAGES = "SMS", "MESSAGES"
_WINDOW = timedelta(hours=24)


class Records(MessageApi):
    """The records of one account."""

    def __init__(self, values: Values, clock: Clock) -> None:
        login = basic(values["api_key"], values["api_secret"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._account = values["api_key"]
        self._products = words(values["products"])
        self._clock = clock
        self.rate = rate_of(values, 2)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        for message_id in message_ids:
            # Ids of the Messages API are UUIDs, those of the SMS API are not.
            product = MESSAGES if "-" in message_id else SMS
            query = {**self._query(product), "id": message_id}
            answer = self._api.send("GET", with_query(_PATH, query), also={NOT_FOUND})
            if answer.status != NOT_FOUND:
                yield from self._of(record(answer.document), product)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        at = unpacked(token, product="0", start=stamp(since), cursor="", iv="")
        product, start = self._products[int(at["product"])], iso(at["start"]) or since
        end = min(start + _WINDOW, until)
        query = {
            **self._query(product),
            "date_start": stamp(start),
            "date_end": stamp(end),
            **({"cursor": at["cursor"], "iv": at["iv"]} if at["cursor"] else {}),
        }
        answer = record(self._api.get(_PATH, query).document)
        cursor = text(answer, "cursor") if text(answer, "request_status") == "TRUNCATED" else ""
        if cursor:
            following = packed({**at, "cursor": cursor, "iv": text(answer, "iv")})
        elif end < until:
            following = packed({"product": at["product"], "start": stamp(end)})
        elif int(at["product"]) + 1 < len(self._products):
            following = packed({"product": str(int(at["product"]) + 1)})
        else:
            following = ""
        return Page(events=self._of(answer, product), following=following)

    def _query(self, product: str) -> dict[str, str]:
        return {"account_id": self._account, "product": product, "direction": "outbound"}

    def _of(self, answer: Mapping[str, object], product: str) -> list[DeliveryEvent]:
        read = self._sms if product == SMS else self._message
        return readable(rows(answer, "records"), read)

    def _sms(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        """In a receipt `to` is our sender, and the price always in euros."""
        price = cost(written(row, "total_price"), text(row, "currency"))
        callback = as_callback(
            GATEWAY,
            self._clock,
            **{
                "messageId": text(row, "message_id"),
                "msisdn": text(row, "to"),
                "to": text(row, "from"),
                "status": text(row, "status"),
                "err-code": written(row, "error_code"),
                "client-ref": text(row, "client_ref"),
                "network-code": text(row, "network"),
                "message-timestamp": text(row, "date_finalized"),
            },
        )
        for event in parsed(GATEWAY, callback):
            yield known_as(event, iso(row.get("date_received")), cost=price)

    def _message(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        price = cost(written(row, "total_price"), text(row, "currency"))
        callback = as_callback(
            GATEWAY,
            self._clock,
            {
                "message_uuid": text(row, "message_id"),
                "to": text(row, "to"),
                "from": text(row, "from"),
                "status": text(row, "status"),
                "timestamp": text(row, "date_finalized"),
                "client_ref": text(row, "client_ref"),
                "channel": text(row, "provider"),
                "error": {"title": written(row, "error_code")},
            },
        )
        for event in parsed(GATEWAY, callback):
            yield known_as(event, iso(row.get("date_received")), cost=price)


def _products_fault(value: str) -> str:
    found = words(value)
    good = found and set(found) <= {SMS, MESSAGES}
    return "" if good else f"must be {SMS}, {MESSAGES} or both"


MESSAGE_API = MessageApiKind(
    gateway="vonage",
    title="Vonage",
    docs="https://developer.vonage.com/en/api/reports",
    keys=(
        Key(name="api_key", help="of the account, which is its id too"),
        Key(name="api_secret", help="of the account"),
        Key(
            name="products",
            needed=False,
            default=f"{SMS} {MESSAGES}",
            fault=_products_fault,
            help="whose messages to list: of the SMS API, of the Messages API, or of both",
        ),
        address("the API", default="https://api.nexmo.com"),
    ),
    open=Records,
    limits="The Reports API has a price of its own. Records appear some minutes late.",
    guesses=(
        "how many questions a second are allowed (2 are asked), and what it answers for an id "
        "that it does not know: no record, or 404"
    ),
)
