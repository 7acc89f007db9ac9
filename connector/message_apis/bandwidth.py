"""
Bandwidth: the list of messages, asked for one id or for a range of dates.

"Get Message Information", "List Messages" and the vendor's library: 14 days; `limit` and what
was skipped are 10,000 at most together, so a range is cut until no part has more. The words are
others than those of the callbacks. `receiveTime`, when Bandwidth got it, is the only time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.bandwidth import GATEWAY, STATES
from connector.gateways.events import report
from connector.gateways.money import hint
from connector.gateways.values import number, segments
from connector.gateways.values import text as written
from connector.message_apis.base import (
    MessageApi,
    MessageApiKind,
    Page,
    as_callback,
    known_as,
    readable,
)
from connector.message_apis.tokens import packed, unpacked
from connector.rest.http import Api, basic
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import iso, record, rows, stamp, text, whole


_SIZE = 1000
_MOST, _MINUTES = 10_000, 60


class Messages(MessageApi):
    """The messages of one account."""

    def __init__(self, values: Values, clock: Clock) -> None:
        login = basic(values["username"], values["password"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        account = quote(values["account_id"], safe="")
        self._path = f"/api/v2/users/{account}/messages"
        self._clock = clock
        self.rate = rate_of(values, 2)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        for message_id in message_ids:
            answer = record(self._api.get(self._path, {"messageId": message_id}).document)
            found = rows(answer, "messages")
            if len(found) == 1:  # of a group message there are several, under one id
                yield from readable(found, self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        at = unpacked(token, start=stamp(since), minutes=str(_MINUTES), page="")
        start, minutes = iso(at["start"]) or since, int(at["minutes"])
        end = min(start + timedelta(minutes=minutes), until)
        query = {
            "messageDirection": "OUTBOUND",
            "fromDateTime": stamp(start),
            "toDateTime": stamp(end),
            "limit": str(_SIZE),
            **({"pageToken": at["page"]} if at["page"] else {}),
        }
        answer = record(self._api.get(self._path, query).document)
        following = text(record(answer.get("pageInfo") or {}), "nextPageToken")
        if whole(answer, "totalCount") > _MOST and minutes > 1:
            return Page(
                events=(),
                following=packed({"start": at["start"], "minutes": str(minutes // 2)}),
            )
        if following:
            following = packed({**at, "page": following})
        elif end < until:
            following = packed({"start": stamp(end)})
        return Page(events=readable(rows(answer, "messages"), self._read), following=following)

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        alone = written(row, "recipientCount") in {"", "0", "1"}
        if text(row, "messageDirection") == "INBOUND" or not alone:
            return
        word = text(row, "messageStatus")
        event = report(
            as_callback(GATEWAY, self._clock),
            text(row, "messageId"),
            STATES.of(word, written(row, "errorCode")),
            word=word,
            recipient=number(text(row, "destinationTn")),
            sender=number(text(row, "sourceTn")),
            segments=segments(written(row, "segmentCount")),
            carrier=hint(row, "carrierName"),
        )
        yield known_as(event, iso(row.get("receiveTime")))


MESSAGE_API = MessageApiKind(
    gateway="bandwidth",
    title="Bandwidth",
    docs="https://dev.bandwidth.com/docs/messaging/getMessage",
    keys=(
        Key(name="account_id", help="of the account"),
        Key(name="username", help="of API credentials that may use messaging"),
        Key(name="password", help="of the same"),
        address("the API", default="https://messaging.bandwidth.com"),
    ),
    open=Messages,
    keeps=timedelta(days=14),
    limits=(
        "It does not tell when a message arrived: the moment of asking stands for it. Messages "
        "to a group are left out: their recipients share an id. The record id that was given "
        "as tag is not in the list."
    ),
    guesses="how many questions a second are allowed (2 are asked)",
)
