"""Lists of items in the body of a call: read and checked, field by field."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector import gateways
from connector.phones import to_e164
from connector.web.bodies import read_json
from connector.web.problems import ProblemError


#: The most items that a call may have.
MOST = 1_000
#: How far a sender's clock may be ahead of ours.
AHEAD = timedelta(hours=1)
#: The most faults told in one answer.
_MOST_FAULTS = 100
_MESSAGE_ID = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one field of one item; `field` is empty for the item as a whole."""

    index: int
    field: str
    detail: str


def read_items(name: str) -> list[object]:
    """The items of this request: a list, or an object with nothing but one of that name."""
    document = read_json()
    if isinstance(document, dict) and document.keys() == {name}:
        document = document[name]
    if not isinstance(document, list):
        raise ProblemError(400, f'Send a list of {name}, or {{"{name}": [...]}}.')
    if len(document) > MOST:
        raise ProblemError(413, f"At most {MOST} {name} a call.")
    return document


def refuse(faults: Sequence[Fault], outcome: str) -> None:
    """Raise ProblemError if there are any; `outcome` says what became of the call."""
    if faults:
        raise ProblemError(
            422,
            f"{len(faults)} things to change; {outcome}.",
            errors=[dataclasses.asdict(fault) for fault in faults[:_MOST_FAULTS]],
        )


def read_fields(
    index: int,
    item: object,
    readers: Mapping[str, Callable[[str], str]],
    texts: dict[str, str],
) -> Iterator[Fault]:
    """Put each field into `texts` in its one spelling; yields what is wrong."""
    if not isinstance(item, dict):
        yield Fault(index=index, field="", detail="is not an object")
        return
    for field in sorted(item.keys() - readers.keys()):
        yield Fault(index=index, field=field[:80], detail="is not a known field")
    for field, reader in readers.items():
        given = item.get(field)
        try:
            texts[field] = reader(_text(given))
        except ValueError as error:
            yield Fault(index=index, field=field, detail=str(error))


def needs_phone(index: int, field: str, texts: Mapping[str, str]) -> Iterator[Fault]:
    """What is said of a batch names it with each recipient: without one they never meet."""
    gateway = gateways.installed().get(texts.get("gateway", ""))
    if gateway and gateway.batches and texts.get(field) == "":
        yield Fault(
            index=index,
            field=field,
            detail=f"is missing: a message id of {gateway.name} may stand for several messages",
        )


def _text(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise ValueError("is not a text")  # noqa: TRY004 (the request is wrong, not the program)
    return given.strip()


def gateway_name(text: str) -> str:
    known = gateways.installed()
    if text not in known:
        raise ValueError(f"is none of {', '.join(known)}" if text else "is missing")
    return text


def message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise ValueError("is no message id" if text else "is missing")
    return text


def phone(text: str, region: str) -> str:
    """A number in E.164, nothing for nothing; raises ValueError."""
    found = to_e164(text, region)
    if text and not found:
        raise ValueError("is no phone number with its country code")
    return found


def moment(text: str, now: datetime) -> str:
    """The moment in UTC, nothing for nothing; raises ValueError."""
    if not text:
        return ""
    try:
        given = datetime.fromisoformat(text)
        in_utc = given.astimezone(UTC)
    except (ValueError, OverflowError):  # in the year 1 there are hours without UTC
        raise ValueError("is no time such as 2026-11-23T10:00:00Z") from None
    if given.tzinfo is None:
        raise ValueError("is a time without a zone")
    if given > now + AHEAD:
        raise ValueError("lies in the future")
    return in_utc.isoformat()
