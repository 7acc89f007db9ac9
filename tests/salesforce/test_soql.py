"""What stands in a query means what the value says, and nothing else."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.salesforce import soql


PRINTED = st.characters(exclude_categories=["Cs", "Cc"])


@given(st.text(st.one_of(PRINTED, st.sampled_from("'\"\\\n\r\t\b\f")), max_size=50))
def test_a_text_reads_back_as_itself_and_ends_where_it_should(value):
    literal = soql.text(value)

    inside = re.fullmatch(r"'((?:[^'\\\n\r]|\\.)*)'", literal)
    assert inside is not None
    meaning = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    assert re.sub(r"\\(.)", lambda m: meaning.get(m[1], m[1]), inside[1]) == value


def test_a_value_in_quotes_is_quoted_again():
    assert soql.text("'x'") == r"'\'x\''"


@pytest.mark.parametrize("value", ["\x00", "a\x1fb", "\x0b", "\x7f", "x" * 4_001])
def test_what_has_no_literal_is_refused(value):
    with pytest.raises(ValueError, match="SOQL literal"):
        soql.text(value)


@pytest.mark.parametrize("value", ["003xx000004TmiQ", "003xx000004TmiQAAS"])
def test_ids_are_quoted_in_their_long_form(value):
    assert soql.record_id(value) == "'003xx000004TmiQAAS'"


@pytest.mark.parametrize(
    "value", ["", "003", "003xx000004Tmi'", "003xx000004TmiQAAS\n", "é" * 15]
)
def test_other_ids_are_refused(value):
    with pytest.raises(ValueError, match="record id"):
        soql.record_id(value)


@pytest.mark.parametrize("value", ["Contact", "SMS_Opt_Out__c", "Mogli_SMS__Opt_out__c"])
def test_names_stand_as_they_are(value):
    assert soql.name(value) == value


@pytest.mark.parametrize("value", ["", "Contact c", "Id,Name", "x)", "1st", "N\n", "x" * 81])
def test_other_names_are_refused(value):
    with pytest.raises(ValueError, match="API name"):
        soql.name(value)


@pytest.mark.parametrize(
    "value, literal",
    [
        (datetime(2026, 11, 23, 10, tzinfo=UTC), "2026-11-23T10:00:00Z"),
        (
            datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2))),
            "2026-11-23T10:00:00.250Z",
        ),
    ],
)
def test_moments_are_written_in_utc(value, literal):
    assert soql.moment(value) == literal
    assert soql.read_moment(literal.replace("Z", "+0000")) == value


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        soql.moment(datetime(2026, 11, 23, 10))  # noqa: DTZ001 (the point of the test)
