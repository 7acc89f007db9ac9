"""A number is found however it is written, and no other is taken for it."""

import pytest

from connector.pipeline.spellings import Spellings
from tests.support.events import MOBILE


NUMBER = Spellings(MOBILE)


@pytest.mark.parametrize(
    "text",
    [
        "+447700900456",
        "00447700900456",
        "011447700900456",
        "447700900456",
        "07700900456",
        "07700 900 456",
        "(07700) 900-456",
        "7700900456",
        "+44 7700 900456",
        "+44 (0)7700 900456",
        "tel:+44-7700-900-456",
        "+44.7700.900.456",
        "+44\u00a07700\u2011900456",
        "%2B447700900456",
        "%252B44%25207700%2520900456",
        "+44&nbsp;7700&nbsp;900456",
        '{"to":["447700900456"]}',
        "batch-7/+447700900456",
        "a447700900456b",
        "1700000000447700900456",
    ],
)
def test_is_found_and_taken_out(text):
    assert NUMBER.found(text)
    assert NUMBER.found_in_request(text)
    assert not NUMBER.found(NUMBER.replaced(text, "h:0"))


@pytest.mark.parametrize(
    "text",
    ["", "+447700900457", "+4477009004561", "+497700900456", "4477009004", "77009004567"],
)
def test_another_is_left(text):
    assert not NUMBER.found(text)
    assert NUMBER.replaced(text, "h:0") == text


def test_a_plus_sign_of_a_form_is_a_blank():
    assert NUMBER.found_in_request("text=call+7700900456")


def test_the_text_around_it_stays():
    assert NUMBER.replaced("batch-7/+447700900456", "h:0") == "batch-7/h:0"
    assert NUMBER.replaced("call 07700 900456 now", "h:0") == "call h:0 now"


def test_a_number_of_north_america_is_found_with_its_one():
    number = Spellings("+12015550123")

    assert number.replaced("(201) 555-0123, 1-201-555-0123, +12015550123", "#").count("#") == 3
    assert not number.found("+442015550123")
