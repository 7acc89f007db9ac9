"""
Record ids: a key prefix, fifteen case-sensitive characters, three that make them safe to fold.

Salesforce help, "What are 15 and 18 character ids": the added characters tell which of the
first fifteen are capitals, five by five, so two ids that differ in case only stay apart.
"""

import functools
import re


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_LONG = 18
#: Numbers start here, so that neighbours soon differ in the case of one letter only.
_FIRST = 1_000_000_000
_FORM = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the object's n-th record."""
    rest, digits = number + _FIRST, ""
    while rest:
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return long_id(f"{prefix}xx{digits.rjust(10, '0')}")


def long_id(text: str) -> str:
    """The 18-character form of a 15-character id."""
    suffix = ""
    for start in (0, 5, 10):
        letters = text[start : start + 5]
        suffix += _CHECK[
            sum(1 << bit for bit, letter in enumerate(letters) if "A" <= letter <= "Z")
        ]
    return text[:_SHORT] + suffix


def parse_id(text: object) -> str | None:
    """
    The 18-character id that this text names, or None where it names none.

    Of 18 characters the last three are a checksum: an id whose case was lost on the way is
    put right by them, as Salesforce does, and one whose checksum is nonsense is refused.
    """
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        return None
    if len(text) == _SHORT:
        return long_id(text)
    return _restored(text)


@functools.lru_cache(maxsize=65_536)
def _restored(text: str) -> str | None:
    letters = list(text[:_SHORT])
    for part, check in enumerate(text[_SHORT:_LONG].upper()):
        if check not in _CHECK:
            return None
        bits = _CHECK.index(check)
        for bit in range(5):
            at = part * 5 + bit
            capital = bool(bits >> bit & 1)
            if capital and not letters[at].isalpha():
                return None
            letters[at] = letters[at].upper() if capital else letters[at].lower()
    return long_id("".join(letters))
