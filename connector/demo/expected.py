"""What every field has to be in the end, worked out from the script alone."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector import gateways
from connector.demo.people import Cast, Person
from connector.demo.script import Act, Answer, Message, Report, Script
from connector.domain.delivery import DeliveryStatus


class Sometime(enum.Enum):
    """Stands for a time that only the service knows."""

    DURING_PLAY = "a time during the play"


Expectation = str | bool | datetime | Sometime | None
Fields = Mapping[str, Expectation]

#: A START has to be so much later than a STOP; clocks differ.
_SKEW = timedelta(seconds=5)

NO_DELIVERY: Fields = {
    "SMS_Delivery_Status__c": None,
    "SMS_Status_At__c": None,
    "SMS_Failure_Reason__c": None,
    "SMS_Error_Code__c": None,
    "SMS_Gateway__c": None,
    "SMS_Message_Id__c": None,
    "SMS_Last_Campaign__c": None,
    "SMS_Last_Delivered_At__c": None,
}
NO_CONSENT: Fields = {
    "SMS_Opt_Out__c": False,
    "SMS_Opt_Out_At__c": None,
    "SMS_Opt_Out_Source__c": None,
    "SMS_Opt_Out_Keyword__c": None,
}


def expectations(cast: Cast, script: Script) -> dict[Person, Fields]:
    """The fields of every record, also of those that nothing may happen to."""
    return {person: _expected(person, cast, script) for person in cast.people}


def _expected(person: Person, cast: Cast, script: Script) -> Fields:
    messages = [each for each in script.messages if each.holder == person]
    # What somebody says goes to every record with the number, but a converted Lead is closed.
    heard = [] if person == cast.leaving else script.answers
    answers = [each for each in heard if each.phone == person.phone]
    fields = {**_delivery(messages), **_consent(answers), **_engagement(answers)}
    if person == cast.wary:
        # Ticked by hand in Salesforce: that is a STOP, and the ledger says where it came from.
        fields = {n: v for n, v in fields.items() if n not in NO_CONSENT}
        fields["SMS_Opt_Out__c"] = True
        fields["SMS_Opt_Out_Source__c"] = "Salesforce"
    if messages or answers:
        fields["SMS_Phone_E164__c"] = person.phone
    return fields


def _delivery(messages: Sequence[Message]) -> dict[str, Expectation]:
    if not messages:
        return dict(NO_DELIVERY)
    latest = max(messages, key=lambda message: message.sent_at)
    report = _decisive(latest.reports)
    wording = report.wording
    return {
        "SMS_Delivery_Status__c": wording.status and wording.status.value,
        "SMS_Status_At__c": _at(latest, report),
        "SMS_Failure_Reason__c": wording.reason and wording.reason.value,
        "SMS_Error_Code__c": wording.error_code or None,
        "SMS_Gateway__c": latest.gateway,
        "SMS_Message_Id__c": gateways.find(latest.gateway).own_id(
            latest.message_id, latest.phone
        ),
        "SMS_Last_Campaign__c": latest.campaign,
        "SMS_Last_Delivered_At__c": _last_delivered(messages),
    }


def _decisive(reports: Iterable[Report]) -> Report:
    """A receipt before all, then a failure, then whatever is known; the later one of two."""

    def weight(report: Report) -> tuple[int, datetime]:
        match report.wording.status:
            case DeliveryStatus.DELIVERED:
                return 2, report.at
            case DeliveryStatus.PENDING:
                return 0, report.at
            case _:
                return 1, report.at

    return max((each for each in reports if each.wording.status), key=weight)


def _last_delivered(messages: Iterable[Message]) -> Expectation:
    times = [
        _at(message, report)
        for message in messages
        for report in message.reports
        if report.wording.status is DeliveryStatus.DELIVERED
    ]
    return _last(times)


def _at(message: Message, report: Report) -> datetime | Sometime:
    return report.at if message.is_timed else Sometime.DURING_PLAY


def _consent(answers: Iterable[Answer]) -> dict[str, Expectation]:
    stops = [each for each in answers if each.act is Act.STOP]
    starts = [each for each in answers if each.act is Act.START]
    if starts and (not stops or _newest(starts).at > _newest(stops).at + _SKEW):
        return {**NO_CONSENT, "SMS_Opt_Out_At__c": _when(_newest(starts))}
    if not stops:
        return dict(NO_CONSENT)
    stop = _newest(stops)
    return {
        "SMS_Opt_Out__c": True,
        "SMS_Opt_Out_At__c": _when(stop),
        "SMS_Opt_Out_Source__c": "Reply",
        "SMS_Opt_Out_Keyword__c": stop.text.strip(".").upper(),
    }


def _engagement(answers: Iterable[Answer]) -> dict[str, Expectation]:
    clicks = [_when(each) for each in answers if each.act is Act.CLICK]
    # Whoever writes STOP writes back, too.
    replies = [_when(each) for each in answers if each.act is not Act.CLICK]
    return {"SMS_Last_Click_At__c": _last(clicks), "SMS_Last_Reply_At__c": _last(replies)}


def _newest(answers: Iterable[Answer]) -> Answer:
    return max(answers, key=lambda answer: answer.at)


def _when(answer: Answer) -> datetime | Sometime:
    return answer.at if answer.is_timed else Sometime.DURING_PLAY


def _last(times: Iterable[datetime | Sometime]) -> Expectation:
    """The latest one; whatever the service timed itself is later than all the others."""
    known = list(times)
    if Sometime.DURING_PLAY in known:
        return Sometime.DURING_PLAY
    return max((each for each in known if isinstance(each, datetime)), default=None)
