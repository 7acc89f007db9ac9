"""Phone numbers: every spelling comes to one, and the short way says what the long one says."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector import phones
from connector.phones import to_e164


#: The same digits as East Asian keyboards write them.
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "+447700900123")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
#: Digits as they follow a country code, national prefixes among them on purpose.
NATIONAL = st.builds(
    str.__add__,
    st.sampled_from(["", "0", "00", "1", "8", "80", "06", "15", "11", "18002", "1831", "90"]),
    st.text("0123456789", max_size=14),
)
COUNTRY_NUMBERS = st.builds("+{}{}".format, st.sampled_from(CODES), NATIONAL)
ANY_NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


def parsed(text, region):
    """The answer of phonenumbers alone."""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    reason = phonenumbers.is_possible_number_with_reason(number)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    possible = reason == phonenumbers.ValidationResult.IS_POSSIBLE
    return written if possible and E164.fullmatch(written) else ""


class TestExactPath:
    @settings(max_examples=1_000, deadline=None)
    @given(COUNTRY_NUMBERS | ANY_NUMBERS, st.sampled_from(["", "US", "GB", "FI", "IT", "JP"]))
    def test_says_what_phonenumbers_says(self, text, region):
        answer = phones.exact(text)

        if answer is not None:
            assert answer == parsed(text, region)

    @pytest.mark.parametrize("code", CODES)
    def test_says_so_for_every_country_and_length(self, code):
        for beginning in "123456789":
            for length in range(2, 15):
                text = f"+{code}{beginning}" + "3570246813579"[: length - 1]
                answer = phones.exact(text)

                assert answer is None or answer == parsed(text, "")

    @pytest.mark.parametrize(
        "text", ["+12125550100", "+447700900123", "+358401234567", "+6598765432"]
    )
    def test_takes_the_usual_numbers(self, text):
        assert phones.exact(text) == text

    @pytest.mark.parametrize("text", ["+12125550100\n", " +12125550100", WIDE, ""])
    def test_leaves_all_else_to_the_parser(self, text):
        assert phones.exact(text) is None


@pytest.mark.parametrize(
    "text, region, number",
    [
        ("+12125550100", "", "+12125550100"),
        ("+1 (212) 555-0100", "", "+12125550100"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("212.555.0100", "us", "+12125550100"),
        ("1-212-555-0100", "US", "+12125550100"),
        ("07700 900123", "GB", "+447700900123"),
        ("+44 (0)7700 900123", "", "+447700900123"),
        ("00447700900123", "", "+447700900123"),
        ("00 44 7700 900123", "FI", "+447700900123"),
        ("011 44 7700 900123", "US", "+447700900123"),
        ("447700900123", "GB", "+447700900123"),
        ("040 123 4567", "FI", "+358401234567"),
        ("tel:+44-7700-900123", "", "+447700900123"),
        ("tel:7700900123;phone-context=+44", "", "+447700900123"),
        ("Mobile: +44 7700 900123", "", "+447700900123"),
        ("+44 7700 900123 ext. 5", "", "+447700900123"),
        ("+1 212 555 0100 x12", "", "+12125550100"),
        (WIDE, "", "+447700900123"),
        ("\u200e+44 7700 900123\u200f", "", "+447700900123"),
        ("\u00a0+44\u00a07700\u00a0900123 ", "", "+447700900123"),
    ],
)
def test_every_spelling_comes_to_one(text, region, number):
    assert to_e164(text, region) == number


@pytest.mark.parametrize(
    "text, region",
    [
        ("", ""),
        ("   ", "GB"),
        ("+", ""),
        ("unknown", "GB"),
        ("n/a", "GB"),
        ("07700 900123", ""),  # no country
        ("07700 900123", "XX"),
        ("12125550100", ""),
        ("+9991234567", ""),  # no such country
        ("+4477009001234567", ""),
        ("+491234567890123456", ""),  # longer than E.164
        ("+00447700900123", ""),
        ("1" * 1_000, "GB"),
        ("+44770090012\x003", ""),
    ],
)
def test_what_is_no_number_comes_to_nothing(text, region):
    assert to_e164(text, region) == ""


@pytest.mark.parametrize(
    "text, region",
    [
        ("12345", "US"),
        ("12345", "DE"),  # five digits are a possible number there
        ("16400", "FI"),
        ("+12345", ""),
        ("ACME", "US"),
        ("ACME 24", "DE"),
        ("X2125550100", "US"),
        ("tel:12345", "DE"),
    ],
)
def test_short_codes_and_sender_names_are_no_numbers(text, region):
    assert to_e164(text, region) == ""


def test_a_number_without_its_area_code_is_none():
    assert to_e164("555-0100", "US") == ""
    assert to_e164("+15550100") == ""


def test_a_short_national_number_counts_where_it_is_valid():
    assert to_e164("4012", "NU") == "+6834012"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40) | COUNTRY_NUMBERS, st.sampled_from(["", "US", "GB", "DE", "AR"]))
def test_the_answer_is_e164_and_stays_as_it_is(text, region):
    number = to_e164(text, region)

    assert number == "" or E164.fullmatch(number)
    assert to_e164(number, region) == number


def test_a_doubled_national_prefix_comes_off_whole():
    assert to_e164("+49 0030 123456") == to_e164("+49 30 123456") == "+4930123456"


@pytest.mark.parametrize(
    "phone,country",
    [
        ("+12125550123", "US"),
        ("+14165550123", "CA"),
        ("+447700900123", "GB"),
        ("+358457570123", "FI"),
        ("+77015550123", "KZ"),
        ("+870773111111", ""),  # satellites
        ("Acme", ""),
        ("", ""),
    ],
)
def test_a_number_tells_its_country(phone, country):
    assert phones.country(phone) == country
