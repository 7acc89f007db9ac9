"""Record ids: two forms of one name, and a case that matters."""

from hypothesis import given
from hypothesis import strategies as st

from connector.emulator.ids import long_id, make_id, parse_id


short = st.text("abcdefgABCDEFG0123456789", min_size=15, max_size=15)


def test_the_long_form_is_the_documented_one():
    assert long_id("003D000000QV9n2") == "003D000000QV9n2IAD"


@given(short)
def test_both_forms_name_the_same_record(text):
    assert parse_id(text) == parse_id(long_id(text)) == long_id(text)


@given(short)
def test_the_suffix_puts_a_lost_case_right(text):
    assert parse_id(long_id(text).lower()) == long_id(text)


@given(st.text(max_size=20))
def test_other_text_is_no_id(text):
    found = parse_id(text)

    assert found is None or len(found) == 18


def test_ids_that_differ_in_case_are_two_records():
    assert parse_id("003xx000004TmiQ") != parse_id("003xx000004Tmiq")


def test_numbers_give_ids_in_order():
    ids = [make_id("003", number) for number in range(200)]

    assert ids == sorted(ids)
    assert len({each.lower()[:15] for each in ids}) < len(ids)
