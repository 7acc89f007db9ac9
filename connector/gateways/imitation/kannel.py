"""
Requests as Kannel makes them: the address that we gave it, its placeholders filled in.

User guide, "Delivery reports"; nothing is signed, a token stands in the address.
"""

from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


#: The words of an SMPP receipt (SMPP 3.4, Appendix B) for each sum of bits.
_STATES = {"1": "DELIVRD", "2": "UNDELIV", "8": "ACCEPTD", "34": "EXPIRED"}


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    address = target(
        __name__,
        token=secrets["token"],
        extid=spoken.message_id,
        ref=spoken.reference,
        campaign=spoken.campaign,
        type=wording.word,
        text=_answer(wording),
        **{"from": spoken.phone, "to": spoken.sender},
        ts=_seconds(spoken),
    )
    return Request(method="GET", target=address, headers={"user-agent": "Kannel/1.4.5"})


def _answer(wording: Wording) -> str:
    """What %A holds: the SMSC's receipt, or its refusal."""
    if wording.error_code.startswith("0x"):
        return f"NACK/{wording.error_code}/Refused"
    state = _STATES.get(wording.word, "UNKNOWN")
    error = wording.error_code or "000"
    return f"id:7 sub:001 dlvrd:001 stat:{state} err:{error} text:..."


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    address = target(
        __name__,
        token=secrets["token"],
        **{"from": spoken.phone, "to": spoken.sender},
        text=spoken.text,
        ts=_seconds(spoken),
        id=spoken.message_id,
    )
    return Request(method="GET", target=address, headers={"user-agent": "Kannel/1.4.5"})


def _seconds(spoken: Spoken) -> str:
    return str(int(spoken.at.timestamp()))


WORDINGS = (
    Wording(word="4", status=DeliveryStatus.PENDING),
    Wording(word="8", status=DeliveryStatus.PENDING),
    Wording(word="1", status=DeliveryStatus.DELIVERED),
    Wording(
        word="2",
        status=DeliveryStatus.UNDELIVERED,
        error_code="027",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="2",
        status=DeliveryStatus.UNDELIVERED,
        error_code="001",
        reason=Reason.INVALID_NUMBER,
    ),
    Wording(
        word="16",
        status=DeliveryStatus.REJECTED,
        error_code="0x00000058",
        reason=Reason.THROUGHPUT,
    ),
    Wording(
        word="16",
        status=DeliveryStatus.REJECTED,
        error_code="0x0000000a",
        reason=Reason.UNREGISTERED,
    ),
    Wording(word="34", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="128", status=None),
)

IMITATION = Imitation(
    secrets={"token": "fictional-token"},
    guesses={"token": "guessed-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    covers_body=False,
)
