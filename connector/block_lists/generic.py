"""
A sender of your own: each opt-out is posted to its address, signed by Standard Webhooks 1.0.

The body is the one that the gateway of the same name reads: `sms.opt_out` or `sms.opt_in`
with at most 100 numbers.
"""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson

from connector.block_lists.base import BlockList, BlockListKind, Outcome, together
from connector.clock import Clock
from connector.rest.http import Api
from connector.rest.keys import Key, Values, rate_of
from connector.rest.shapes import stamp
from connector.rest.webhooks import signed, signing_key


_MOST = 100


class Webhook(BlockList):
    """An address that is told of every opt-out."""

    batch = _MOST

    def __init__(self, values: Values, clock: Clock) -> None:
        parts = urlsplit(values["address"])
        self._api = Api(f"{parts.scheme}://{parts.netloc}", clock)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._key = signing_key(values["signing_key"])
        self._clock = clock
        self.rate = rate_of(values, 500)

    def add(self, phones: Sequence[str]) -> Outcome:
        return together(phones, lambda some: self._tell("sms.opt_out", some))

    def remove(self, phones: Sequence[str]) -> Outcome:
        return together(phones, lambda some: self._tell("sms.opt_in", some))

    def _tell(self, kind: str, phones: Sequence[str]) -> None:
        now = self._clock()
        body = orjson.dumps(
            {
                "type": kind,
                "timestamp": stamp(now),
                "data": [{"number": phone} for phone in phones],
            }
        )
        # A new id each time: the same number may be blocked again after it was freed.
        identity = f"msg_{secrets.token_hex(16)}"
        headers = signed(self._key, identity, now, body)
        self._api.send("POST", self._path, body, headers=headers, reads=False)


def _key_fault(value: str) -> str:
    try:
        signing_key(value)
    except ValueError as error:
        return str(error)
    return ""


def _address_fault(value: str) -> str:
    parts = urlsplit(value)
    return "" if parts.scheme in {"http", "https"} and parts.hostname else "is no address"


BLOCK_LIST = BlockListKind(
    gateway="generic",
    title="A sender of your own",
    docs="https://www.standardwebhooks.com",
    keys=(
        Key(
            name="address",
            fault=_address_fault,
            help="what is posted to; http only inside a network of your own",
        ),
        Key(
            name="signing_key",
            fault=_key_fault,
            help="whsec_ and the base64 of 24 to 64 random bytes",
        ),
    ),
    open=Webhook,
    lists=False,
    verifies=False,
    covers="what your sender makes of it",
    limits=(
        "Every 2xx counts as taken. A message may come twice, and after a newer one: go by its "
        "timestamp."
    ),
)
