"""What Africa's Talking says of a failure, and which of its forms can wait."""

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


FORM = {"content-type": "application/x-www-form-urlencoded"}


def a_callback(body):
    return Callback(
        gateway="africastalking",
        method="POST",
        target="/callbacks/africastalking?token=s3cret",
        headers=FORM,
        body=body.encode(),
        received_at=NOON,
    )


def read(body):
    (event,) = find("africastalking").parse(a_callback(body))
    return event


@pytest.mark.parametrize(
    "failure, reason",
    [
        *(("UserDoesNotExist", "invalid_number"), ("NotNetworkSubscriber", "invalid_number")),
        *(("NotNetworkSubcriber", "invalid_number"), ("UserIsInactive", "unreachable")),
        *(("UserAccountSuspended", "unreachable"), ("UserInBlackList", "opted_out")),
        *(("DoNotDisturbRejection", "opted_out"), ("InsufficientCredit", "unknown")),
        *(("InvalidLinkId", "unknown"), ("UserNotSubscribedToProduct", "unknown")),
        *(("DeliveryFailure", "unknown"), ("SomethingNew", "unknown"), ("", "unknown")),
    ],
)
@pytest.mark.parametrize("word, status", [("Failed", "Undelivered"), ("Rejected", "Rejected")])
def test_the_reason_is_what_the_failure_says(word, status, failure, reason):
    event = read(f"id=A&status={word}&failureReason={failure}")

    assert (event.status, event.error_code, event.reason) == (status, failure, reason)


def test_a_failure_is_not_told_of_what_was_delivered():
    event = read("id=A&status=Success&failureReason=DeliveryFailure")

    assert (event.status, event.reason) == ("Delivered", None)


@pytest.mark.parametrize(
    "body, urgent",
    [
        ("id=A&status=Success", False),
        ("senderId=SHOP&phoneNumber=1", True),
        ("text=STOP&from=1", True),
        ("", True),
        ("&".join("a" for _ in range(201)), True),
    ],
)
def test_only_reports_can_wait(body, urgent):
    assert find("africastalking").urgent(a_callback(body)) is urgent
