"""
AWS End User Messaging SMS: an opt-out list, which numbers and pools of senders use.

Operations and limits from the service model `pinpoint-sms-voice-v2` of botocore and the page
"Quotas for AWS End User Messaging SMS": 10 deletions and 1 description a second.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from connector.block_lists.base import (
    BlockList,
    BlockListKind,
    Listed,
    Outcome,
    Page,
    one_by_one,
)
from connector.block_lists.sigv4 import Signer
from connector.clock import Clock
from connector.rest.errors import BusyError, RefusedError
from connector.rest.http import Api
from connector.rest.keys import Key, Values, address, rate_of
from connector.rest.shapes import number, record, rows, text, unix


_SERVICE = "sms-voice"
#: The most that DescribeOptedOutNumbers takes and gives.
_ASKED, _GIVEN = 5, 100
_BUSY = frozenset({"ThrottlingException", "InternalServerException"})
_GONE = "ResourceNotFoundException"
_INVALID = "ValidationException"


class OptOutList(BlockList):
    """One list of one region."""

    batch = 10
    look_up = _ASKED

    def __init__(self, values: Values, clock: Clock) -> None:
        region = values["region"]
        usual = f"https://{_SERVICE}.{region}.amazonaws.com"
        self._api = Api(values.get("address") or usual, clock)
        self._list = values["list"]
        self._clock = clock
        self._signer = Signer(
            key_id=values["access_key_id"],
            secret=values["secret_access_key"],
            token=values.get("session_token", ""),
            region=region,
            service=_SERVICE,
        )
        self.rate = rate_of(values, 8)

    def add(self, phones: Sequence[str]) -> Outcome:
        return one_by_one(phones, lambda phone: self._change("PutOptedOutNumber", phone))

    def remove(self, phones: Sequence[str]) -> Outcome:
        return one_by_one(phones, self._delete)

    def find(self, phones: Sequence[str]) -> frozenset[str]:
        try:
            answer = self._describe(OptedOutNumbers=list(phones))
        except RefusedError as error:
            # Docs: one that is not on the list makes an error of the whole question.
            if _code(error) != _GONE:
                raise
            if len(phones) == 1:
                return frozenset()
            return frozenset().union(*(self.find([phone]) for phone in phones))
        return frozenset(entry.phone for entry in _entries(answer)) & frozenset(phones)

    def page(self, since: datetime | None, token: str) -> Page:  # noqa: ARG002 (no such filter)
        following = {"NextToken": token} if token else {}
        answer = self._describe(MaxResults=_GIVEN, **following)
        return Page(entries=_entries(answer), following=text(answer, "NextToken"))

    def _delete(self, phone: str) -> None:
        try:
            self._change("DeleteOptedOutNumber", phone)
        except RefusedError as error:
            if _code(error) != _GONE:
                raise

    def _change(self, operation: str, phone: str) -> None:
        self._call(operation, {"OptOutListName": self._list, "OptedOutNumber": phone})

    def _describe(self, **asked: object) -> Mapping[str, object]:
        return self._call("DescribeOptedOutNumbers", {"OptOutListName": self._list, **asked})

    def _call(self, operation: str, asked: Mapping[str, object]) -> Mapping[str, object]:
        body = orjson.dumps(asked)
        headers = self._signer.sign(
            "POST",
            self._api.address + "/",
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"PinpointSMSVoiceV2.{operation}",
            },
            body,
            self._clock(),
        )
        try:
            return record(self._api.send("POST", "/", body, headers=headers).document)
        except RefusedError as error:
            code = _code(error)
            if code in _BUSY:
                raise BusyError(f"answered {error.status}: {code}") from None
            if error.about_content and code != _INVALID and not _is_conflict(error):
                # Everything is a 400 here: without rights, without such a list, too old.
                raise RefusedError(str(error), status=403, document=error.document) from None
            raise


def _code(error: RefusedError) -> str:
    document = error.document if isinstance(error.document, dict) else {}
    return text(document, "__type").rpartition("#")[2]


def _is_conflict(error: RefusedError) -> bool:
    """Docs: a number can be deleted once in 30 days; before that it is a conflict."""
    return _code(error) == "ConflictException"


def _entries(answer: Mapping[str, object]) -> list[Listed]:
    found = map(record, rows(answer, "OptedOutNumbers"))
    entries = (
        Listed(phone=number(row.get("OptedOutNumber")), at=unix(row.get("OptedOutTimestamp")))
        for row in found
    )
    return [entry for entry in entries if entry.phone]


BLOCK_LIST = BlockListKind(
    gateway="aws",
    title="AWS End User Messaging SMS",
    docs="https://docs.aws.amazon.com/sms-voice/latest/userguide/opt-out-list.html",
    keys=(
        Key(name="region", help="such as eu-west-1"),
        Key(name="access_key_id", help="of a user who may change the list"),
        Key(name="secret_access_key", help="its secret"),
        Key(name="session_token", needed=False, help="only for temporary credentials"),
        Key(name="list", default="Default", needed=False, help="name or ARN of the list"),
        address("not set: that of the region"),
    ),
    open=OptOutList,
    covers="all senders that use the list",
    limits=(
        "A number can be taken off once in 30 days. The rights wanted are "
        "sms-voice:PutOptedOutNumber, DeleteOptedOutNumber and DescribeOptedOutNumbers."
    ),
    guesses="how many additions a second are allowed: 8 are made",
)
