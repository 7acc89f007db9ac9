"""
Requests as a program that speaks SMPP would make them: the short message as the body.

SMPP 3.4, Appendix B; nothing is signed, a token stands in the address.
"""

from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    written = (
        f"id:{spoken.message_id} sub:001 dlvrd:001 submit date:{spoken.at:%y%m%d%H%M} "
        f"done date:{spoken.at:%y%m%d%H%M} stat:{wording.word} "
        f"err:{wording.error_code or '000'} text:Dear customer, stat:"
    )
    return _posted(spoken, written, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    return _posted(spoken, spoken.text, secrets, extid=spoken.message_id)


def _posted(spoken: Spoken, written: str, secrets: Mapping[str, str], **more: str) -> Request:
    address = target(
        __name__,
        token=secrets["token"],
        ref=spoken.reference,
        campaign=spoken.campaign,
        **{"from": spoken.phone, "to": spoken.sender},
        ts=str(int(spoken.at.timestamp())),
        **more,
    )
    return Request(
        method="POST",
        target=address,
        headers={"content-type": "text/plain; charset=utf-8"},
        body=written.encode(),
    )


def _undelivered(code: str, reason: Reason) -> Wording:
    status = DeliveryStatus.UNDELIVERED
    return Wording(word="UNDELIV", status=status, error_code=code, reason=reason)


WORDINGS = (
    Wording(word="ACCEPTD", status=DeliveryStatus.PENDING),
    Wording(word="ENROUTE", status=DeliveryStatus.PENDING),
    Wording(word="DELIVRD", status=DeliveryStatus.DELIVERED),
    _undelivered("001", Reason.INVALID_NUMBER),
    _undelivered("027", Reason.UNREACHABLE),
    _undelivered("021", Reason.LANDLINE),
    Wording(
        word="REJECTD",
        status=DeliveryStatus.REJECTED,
        error_code="088",
        reason=Reason.UNKNOWN,
    ),
    Wording(word="EXPIRED", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="MISLAID", status=None),
)

IMITATION = Imitation(
    secrets={"token": "fictional-token"},
    guesses={"token": "guessed-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    covers_body=False,
)
