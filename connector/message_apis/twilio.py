"""
Twilio: the Message resource.

"Messages resource": date_updated is when the resource was last changed, in GMT (RFC 2822). That
it is the moment of the last status holds unless the message was redacted afterwards. No limit
of requests is published; too many at once get 429.
"""

import email.utils
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.events import report
from connector.gateways.money import cost
from connector.gateways.twilio import GATEWAY, MEANINGS, address_of
from connector.gateways.values import segments
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
from connector.message_apis.tokens import unpacked
from connector.rest.http import Api, basic
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import record, rows, stamp, text


_SIZE = 1000


class Messages(MessageApi):
    """The messages of one account."""

    def __init__(self, values: Values, clock: Clock) -> None:
        account = values["account_sid"]
        login = basic(values.get("api_key_sid", account), values["auth_token"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._path = f"/2010-04-01/Accounts/{quote(account, safe='')}/Messages"
        self._clock = clock
        self.rate = rate_of(values, 10)

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        paths = (f"{self._path}/{quote(each, safe='')}.json" for each in message_ids)
        return one_by_one(self._api, paths, self._read)

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        query = {
            "DateSent>": stamp(since),
            "DateSent<": stamp(until),
            "PageSize": str(_SIZE),
            **unpacked(token),
        }
        answer = record(self._api.get(f"{self._path}.json", query).document)
        found = readable(rows(answer, "messages"), self._read)
        # The address of the next page is not followed, only its place is taken from it.
        place = dict(parse_qsl(urlsplit(text(answer, "next_page_uri")).query))
        kept = [
            f"{name}={quote(place[name])}" for name in ("Page", "PageToken") if name in place
        ]
        return Page(events=found, following="&".join(kept))

    def _read(self, row: Mapping[str, object]) -> Iterable[DeliveryEvent]:
        if not text(row, "direction").startswith("outbound"):
            return
        word, unit = text(row, "status"), text(row, "price_unit")
        event = report(
            as_callback(GATEWAY, self._clock),
            text(row, "sid"),
            MEANINGS.of(word, written(row, "error_code")),
            word=word,
            occurred_at=_moment(text(row, "date_updated")),
            recipient=address_of(text(row, "to")),
            sender=address_of(text(row, "from")),
            segments=segments(written(row, "num_segments")),
            cost=cost(written(row, "price").removeprefix("-"), unit),
        )
        yield known_as(event, _moment(text(row, "date_created")))


def _moment(given: str) -> datetime | None:
    return email.utils.parsedate_to_datetime(given).astimezone(UTC) if given else None


MESSAGE_API = MessageApiKind(
    gateway="twilio",
    title="Twilio",
    docs="https://www.twilio.com/docs/messaging/api/message-resource",
    keys=(
        Key(name="account_sid", help="of the account that sends, AC..."),
        Key(
            name="api_key_sid",
            needed=False,
            help="of an API key, SK..., to log in with; not set: the account SID",
        ),
        Key(name="auth_token", help="of that account, or the secret of that API key"),
        address("the API", default="https://api.twilio.com"),
    ),
    open=Messages,
    limits="A subaccount has an API of its own: give it as another account.",
    guesses=(
        "how many questions a second are allowed (10 are asked), and that date_updated is when "
        "the status came"
    ),
)
