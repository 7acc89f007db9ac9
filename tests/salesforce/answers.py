"""Answers of an org, for what an emulated one cannot do, and changes to send to it."""

import base64
import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import requests
import responses
from requests.adapters import BaseAdapter

from connector.domain.records import FieldValue, RecordChange, RecordRef


HOST = "https://acme.my.salesforce.com"
LOGIN = f"{HOST}/services/oauth2/token"
DATA = f"{HOST}/services/data/v66.0"
COLLECTIONS = f"{DATA}/composite/sobjects"
TOKEN = "00Dxx0000001gPL!AQ4AQexampletokentext"
PHONE = "+12025550123"

Json = Any


class AnsweringAdapter(BaseAdapter):
    """A transport whose other end is a function from request to status and JSON."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], tuple[int, Json]]) -> None:
        super().__init__()
        self._answer = answer

    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any
    ) -> requests.Response:
        answer = requests.Response()
        answer.status_code, told = self._answer(request)
        answer.raw = io.BytesIO(json.dumps(told).encode())
        answer.url = request.url or ""
        return answer

    def close(self) -> None:
        pass


def token_answer(access_token: str = TOKEN, **other: str) -> dict[str, str]:
    return {
        "access_token": access_token,
        "instance_url": HOST,
        "id": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SyhGAAS",
        "token_type": "Bearer",
        "scope": "api",
        **other,
    }


def person(number: int, name: str = "Contact") -> RecordRef:
    return RecordRef(name, f"003xx{number:010d}AAA")


def change(
    number: int, name: str = "Contact", attempts: int = 0, **fields: FieldValue
) -> RecordChange:
    return RecordChange(
        record=person(number, name),
        fields=fields or {"SMS_Delivery_Status__c": "Delivered"},
        change_ids=frozenset({f"c{number}"}),
        attempts=attempts,
    )


def done(number: int) -> Json:
    return {"id": person(number).id, "success": True, "errors": []}


def failed(code: str, message: str = "no", fields: Iterable[str] = ()) -> Json:
    error = {"statusCode": code, "message": message, "fields": list(fields)}
    return {"success": False, "errors": [error]}


def refused(code: str, message: str = "no") -> Json:
    return [{"message": message, "errorCode": code}]


def sent(request: requests.PreparedRequest) -> Json:
    return json.loads(request.body or b"null")


def requests_to(web: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    return [call.request for call in web.calls if (call.request.url or "").startswith(url)]


def claims(assertion: str) -> Json:
    part = assertion.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
