"""
Requests as Jasmin makes them: forms at the dlr-url that we gave it, and of an HTTP connector.

HTTP API, "Receiving DLR"; nothing is signed, a token stands in the address.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    fields = {"id": spoken.message_id, "message_status": wording.word}
    if wording.word.startswith("ESME_"):
        fields |= {"level": "1", "connector": "smsc1"}
    else:
        fields |= {
            "level": "2",
            "connector": "7",
            "id_smsc": "7",
            "sub": "001",
            "dlvrd": "001",
            "subdate": f"{spoken.at:%y%m%d%H%M}",
            "donedate": f"{spoken.at:%y%m%d%H%M}",
            "err": wording.error_code or "000",
            "text": "",
        }
    address = target(
        __name__,
        token=secrets["token"],
        ref=spoken.reference,
        campaign=spoken.campaign,
        **{"to": spoken.phone, "from": spoken.sender},
    )
    return _posted(address, fields, "DLRThrower")


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    written = spoken.text.encode("utf-16-be", "surrogatepass")
    fields: dict[str, str | bytes] = {
        "id": spoken.message_id,
        "from": spoken.phone,
        "to": spoken.sender,
        "origin-connector": "smsc1",
        "priority": "0",
        "coding": "\x08",
        "content": written,
        "binary": written.hex(),
    }
    return _posted(target(__name__, token=secrets["token"]), fields, "deliverSmHttpThrower")


def _posted(address: str, fields: Mapping[str, str | bytes], thrower: str) -> Request:
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "accept": "text/plain",
            "user-agent": f"Jasmin gateway/1.0 {thrower}",
        },
        body=urlencode(fields).encode(),
    )


def _refused(word: str, reason: Reason) -> Wording:
    status = DeliveryStatus.REJECTED
    return Wording(word=word, status=status, error_code=word, reason=reason)


WORDINGS = (
    Wording(word="ESME_ROK", status=DeliveryStatus.PENDING),
    Wording(word="ACCEPTD", status=DeliveryStatus.PENDING),
    Wording(word="DELIVRD", status=DeliveryStatus.DELIVERED),
    Wording(
        word="UNDELIV",
        status=DeliveryStatus.UNDELIVERED,
        error_code="027",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="UNDELIV",
        status=DeliveryStatus.UNDELIVERED,
        error_code="001",
        reason=Reason.INVALID_NUMBER,
    ),
    _refused("ESME_RINVSRCADR", Reason.UNREGISTERED),
    _refused("ESME_RTHROTTLED", Reason.THROUGHPUT),
    Wording(word="EXPIRED", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="MISLAID", status=None),
)

IMITATION = Imitation(
    secrets={"token": "fictional-token"},
    guesses={"token": "guessed-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    tells_time=False,
    covers_body=False,
)
