"""How single values of a callback are read: texts, numbers, phone numbers, record ids."""

from collections.abc import Mapping

from connector.domain.records import is_record_id, long_id


#: A gateway's message id; longer ones are no ids, and no database would index them.
LONGEST_ID = 255
#: The most segments that a message can have (the counter of a concatenated SMS is one octet).
MOST_SEGMENTS = 255
#: Fewer digits than this are a short code, which has no country code to put a plus before.
SHORTEST_NUMBER = 7

_SEPARATORS = str.maketrans("", "", " -()./\u00a0\u202f")


def text(item: Mapping[str, object], *path: str) -> str:
    """The text or number at the end of the path; empty where anything on the way is absent."""
    value: object = item
    for name in path:
        if value is None:
            return ""
        if not isinstance(value, dict):
            raise ValueError(f"{name}: stands in no object")  # noqa: TRY004
        value = value.get(name)
    return plain(value, path[-1])


def plain(value: object, name: str = "value") -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{name}: neither text nor number")


def members(value: object, name: str) -> Mapping[str, object]:
    """The members of what has to be an object."""
    if not isinstance(value, dict):
        raise ValueError(f"{name}: no object")  # noqa: TRY004 (one kind for all)
    return value


def listed(value: object, name: str, most: int) -> list[object]:
    """A list, or the only item of what should have been one."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise ValueError(f"{name}: neither object nor list")  # noqa: TRY004
    if len(value) > most:
        raise ValueError(f"{name}: more than {most} items")
    return value


def number(written: str) -> str:
    """
    A phone number as E.164 where that is certain, else the text as it came.

    Digits only get a plus, a leading 00 becomes one, and a leading space is a plus that nobody
    encoded. National numbers (0...) stay: which country they mean is not known here.
    """
    if written[:1] == "+" and written[1:].isdigit() and written.isascii():
        return written
    digits = written.strip().translate(_SEPARATORS)
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("+"):
        digits = digits[1:]
    if digits.isascii() and digits.isdigit() and _has_country(digits):
        return "+" + digits
    return written.strip()


def _has_country(digits: str) -> bool:
    return len(digits) >= SHORTEST_NUMBER and not digits.startswith("0")


def record_id(written: str) -> str:
    """An 18-character Salesforce id, or nothing: whatever else rode along is not ours."""
    return long_id(written) if is_record_id(written) else ""


def segments(written: str) -> int:
    """A count of message segments; 0 where it is not known."""
    if not (written.isascii() and written.isdigit()) or len(written) > len(str(MOST_SEGMENTS)):
        return 0
    return min(int(written), MOST_SEGMENTS)
