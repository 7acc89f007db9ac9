"""Reactions on both engines: kept once, opened again, settled only as they were read."""

from datetime import timedelta

import pytest

from connector.domain.delivery import Delivery
from connector.domain.figures import Reaction
from connector.domain.reaction import Response
from tests.support.events import MOBILE, NOON, report


KEY = ("kannel", "42")


def said(own_id="in-1", kind=Reaction.REPLY, **changes):
    values = {"at": NOON, "gateway": "kannel", "phone": MOBILE, "own_id": own_id, **changes}
    return Response(kind=kind, **values)


def put(store, *responses):
    with store.transaction() as t:
        t.reactions.put(responses)


def settle(store, *, answers=KEY):
    with store.transaction() as t:
        t.reactions.settle((each, MOBILE, answers) for each in t.reactions.open(100))


def still_open(store):
    with store.transaction(reads=True) as t:
        return [each.heard.response for each in t.reactions.open(100)]


def test_one_reaction_told_twice_is_one(store):
    put(store, said(), said(at=NOON + timedelta(minutes=1), phone=""))
    put(store, said(phone=""))

    (known,) = still_open(store)
    assert (known.at, known.phone) == (NOON, MOBILE)


def test_what_is_known_already_opens_nothing(store):
    put(store, said())
    settle(store)

    put(store, said(), said(at=NOON + timedelta(minutes=1)))

    assert still_open(store) == []


def test_what_is_known_better_is_looked_at_again(store):
    put(store, said())
    settle(store)

    put(store, said(at=NOON - timedelta(minutes=1)))

    assert [each.at for each in still_open(store)] == [NOON - timedelta(minutes=1)]


def test_messages_tell_how_people_reacted_to_them(store):
    put(store, said("1"), said("2"), said("3", Reaction.CLICK), said("4", Reaction.OPT_OUT))
    settle(store)
    put(store, said("5"))
    settle(store, answers=None)

    with store.transaction(reads=True) as t:
        found = t.reactions.of_messages([KEY, ("kannel", "43")])

    assert found == {KEY: frozenset(Reaction)}


def test_an_answer_to_what_has_changed_meanwhile_is_not_kept(store):
    put(store, said())
    with store.transaction(reads=True) as t:
        (read,) = t.reactions.open(10)
    put(store, said(sender="+13125550111"))

    with store.transaction() as t:
        t.reactions.settle([(read, MOBILE, KEY)])

    with store.transaction(reads=True) as t:
        assert t.reactions.any_open()
        assert t.reactions.of_messages([KEY]) == {}


def test_the_answer_of_whoever_was_faster_stays(store):
    put(store, said())
    with store.transaction(reads=True) as t:
        read = t.reactions.open(10)

    for answers in (KEY, ("kannel", "43")):
        with store.transaction() as t:
            t.reactions.settle((each, MOBILE, answers) for each in read)

    with store.transaction(reads=True) as t:
        assert set(t.reactions.of_messages([KEY, ("kannel", "43")])) == {KEY}


@pytest.mark.parametrize(
    "message, opened",
    [
        (report(recipient=MOBILE, received_at=NOON - timedelta(minutes=1)), True),
        (report(recipient=MOBILE, received_at=NOON + timedelta(minutes=1)), False),
        (report(recipient=MOBILE, received_at=NOON + timedelta(days=1), sent_at=NOON), True),
        (report(recipient="+447700900457"), False),
        (report(recipient=""), False),
    ],
)
def test_a_message_opens_what_may_answer_it(store, message, opened):
    put(store, said())
    settle(store)

    with store.transaction() as t:
        t.reactions.reopen([Delivery.from_event(message)])

    assert bool(still_open(store)) is opened


def test_a_message_opens_the_click_that_names_it_as_long_as_nobody_knows_whose_it_is(store):
    click = said("", Reaction.CLICK, phone="", named="42")
    put(store, click)
    with store.transaction() as t:
        t.reactions.settle((each, "", KEY) for each in t.reactions.open(1))
    message = Delivery.from_event(report(recipient=MOBILE))

    with store.transaction() as t:
        t.reactions.reopen([message])
    before = still_open(store)
    settle(store)
    with store.transaction() as t:
        t.reactions.reopen([message, Delivery.from_event(report("43", recipient=""))])

    assert before == [click]
    assert [each.phone for each in still_open(store)] == [MOBILE]
