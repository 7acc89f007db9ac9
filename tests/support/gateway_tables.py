"""What the words and codes of each gateway mean to us: the tables that its module reads by."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways import (
    africastalking,
    aws,
    bandwidth,
    bird,
    clickatell,
    clicksend,
    generic,
    infobip,
    jasmin,
    kannel,
    messagebird,
    plivo,
    receipt,
    sinch,
    smpp,
    telnyx,
    twilio,
    vonage,
)
from connector.gateways.meanings import Meanings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Words and codes by what they mean; several where a gateway has several APIs."""

    title: str = ""
    words: Mapping[str, DeliveryStatus | None] = dataclasses.field(default_factory=dict)
    codes: Mapping[str, Reason | None] = dataclasses.field(default_factory=dict)
    note: str = ""


def _of(meanings: Meanings, title: str = "", note: str = "") -> Table:
    return Table(title=title, words=meanings.statuses, codes=meanings.reasons, note=note)


def _both(table: Mapping[str, tuple[DeliveryStatus, Reason | None]], title: str = "") -> Table:
    words = {code: status for code, (status, _) in table.items()}
    codes = {code: reason for code, (_, reason) in table.items() if reason}
    return Table(title=title, words=words, codes=codes)


_RECEIPT = Table(
    title="Receipts",
    words=receipt.STATUSES,
    codes=receipt.REASONS,
    note="There is no common table of error codes: these are the GSM numbers that many SMSCs "
    "use. Any other code has the reason `unknown`.",
)
_NACK = {f"0x{code:08x}": reason for code, reason in kannel.NACK_REASONS.items()}
#: The sums of bits that Kannel sends.
_TYPES = ("1", "2", "4", "8", "16", "32", "34", "66")

TABLES: Mapping[str, Sequence[Table]] = {
    "africastalking": [_of(africastalking.MEANINGS)],
    "aws": [
        _of(
            aws.MEANINGS,
            note="The words follow `TEXT_`, `MEDIA_` or `RCS_` in the type of the event. "
            "`SUCCESSFUL` is Delivered if the event says that it is the last, else Pending.",
        )
    ],
    "bandwidth": [
        _of(bandwidth.MEANINGS, "Callbacks"),
        Table(title="Its list of messages", words=bandwidth.STATES.statuses),
    ],
    "bird": [
        Table(
            title="Channels API",
            words=bird.CHANNEL_MEANINGS.statuses,
            codes=bird.PLATFORM_FAILURES | bird.FAILURES,
            note="The codes are those of `failure.source.code` of the SMS platform, or of "
            "`failure.code`. Where `failure.source.name` is `accounting`, the reason is "
            "`account_suspended`; a `failure.code` that begins with 12 is `network`.",
        ),
        _of(bird.EVENT_MEANINGS, "Events API"),
    ],
    "clickatell": [
        _both(clickatell.ONE_API, "One API"),
        _both(clickatell.OLDER, "Older REST API"),
    ],
    "clicksend": [
        Table(words=clicksend.STATUSES),
        dataclasses.replace(
            _both(clicksend.FAILURES, f"Error codes of a failure ({clicksend.FAILED})"),
            note="Any other code is Undelivered with the reason `unknown`.",
        ),
    ],
    "generic": [
        _of(
            generic.MEANINGS,
            note="The reason is what your sender puts into `error.reason`, in our words.",
        )
    ],
    "infobip": [
        Table(
            words=infobip.GROUPS,
            codes=infobip.ERRORS,
            note="Groups by number or name; the codes are error ids. `DELIVERED_TO_OPERATOR` "
            f"(status {infobip.TO_OPERATOR}) is Pending, `SIGNALS_BLOCKED` (status "
            f"{infobip.SIGNALS_BLOCKED}) is Rejected.",
        ),
        Table(
            title="Status ids, where there is no error id",
            codes=infobip.STATUSES,
        ),
    ],
    "jasmin": [
        Table(
            title="Level 1",
            words={jasmin.ACCEPTED: DeliveryStatus.PENDING},
            codes=jasmin.REFUSALS,
            note="Any other `ESME_` word is Rejected.",
        ),
        dataclasses.replace(_RECEIPT, title="Level 2"),
    ],
    "kannel": [
        Table(
            words={kind: kannel.TYPES[kind] for kind in _TYPES},
            codes=_NACK,
            note="The codes are those of a `NACK` in the text of type 16. "
            "`NACK/Retries Exceeded` is Failed, with the reason `network`.",
        ),
        dataclasses.replace(
            _RECEIPT,
            title="Receipts in the text of a report",
            words=kannel.REFINED,
            note=f"They refine type 2. {_RECEIPT.note}",
        ),
    ],
    "messagebird": [_of(messagebird.MEANINGS)],
    "plivo": [_of(plivo.MEANINGS)],
    "sinch": [_of(sinch.MEANINGS)],
    "smpp": [
        _RECEIPT,
        Table(
            title="The TLV message_state",
            words={state: receipt.STATUSES.get(word) for state, word in smpp.STATES.items()},
        ),
    ],
    "telnyx": [_of(telnyx.MEANINGS)],
    "twilio": [_of(twilio.MEANINGS)],
    "vonage": [_of(vonage.SMS, "SMS API"), _of(vonage.MESSAGES, "Messages API")],
}


def by_status(words: Mapping[str, DeliveryStatus | None]) -> Iterable[tuple[str, str]]:
    """A row for each of our six words: what the gateway says for it."""
    for status in reversed(DeliveryStatus):
        if found := [word for word, meant in words.items() if meant is status]:
            yield status.value, ", ".join(f"`{word}`" for word in found)


def by_reason(codes: Mapping[str, Reason | None]) -> Iterable[tuple[str, str]]:
    """A row for each reason: the codes that come down to it, ranges drawn together."""
    for reason in Reason:
        if found := [code for code, meant in codes.items() if meant is reason]:
            yield f"`{reason.value}`", ", ".join(_ranges(found))


def _ranges(found: Sequence[str]) -> Iterable[str]:
    """Each code, but what is more than a few numbers in a row as from and to."""
    run: list[str] = []
    for code in found:
        if run and code.isdecimal() and run[-1].isdecimal() and int(code) == int(run[-1]) + 1:
            run.append(code)
        else:
            yield from _shown(run)
            run = [code]
    yield from _shown(run)


def _shown(run: Sequence[str]) -> Iterable[str]:
    if len(run) > 4:
        return [f"`{run[0]}` to `{run[-1]}`"]
    return [f"`{code}`" for code in run]
