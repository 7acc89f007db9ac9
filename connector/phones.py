"""
Phone numbers: any spelling to E.164, or nothing.

A number counts when it is *possible* (its length fits its country), not when it is *valid*
(its block is in use today): numbering plans change faster than libraries, and ranges kept for
fiction and tests are never valid. Four things are refused that phonenumbers would let pass,
because nobody can be texted there and two people would seem to share one number:

- numbers that lack their area code ("possible, local only");
- up to six digits without a country code, unless they are a valid number: a short code;
- up to eleven characters with a letter: an alphanumeric sender (3GPP TS 23.040, 9.1.2.5);
- results of fewer than 7 or more than 15 digits: E.164 ends at 15.
"""

import functools
import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneMetadata,
    ValidationResult,
)


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NO_DIALLING_CODE = CountryCodeSource.FROM_DEFAULT_COUNTRY
#: The longest text that phonenumbers reads; longer ones would only fill the cache.
_LONGEST_TEXT = 250
_LONGEST_SHORT_CODE = 6
_LONGEST_SENDER_NAME = 11
_MOST_READINGS = 4
#: Texts remembered that need the long way: some 10 MB when full.
_REMEMBERED = 32_768
#: What phonenumbers calls a code that is no country's, such as that of satellite phones.
_NO_COUNTRY = "001"


def to_e164(text: str, region: str = "") -> str:
    """
    The number in E.164, or "" where this is no possible number; E.164 comes back as it is.

    `region` (ISO 3166, "GB") is where a number without a country code belongs; without it
    such a text is no number. An extension is left out: the base number stays. Without a
    region, a leading 00 means the same as +.
    """
    answer = exact(text)
    if answer is not None:
        return answer
    return _parsed(text, region) if len(text) <= _LONGEST_TEXT else ""


def is_region(region: str) -> bool:
    """Whether the numbering plan of this country is known."""
    return region in phonenumbers.SUPPORTED_REGIONS


def parts(phone: str) -> tuple[str, str]:
    """The country code and the rest of a number in E.164, both as digits."""
    shape = _shape(phone[1:4])
    starts_at = shape.starts_at if shape else 1
    return phone[1:starts_at], phone[starts_at:]


def country(phone: str) -> str:
    """
    The country of a number in E.164 (ISO 3166, "GB"); "" where nobody can tell.

    Some countries share a code: there the digits after it decide, and a block that is not in
    use belongs to the main country of the code.
    """
    if not _E164.fullmatch(phone):
        return ""
    code, _ = parts(phone)
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    if len(regions) != 1:
        return _among(regions, phone) if regions else ""
    return "" if regions[0] == _NO_COUNTRY else regions[0]


@functools.lru_cache(maxsize=_REMEMBERED)
def _among(regions: tuple[str, ...], phone: str) -> str:
    number = phonenumbers.parse(phone)
    return phonenumbers.region_code_for_number(number) or regions[0]


def exact(text: str) -> str | None:
    """
    The answer for text that is E.164 already, None where only the parser can tell.

    Why the parser would say the same: after a plus it takes the shortest country code there
    is. It changes the digits after that only where the country's national-prefix pattern
    matches at their start, and writes them back otherwise only where they begin with 0. What
    is left as it was is possible exactly when its length is one of the country's. Code,
    pattern and lengths are phonenumbers' own; the region says nothing once there is a plus.
    """
    if not _E164.fullmatch(text):
        return None
    shape = _shape(text[1:4])
    if shape is None or shape.unsure.match(text[shape.starts_at :]):
        return None
    return text if len(text) in shape.lengths else ""


class _Shape(NamedTuple):
    """
    What E.164 numbers of one country code look like.

    `lengths` are those of the whole text, plus sign included; digits that `unsure` matches
    are the parser's to read.
    """

    starts_at: int
    lengths: frozenset[int]
    unsure: re.Pattern[str]


@functools.cache
def _shape(beginning: str) -> _Shape | None:
    """The shape of numbers that begin with these three digits, None without such a country."""
    codes = (beginning[:end] for end in (1, 2, 3))
    code = next((c for c in codes if int(c) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), "")
    if not code:
        return None
    region = phonenumbers.region_code_for_country_code(int(code))
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None or metadata.general_desc is None:
        return None
    starts_at = 1 + len(code)
    prefix = metadata.national_prefix_for_parsing
    return _Shape(
        starts_at=starts_at,
        lengths=frozenset(starts_at + n for n in metadata.general_desc.possible_length),
        unsure=re.compile(f"0|(?:{prefix})" if prefix else "0"),
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def _parsed(text: str, region: str) -> str:
    text = text.strip()
    if len(text) <= _LONGEST_SENDER_NAME and any(letter.isalpha() for letter in text):
        return ""
    if not region and text.startswith("00"):
        text = "+" + text[2:]
    written = _read(text, region)
    # A doubled prefix (+49 0030 ...) comes off one at a time; one number has one spelling.
    for _ in range(_MOST_READINGS):
        if not written or exact(written) == written:
            return written
        text, written = written, _read(written, "")
        if text == written:
            return written
    return ""


def _read(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region.upper() or None, keep_raw_input=True)
    except NumberParseException:
        return ""
    if not _is_possible(number):
        return ""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if _E164.fullmatch(written) else ""


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        return False
    digits = sum(letter.isdigit() for letter in number.raw_input or "")
    short = digits <= _LONGEST_SHORT_CODE
    if short and number.country_code_source == _NO_DIALLING_CODE:
        return phonenumbers.is_valid_number(number)
    return True
