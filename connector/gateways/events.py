"""How a gateway's findings become events: checked, storable, with what rode along."""

from datetime import datetime

from connector.domain.callback import Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import DeliveryEvent
from connector.domain.engagement import EngagementEvent, EngagementKind
from connector.gateways.keywords import keyword
from connector.gateways.meanings import Meaning
from connector.gateways.money import UNKNOWN, Cost
from connector.gateways.revocation import may_revoke
from connector.gateways.values import LONGEST_ID, record_id


#: What other texts of a gateway are cut to: codes, words and senders are shorter.
_LONGEST_TEXT = 64


def report(
    callback: Callback,
    message_id: str,
    meaning: Meaning,
    *,
    word: str = "",
    occurred_at: datetime | None = None,
    recipient: str = "",
    sender: str = "",
    reference: str = "",
    campaign: str = "",
    segments: int = 0,
    cost: Cost = UNKNOWN,
    carrier: str = "",
) -> DeliveryEvent:
    """
    A delivery report. The word is kept where it means nothing to us, so that it is counted.

    `reference` and `campaign` are the gateway's own fields; our query parameters outrank them.
    """
    status, code, reason = meaning
    # One look at all of them: nearly always nothing needs to be mended.
    seen = f"{code}{recipient}{sender}{word}"
    if len(seen) > _LONGEST_TEXT or not seen.isprintable():
        code, word = storable(code), storable(word)
        recipient, sender = storable(recipient), storable(sender)
    if status is not None:
        word = ""
    elif not word:
        raise ValueError("report without status")
    reference, campaign = ridden(callback, reference, campaign)
    return DeliveryEvent(
        gateway=callback.gateway,
        account=callback.account,
        message_id=checked_id(message_id),
        status=status,
        received_at=callback.received_at,
        occurred_at=occurred_at,
        recipient=recipient,
        sender=sender,
        reference=reference,
        campaign=campaign,
        error_code=code,
        reason=reason,
        word=word,
        segments=segments,
        cost=cost.micros,
        currency=cost.currency,
        carrier=storable(carrier) if carrier else "",
    )


def said(
    callback: Callback,
    text: str,
    *,
    phone: str,
    sender: str = "",
    message_id: str = "",
    occurred_at: datetime | None = None,
    told: str = "",
) -> ConsentEvent | EngagementEvent:
    """
    What a person wrote: a keyword is consent, what may be a STOP in other words a doubt.

    Anything else is a reply. `told` is the gateway's own word for what it recognised, and wins
    over ours; but who wants HELP may want an end all the same.
    """
    found = keyword(told) if told else None
    own = keyword(text)
    if found is None or (own and own[0] is found[0]):
        found = own
    if (found is None or found[0] is ConsentKind.HELP) and may_revoke(text):
        found = ConsentKind.REVIEW, ConsentKind.REVIEW.value
    if found is not None:
        kind, word = found
        return consent(
            callback,
            kind,
            phone=phone,
            sender=sender,
            message_id=message_id,
            occurred_at=occurred_at,
            word=word,
        )
    return engagement(
        callback,
        EngagementKind.REPLY,
        phone=phone,
        sender=sender,
        message_id=message_id,
        occurred_at=occurred_at,
    )


def consent(
    callback: Callback,
    kind: ConsentKind,
    *,
    phone: str,
    sender: str = "",
    message_id: str = "",
    occurred_at: datetime | None = None,
    word: str = "",
    source: str = "Reply",
) -> ConsentEvent:
    return ConsentEvent(
        gateway=callback.gateway,
        account=callback.account,
        phone=_checked_phone(phone),
        kind=kind,
        received_at=callback.received_at,
        occurred_at=occurred_at,
        source=source,
        message_id=storable(message_id, LONGEST_ID),
        sender=storable(sender),
        keyword=word,
    )


def engagement(
    callback: Callback,
    kind: EngagementKind,
    *,
    message_id: str,
    phone: str = "",
    sender: str = "",
    occurred_at: datetime | None = None,
) -> EngagementEvent:
    """A click, which needs the id of our message, or a reply, which needs a phone."""
    reference, campaign = ridden(callback)
    return EngagementEvent(
        gateway=callback.gateway,
        account=callback.account,
        message_id=(
            checked_id(message_id)
            if kind is EngagementKind.CLICK
            else storable(message_id, LONGEST_ID)
        ),
        kind=kind,
        received_at=callback.received_at,
        occurred_at=occurred_at,
        phone=_checked_phone(phone) if kind is EngagementKind.REPLY else storable(phone),
        sender=storable(sender),
        reference=reference,
        campaign=campaign,
    )


def ridden(callback: Callback, reference: str = "", campaign: str = "") -> tuple[str, str]:
    """The record and the campaign that rode along: in our query parameters, else these."""
    fields = callback.fields
    reference = fields.get("ref") or reference
    campaign = fields.get("campaign") or campaign
    return (
        record_id(reference) if reference else "",
        record_id(campaign) if campaign else "",
    )


def checked_id(message_id: str) -> str:
    if not message_id:
        raise ValueError("report without message id")
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise ValueError("message id is too long or has control characters")
    if "\ufffd" in message_id:  # what stood there is lost, and two ids may have become one
        raise ValueError("message id is not UTF-8")
    return message_id


def _checked_phone(phone: str) -> str:
    if not (phone := storable(phone)):
        raise ValueError("message without the number it came from")
    return phone


def storable(text: str, longest: int = _LONGEST_TEXT) -> str:
    """The text without what no database holds (NUL, lone surrogates), cut to a sane length."""
    if text.isprintable():
        return text[:longest]
    return "".join(letter for letter in text if letter.isprintable())[:longest]
