"""Which message a reaction answers, whatever was heard of first."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.figures import Reaction
from connector.domain.reaction import WINDOW, Heard, Response, Sent, answered
from tests.support.events import MOBILE, NOON


MINUTE = timedelta(minutes=1)
OURS, OTHER = "+13125550111", "+13125550122"


def sent(name="m1", minutes=0, sender=OURS):
    return Sent(key=("kannel", name), sender=sender, started_at=NOON + minutes * MINUTE)


def said(minutes=10, kind=Reaction.REPLY, **changes):
    values = {"gateway": "kannel", "phone": MOBILE, "own_id": f"in-{minutes}", **changes}
    return Response(kind=kind, at=NOON + minutes * MINUTE, **values)


def refused(name, minutes):
    return said(minutes, Reaction.OPT_OUT, named=name, own_id="")


def answer(response, *messages, among=(), window=WINDOW):
    heard = [Heard(id=each.id, response=each) for each in (response, *among)]
    return answered(heard, messages, window)[response.id]


def test_a_reply_answers_the_latest_message_before_it():
    messages = [sent("m1", 0), sent("m2", 5), sent("m3", 11)]

    assert answer(said(10), *messages) == ("kannel", "m2")


def test_a_reply_at_the_moment_of_a_message_answers_it():
    assert answer(said(0), sent("m1", 0)) == ("kannel", "m1")


def test_the_message_of_the_number_that_was_answered_is_preferred():
    messages = [sent("m1", 0, OURS), sent("m2", 5, OTHER)]

    assert answer(said(10, sender=OURS), *messages) == ("kannel", "m1")
    assert answer(said(10, sender="+13125550133"), *messages) == ("kannel", "m2")


@pytest.mark.parametrize("late, found", [(timedelta(), True), (timedelta(seconds=1), False)])
def test_what_was_sent_before_the_window_is_not_answered(late, found):
    response = Response(kind=Reaction.CLICK, at=NOON + WINDOW + late, phone=MOBILE)

    assert (answer(response, sent()) is not None) is found


def test_of_two_messages_at_once_it_is_always_the_same():
    messages = [sent("m1", 0), sent("m2", 0)]

    assert answer(said(), *messages) == answer(said(), *reversed(messages)) == ("kannel", "m2")


def test_what_names_its_message_answers_that_one():
    click = said(10, Reaction.CLICK, named="m1", own_id="")

    assert answer(click, sent("m1", 0), sent("m2", 5)) == ("kannel", "m1")
    assert answer(click) == ("kannel", "m1")


def test_a_refusal_is_an_opt_out_where_none_was_heard_of_before():
    assert answer(refused("m2", 10), sent("m2", 10)) == ("kannel", "m2")


def test_a_refusal_after_an_opt_out_is_its_echo():
    stop = said(5, Reaction.OPT_OUT)

    assert answer(refused("m2", 10), sent("m1", 0), sent("m2", 10), among=[stop]) is None
    assert answer(stop, sent("m1", 0), among=[refused("m2", 10)]) == ("kannel", "m1")


def test_only_the_first_of_many_refusals_counts():
    first, second = refused("m1", 5), refused("m2", 10)

    assert answer(first, among=[second]) == ("kannel", "m1")
    assert answer(second, among=[first]) is None


def test_whoever_opts_out_again_is_counted_again():
    stop, again = said(5, Reaction.OPT_OUT), said(50, Reaction.OPT_OUT)

    assert answer(again, sent("m1", 0), sent("m2", 40), among=[stop]) == ("kannel", "m2")


def test_one_response_has_one_id_whenever_it_was_heard():
    assert said(1, own_id="x").id == said(2, own_id="x").id
    assert said(1, Reaction.CLICK, named="m1").id == said(9, Reaction.CLICK, named="m1").id
    different = [
        said(1, own_id="x"),
        said(1, own_id="y"),
        said(1, Reaction.OPT_OUT, own_id="x"),
        said(1, own_id="x", gateway="twilio"),
        said(1, named="x"),
        said(1, own_id=""),
        said(2, own_id=""),
        said(1, own_id="", phone="+447700900457"),
    ]
    assert len({each.id for each in different}) == len(different)


def test_no_id_holds_the_number():
    assert MOBILE.strip("+") not in said(own_id="").id


def test_two_accounts_of_one_response_are_joined_to_one():
    early, late = said(1, own_id="x", phone=""), said(2, own_id="x", sender=OURS)

    assert early.join(late) == late.join(early) == said(1, own_id="x", sender=OURS)


responses = st.builds(
    said,
    minutes=st.integers(0, 6),
    kind=st.sampled_from(Reaction),
    named=st.sampled_from(["", "", "m1", "m2"]),
    sender=st.sampled_from(["", OURS, OTHER]),
)
messages = st.builds(
    sent,
    name=st.sampled_from(["m1", "m2", "m3"]),
    minutes=st.integers(0, 6),
    sender=st.sampled_from([OURS, OTHER]),
)


@given(
    st.lists(responses, max_size=6, unique_by=lambda each: each.id).flatmap(
        lambda each: st.tuples(st.just(each), st.permutations(each))
    ),
    st.lists(messages, max_size=5, unique_by=lambda each: each.key).flatmap(
        lambda each: st.tuples(st.just(each), st.permutations(each))
    ),
)
def test_what_answers_what_depends_on_no_order(heard, known):
    found = [
        answered([Heard(id=r.id, response=r) for r in some], those, timedelta(minutes=4))
        for some, those in zip(heard, known, strict=True)
    ]

    assert found[0] == found[1]
