"""
Jasmin posts a form, or calls with GET, for each report and each message.

Documentation: HTTP API, "Receiving DLR"; jookies/jasmin, routing/throwers.py, managers/dlr.py.
Level 1 is the SMSC's answer to the submission, level 2 its receipt. Neither has a number of the
handset, and the dates have no zone; what stands in the query of the dlr-url comes back to us.
"""

from collections.abc import Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways import receipt
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import FAILURES, Meaning, codes
from connector.gateways.values import number
from connector.gateways.verify import token_in_query


#: Level 1: the words of SMPP's command status (SMPP 3.4, section 5.1.3).
ACCEPTED, ANSWER = "ESME_ROK", "ESME_"
REFUSALS = codes(
    {
        Reason.INVALID_NUMBER: "ESME_RINVDSTADR ESME_RINVDSTTON ESME_RINVDSTNPI",
        Reason.UNREGISTERED: "ESME_RINVSRCADR ESME_RINVSRCTON ESME_RINVSRCNPI",
        Reason.THROUGHPUT: "ESME_RTHROTTLED ESME_RMSGQFUL",
        Reason.NETWORK: "ESME_RSYSERR ESME_RSUBMITFAIL ESME_RDELIVERYFAILURE",
    }
)

#: data_coding: observed as the octet itself, in older versions a digit.
LATIN_1, UCS_2 = ("\x03", "3"), ("\x08", "8")


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "message_status" in fields:
        yield _report(callback, fields)
    else:
        yield said(
            callback,
            _text(fields),
            phone=number(fields.get("from", "")),
            sender=fields.get("to", "").strip(),
            message_id=fields.get("id", ""),
        )


def _report(callback: Callback, fields: Mapping[str, str]) -> DeliveryEvent:
    word = fields["message_status"].strip().upper()
    return report(
        callback,
        fields.get("id", ""),
        _meaning(word, fields.get("err", "").strip()),
        word=word,
        # Jasmin sends no numbers with a report: these are of our own dlr-url.
        recipient=number(fields.get("to", "")),
        sender=fields.get("from", "").strip(),
        reference=fields.get("extid", ""),
    )


def _meaning(word: str, err: str) -> Meaning:
    if word == ACCEPTED:
        return DeliveryStatus.PENDING, "", None
    if word.startswith(ANSWER):
        return DeliveryStatus.REJECTED, word, REFUSALS.get(word, Reason.UNKNOWN)
    status, code = receipt.STATUSES.get(word), receipt.error_code(err)
    return status, code, receipt.reason(status, code) if status in FAILURES else None


def _text(fields: Mapping[str, str]) -> str:
    """What the handset wrote; the form itself garbles what is not UTF-8."""
    content, coding = fields.get("content", ""), fields.get("coding", "")
    charset = "utf-16-be" if coding in UCS_2 else "latin-1" if coding in LATIN_1 else ""
    if not charset or not (written := fields.get("binary", "")):
        return content
    try:
        return bytes.fromhex(written).decode(charset, "replace")
    except ValueError:
        return content


def _urgent(callback: Callback) -> bool:
    try:
        return "message_status" not in callback.fields
    except CallbackUnreadableError:
        return True


GATEWAY = Gateway(
    name="jasmin",
    title="Jasmin",
    docs="https://docs.jasminsms.com/en/latest/apis/http/index.html",
    secrets=("token",),
    verify=token_in_query("token"),
    parse=parse,
    # Anything but a status below 400 with exactly this text is repeated.
    reply=Reply(status=200, body=b"ACK/Jasmin", content_type="text/plain"),
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        *("id", "message_status", "err", "extid", "from", "to", "content", "coding", "binary"),
    ),
    hides=("token",),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: a secret token in the URL",
    address=(
        "?token=<token>&ref=<record id>&campaign=<campaign id>&to=<recipient>&from=<sender>"
    ),
    retries=(
        "three times, 30 seconds apart, unless retry_delay and max_retries in section "
        "dlr-thrower of jasmin.cfg say otherwise"
    ),
    outage_costs=(
        "every report whose four tries fail; with max_retries = 120 in section dlr-thrower an "
        "outage of an hour costs nothing"
    ),
    cannot_tell=(
        "when it happened (its dates have no zone), whom it went to (unless it stands in the "
        "dlr-url), that the SMSC refused a message for which only level 2 was asked, receipts "
        "that come later than dlr_expiry (24 hours), clicks"
    ),
    setup=(
        (
            "In section dlr-thrower of jasmin.cfg set max_retries = 120, in section "
            "deliversm-thrower too: four tries in two minutes are few."
        ),
        (
            "Give the URL as dlr-url with dlr=yes, dlr-level=3 and dlr-method=POST at each "
            "call of /send, URL-encoded, with the record, campaign and numbers filled in."
        ),
        (
            "For replies create an HTTP connector (httpccm) whose baseurl is the callback path "
            "with ?token=<token>, and a route (morouter) to it."
        ),
        "Allow Jasmin's host only, at your firewall or proxy: nothing is signed.",
    ),
)
