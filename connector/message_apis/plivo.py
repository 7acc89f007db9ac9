"""
Plivo: message detail records.

"Retrieve a message", "List all messages": 90 days, 20 a page, the list 20 requests a minute by
default; `message_time`, when the message was sent, is the only time. Filters are in UTC. That a
time without an offset is UTC is a guess, as in the callbacks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.events import report
from connector.gateways.money import cost
from connector.gateways.plivo import CURRENCY, GATEWAY, MEANINGS
from connector.gateways.times import if_readable, iso_utc
from connector.gateways.values import number, segments
from connector.gateways.values import text as written
from connector.message_apis.base import (
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
    one_by_one,
    readable,
)
from connector.rest.http import Api, basic
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import record, rows, text


_SIZE = 20


class Records(MessageApi):
    """The records of one account or subaccount."""

    page_rate = 20 / 60

    def __init__(self, values: Values, clock: Clock) -> None:
        login = basic(values["auth_id"], values["auth_token"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._path = f"/v1/Account/{quote(values['auth_id'], safe='')}/Message/"
        self._clock = clock
        self.rate = rate_of(values, 2)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        paths = (f"{self._path}{quote(each, safe='')}/" for each in message_ids)
        return one_by_one(self._api, paths, self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        offset = int(token or 0)
        query = {
            "message_direction": "outbound",
            "message_time__gte": _moment(since),
            "message_time__lt": _moment(until),
            "limit": str(_SIZE),
            "offset": str(offset),
        }
        answer = record(self._api.get(self._path, query).document)
        found = rows(answer, "objects")
        more = bool(text(record(answer.get("meta") or {}), "next"))
        return Page(
            events=readable(found, self._read),
            following=str(offset + len(found)) if more and found else "",
        )

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        if text(row, "message_direction") == "inbound":
            return
        word = text(row, "message_state")
        event = report(
            as_callback(GATEWAY, self._clock),
            text(row, "message_uuid"),
            MEANINGS.of(word, written(row, "error_code")),
            word=word,
            recipient=number(written(row, "to_number")),
            sender=number(written(row, "from_number")),
            segments=segments(written(row, "units")),
            cost=cost(written(row, "total_amount"), CURRENCY),
        )
        yield known_as(event, if_readable(iso_utc, text(row, "message_time")))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


MESSAGE_API = MessageApiKind(
    gateway="plivo",
    title="Plivo",
    docs="https://www.plivo.com/docs/messaging/api/message/list-all-messages/",
    keys=(
        Key(name="auth_id", help="of the account, or of a subaccount"),
        Key(name="auth_token", help="of the same"),
        address("the API", default="https://api.plivo.com"),
    ),
    open=Records,
    keeps=timedelta(days=90),
    limits=(
        "It does not tell when a message arrived: the moment of asking stands for it. The list "
        "takes an hour for 24,000 messages."
    ),
    guesses="how many single messages a second may be asked for (2 are)",
)
