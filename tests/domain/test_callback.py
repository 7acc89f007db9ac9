"""Reading the fields of a callback, whatever stands in them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.callback import MOST_FIELDS, Callback
from connector.domain.errors import CallbackUnreadableError
from tests.support.events import arrival


pieces = st.text(st.sampled_from("ab+%=&;2BE9C3A é\x00"), max_size=40)


def asked(query):
    return arrival(f"/callbacks/kannel?{query}").callback


def posted(body, kind="application/x-www-form-urlencoded"):
    return arrival(
        "/callbacks/kannel?ref=x", method="POST", body=body, headers={"content-type": kind}
    ).callback


@given(pieces)
def test_a_query_is_read_as_the_standard_library_reads_it(query):
    expected = parse_qsl(query, keep_blank_values=True, errors="replace")

    assert asked(query).query_pairs == expected


def test_bytes_that_are_not_utf_8_leave_the_other_fields_readable():
    assert asked("text=caf%E9&id=7").query == {"text": "caf\ufffd", "id": "7"}
    assert posted(b"text=caf\xe9&id=7").fields == {"text": "caf\ufffd", "id": "7", "ref": "x"}


def test_blanks_and_order_and_repetitions_are_kept():
    assert asked("b=&a=1&b=2").query_pairs == [("b", ""), ("a", "1"), ("b", "2")]


def test_the_form_wins_over_the_query():
    assert posted(b"ref=y").fields["ref"] == "y"


def test_another_kind_of_body_is_no_form():
    assert posted(b"a=1", "application/json").form_pairs == []


def test_the_kept_parts_stand_for_query_and_form():
    callback = arrival("/callbacks/kannel?a=1", parts={"b": "2"}).callback

    assert callback.fields == {"b": "2"}


def test_too_many_fields_are_refused():
    with pytest.raises(CallbackUnreadableError, match="fields"):
        _ = asked("&".join("a=1" for _ in range(MOST_FIELDS + 1))).query


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_unreadable(body):
    with pytest.raises(CallbackUnreadableError):
        _ = posted(body).document


def test_the_address_is_byte_for_byte_what_was_called():
    callback = Callback(
        **{
            **{name: getattr(asked(""), name) for name in asked("").__dataclass_fields__},
            "target": "/callbacks/kannel?a=%3a+%2F",
            "public_url": "https://sms.example.org",
        }
    )

    assert callback.url == "https://sms.example.org/callbacks/kannel?a=%3a+%2F"
