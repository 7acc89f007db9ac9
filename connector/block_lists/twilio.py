"""
Twilio: the Consent Management API, which is a pilot, and to be asked for.

"Bulk Upsert Consents" says: 25 consents a request, 100 requests a minute; an answer of 201
says of each consent whether it was taken. There is no call that lists or finds one.
"""

import secrets
from collections.abc import Sequence

import orjson

from connector.block_lists.base import BlockList, BlockListKind, Outcome
from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.rest.errors import RefusedError
from connector.rest.http import Api, basic
from connector.rest.keys import Key, Values, address, rate_of, words
from connector.rest.shapes import record, rows, text, whole


_MOST, _A_MINUTE = 25, 100
SOURCES = ("website", "offline", "opt-in-message", "opt-out-message", "others")


class Consents(BlockList):
    """What Twilio knows of whether some senders may text a number."""

    def __init__(self, values: Values, clock: Clock) -> None:
        self._senders = words(values["senders"])
        if not 0 < len(self._senders) <= _MOST:
            raise ConfigurationError(f"senders must be 1 to {_MOST} senders")
        login = basic(values["account_sid"], values["auth_token"])
        self._api = Api(values["address"], clock, headers={"Authorization": login})
        self._source = values["source"]
        self.batch = _MOST // len(self._senders)
        self.rate = rate_of(values, self.batch * _A_MINUTE * 0.9 / 60)

    def add(self, phones: Sequence[str]) -> Outcome:
        return self._say("opt-out", phones)

    def remove(self, phones: Sequence[str]) -> Outcome:
        return self._say("opt-in", phones)

    def _say(self, status: str, phones: Sequence[str]) -> Outcome:
        said = {
            secrets.token_hex(16): (phone, sender)
            for phone in phones
            for sender in self._senders
        }
        items = [
            {
                "contact_id": phone,
                "correlation_id": correlation,
                "sender_id": sender,
                "status": status,
                "source": self._source,
            }
            for correlation, (phone, sender) in said.items()
        ]
        fields = [("Items", orjson.dumps(item).decode()) for item in items]
        answer = self._api.form("/v1/Consents/Bulk", fields)
        faults = {
            text(row, "correlation_id"): _fault(row)
            for row in map(record, rows(answer.document, "items"))
        }
        if missing := set(said) - set(faults):
            raise RefusedError(f"said nothing of {len(missing)} of {len(said)} consents")
        refused = {
            said[key][0]: fault for key, fault in faults.items() if fault and key in said
        }
        return Outcome(taken=frozenset(phones) - set(refused), refused=refused)


def _fault(row: dict[str, object] | object) -> str:
    found = record(row)
    code = whole(found, "error_code")
    if "error_code" not in found:
        return "no error_code in the answer"
    if not code:
        return ""
    messages = found.get("error_messages")
    names = (
        [each for each in messages if isinstance(each, str)]
        if isinstance(messages, list)
        else []
    )
    known = [name for name in names if name.isascii() and name.replace("_", "").isalpha()]
    return " ".join([str(code), *known[:3]])


def _source_fault(value: str) -> str:
    return "" if value in SOURCES else f"must be one of {', '.join(SOURCES)}"


BLOCK_LIST = BlockListKind(
    gateway="twilio",
    title="Twilio",
    docs="https://www.twilio.com/docs/messaging/features/bulk-upsert-consents-api",
    keys=(
        Key(name="account_sid", help="or the SID of an API key"),
        Key(name="auth_token", help="or the secret of that key"),
        Key(
            name="senders",
            help="messaging service SIDs or numbers, with spaces between them",
        ),
        Key(
            name="source",
            default="others",
            needed=False,
            fault=_source_fault,
            help=f"what Twilio notes as the source: {', '.join(SOURCES)}",
        ),
        address("the API", default="https://accounts.twilio.com"),
    ),
    open=Consents,
    lists=False,
    verifies=False,
    covers="the senders that are named, for SMS",
    limits=(
        "Access has to be granted by Twilio. Nothing can be listed or read back: opt-outs made "
        "in the console arrive only when a message is refused with 21610."
    ),
    guesses="that a consent of any source stops a message: the source says others",
)
