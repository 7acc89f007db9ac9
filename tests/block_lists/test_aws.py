"""The opt-out list of AWS, against a server written from the service model of botocore."""

import hashlib
import hmac
import re
from datetime import UTC, datetime

import pytest

from connector.block_lists.base import Listed
from connector.rest.errors import BusyError, RefusedError
from tests.block_lists.conftest import whole
from tests.rest.server import Api, Fault, demand


ALEX, KIM, SAM = "+447700900456", "+447700900457", "+447700900458"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TARGET = "PinpointSMSVoiceV2."


class SmsVoice(Api):
    """sms-voice in one region, with one list."""

    def __init__(self):
        super().__init__()
        self.numbers = {}
        self.deleted = set()

    def answer(self, asked):
        demand((asked.method, asked.target) == ("POST", "/"), 404)
        demand(asked.headers["content-type"] == "application/x-amz-json-1.0", 415)
        self.check_signature(asked)
        operation = asked.headers["x-amz-target"].removeprefix(TARGET)
        document = asked.document
        if document.get("OptOutListName") != "Default":
            raise problem("ResourceNotFoundException", ResourceType="opt-out-list")
        return 200, getattr(self, operation)(document)

    def check_signature(self, asked):
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=AKID/(\d{8})/eu-west-1/sms-voice/aws4_request, "
            r"SignedHeaders=(\S+), Signature=([0-9a-f]{64})",
            asked.headers["authorization"],
        )
        if not found:
            raise problem("IncompleteSignatureException")
        day, names, signature = found.groups()
        if not {"host", "x-amz-date", "x-amz-target", "content-type"} <= set(names.split(";")):
            raise problem("InvalidSignatureException")
        lines = "".join(f"{name}:{asked.headers[name]}\n" for name in names.split(";"))
        body = hashlib.sha256(asked.body).hexdigest()
        request = hashlib.sha256(f"POST\n/\n\n{lines}\n{names}\n{body}".encode()).hexdigest()
        stamp = asked.headers["x-amz-date"]
        scope = f"{day}/eu-west-1/sms-voice/aws4_request"
        key = f"AWS4{SECRET}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        content = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}".encode()
        if hmac.new(key, content, hashlib.sha256).hexdigest() != signature:
            raise problem("InvalidSignatureException")

    def PutOptedOutNumber(self, document):  # noqa: N802 (the operation's name)
        self.check_keys(document, {"OptOutListName", "OptedOutNumber"})
        phone = document["OptedOutNumber"]
        if phone.endswith("0"):
            raise problem("ValidationException", Reason="INVALID_PARAMETER")
        self.numbers.setdefault(phone, 1_700_000_000.25)
        return {"OptedOutNumber": phone, "OptedOutTimestamp": self.numbers[phone]}

    def DeleteOptedOutNumber(self, document):  # noqa: N802
        self.check_keys(document, {"OptOutListName", "OptedOutNumber"})
        phone = document["OptedOutNumber"]
        if phone not in self.numbers:
            raise problem("ResourceNotFoundException", ResourceType="opted-out-number")
        if phone in self.deleted:
            raise problem("ConflictException", Reason="NUMBER_DELETED_IN_LAST_30_DAYS")
        self.deleted.add(phone)
        return {"OptedOutNumber": phone, "OptedOutTimestamp": self.numbers.pop(phone)}

    def DescribeOptedOutNumbers(self, document):  # noqa: N802
        known = {"OptOutListName", "OptedOutNumbers", "Filters", "NextToken", "MaxResults"}
        if not set(document) <= known or len(document.get("OptedOutNumbers", ())) > 5:
            raise problem("ValidationException")
        if asked := document.get("OptedOutNumbers"):
            if set(asked) - set(self.numbers):
                raise problem("ResourceNotFoundException", ResourceType="opted-out-number")
            return {"OptedOutNumbers": [self.row(phone) for phone in asked]}
        size = document["MaxResults"]
        if not 1 <= size <= 100:
            raise problem("ValidationException")
        start = int(document.get("NextToken", "0"))
        phones = sorted(self.numbers)
        following = {"NextToken": str(start + size)} if start + size < len(phones) else {}
        return {
            "OptedOutNumbers": [self.row(phone) for phone in phones[start : start + size]],
            **following,
        }

    def row(self, phone):
        at = self.numbers[phone]
        return {"OptedOutNumber": phone, "OptedOutTimestamp": at, "EndUserOptedOut": False}

    @staticmethod
    def check_keys(document, keys):
        if set(document) != keys:
            raise problem("ValidationException")


def problem(name, **more):
    return Fault(400, {"__type": f"com.amazonaws.smsvoice#{name}", "Message": "no", **more})


@pytest.fixture
def api():
    return SmsVoice()


@pytest.fixture
def found(api, opened):
    keys = {"access_key_id": "AKID", "secret_access_key": SECRET}
    return opened("aws", api, region="eu-west-1", **keys)


def test_adds_finds_and_removes(api, found):
    added = found.add([ALEX, KIM])
    there = found.find([ALEX, KIM, SAM])
    removed = found.remove([ALEX, SAM])

    assert added.taken == there == {ALEX, KIM}
    assert removed.taken == {ALEX, SAM}
    assert set(api.numbers) == {KIM}


def test_adds_again_without_harm(found):
    found.add([ALEX])

    assert found.add([ALEX]).taken == {ALEX}


def test_lists_every_page_with_its_times(api, found):
    api.numbers |= {f"+44770090{number:04}": 1_700_000_000.5 for number in range(250)}

    entries = whole(found)

    assert len(entries) == 250
    at = datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC)
    assert entries[0] == Listed(phone="+447700900000", at=at)
    assert len(api.asked) == 3


def test_one_wrong_number_keeps_no_other_away(found):
    outcome = found.add([ALEX, "+447700900460", KIM])

    assert outcome.taken == {ALEX, KIM}
    assert outcome.refused == {"+447700900460": "answered 400: ValidationException"}


def test_a_number_is_taken_off_once_in_thirty_days(found):
    found.add([ALEX])
    found.remove([ALEX])
    found.add([ALEX])

    outcome = found.remove([ALEX])

    assert outcome.refused == {ALEX: "answered 400: ConflictException"}


def test_too_fast_is_a_reason_to_wait(api, found):
    found.add([ALEX])
    api.faults.append(problem("ThrottlingException"))

    outcome = found.add([KIM, SAM])

    assert isinstance(outcome.trouble, BusyError)
    assert outcome.taken == set()


@pytest.mark.parametrize("values", [{"list": "Other"}, {"secret_access_key": "wrong"}])
def test_what_is_wrong_with_us_is_no_number_s_fault(api, opened, values):
    keys = {"access_key_id": "AKID", "secret_access_key": SECRET, "region": "eu-west-1"}
    found = opened("aws", api, **{**keys, **values})

    outcome = found.add([ALEX])

    assert isinstance(outcome.trouble, RefusedError)
    assert outcome.refused == {}
