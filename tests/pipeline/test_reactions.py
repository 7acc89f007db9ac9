"""Reactions find the message that they answer, in whatever order everything comes."""

import random
from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import Delivery
from connector.domain.figures import Reaction
from connector.domain.reaction import Heard, Response, Sent, answered
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reactions import attribute, of_consent
from tests.support import callbacks
from tests.support.callbacks import reply
from tests.support.events import MOBILE, NOON, arrival, report


MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=6)


@pytest.fixture
def settle(store, mappings, clock):
    """Reads what was kept and works until nothing is left."""

    def run():
        while normalise(store, gateways.installed(), PhoneReader(), clock).callbacks:
            pass
        for _ in range(20):
            worked = attribute(store)
            report = match(store, mappings, clock)
            if not worked and not report.matched + report.unmatched:
                return
        raise AssertionError("it goes on for ever")

    return run


def dlr(message_id, minutes=-1):
    at = NOON + minutes * MINUTE
    return callbacks.dlr(1, message_id, at=int(at.timestamp()))


def reactions(store, *names, gateway="kannel"):
    with store.transaction(reads=True) as t:
        found = t.reactions.of_messages([(gateway, name) for name in names])
    return {message_id: set(kinds) for (_, message_id), kinds in found.items()}


def test_a_reply_is_counted_for_the_message_before_it(store, settle):
    store.inbox.keep([dlr("m1", -9), dlr("m2"), reply("Thanks")])

    settle()

    assert reactions(store, "m1", "m2") == {"m2": {Reaction.REPLY}}


def test_an_opt_out_is_one_and_no_reply(store, settle):
    store.inbox.keep([dlr("m1"), reply("STOP"), reply("stop")])

    settle()

    assert reactions(store, "m1") == {"m1": {Reaction.OPT_OUT}}


@pytest.mark.parametrize("text", ["HELP", "START", "please never write to me again"])
def test_what_else_a_person_writes_is_a_reply(store, settle, text):
    store.inbox.keep([dlr("m1"), reply(text.replace(" ", "+"))])

    settle()

    assert reactions(store, "m1") == {"m1": {Reaction.REPLY}}


def test_a_reply_without_a_message_waits_for_one_to_be_learnt_of(store, settle):
    store.inbox.keep([reply("Thanks")])
    settle()
    before = reactions(store, "m1")

    store.inbox.keep([dlr("m1")])
    settle()

    assert (before, reactions(store, "m1")) == ({}, {"m1": {Reaction.REPLY}})


def test_a_message_learnt_of_later_takes_a_reply_over(store, settle):
    store.inbox.keep([dlr("m1", -9), reply("Thanks")])
    settle()

    store.register([report("m2", recipient=MOBILE, sent_at=NOON - MINUTE)])
    settle()

    assert reactions(store, "m1", "m2") == {"m2": {Reaction.REPLY}}


def twilio(**fields):
    text = "&".join(f"{name}={value}" for name, value in fields.items())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return arrival(
        "/callbacks/twilio",
        gateway="twilio",
        method="POST",
        headers=headers,
        body=text.encode(),
        urgent="click_time" in fields,
    )


SENT_TO_MOBILE = {"To": "%2B447700900456", "From": "%2B13125550111"}
CLICK = {"message_sid": "SM1", "click_time": "2026-11-23T12:00:00Z"}


def test_a_refusal_opts_out_once(store, settle):
    refusals = [
        twilio(MessageSid=f"SM{i}", MessageStatus="failed", ErrorCode="21610", **SENT_TO_MOBILE)
        for i in (1, 2)
    ]
    store.inbox.keep(refusals)

    settle()

    found = reactions(store, "SM1", "SM2", gateway="twilio")
    assert list(found.values()) == [{Reaction.OPT_OUT}]


@pytest.mark.parametrize("click_first", [True, False])
def test_a_click_is_of_the_person_that_its_message_went_to(store, settle, click_first):
    sent = twilio(MessageSid="SM1", MessageStatus="delivered", **SENT_TO_MOBILE)
    calls = [twilio(**CLICK), sent]
    for call in calls if click_first else reversed(calls):
        store.inbox.keep([call])
        settle()

    assert reactions(store, "SM1", gateway="twilio") == {"SM1": {Reaction.CLICK}}
    with store.transaction(reads=True) as t:
        assert t.engagements.find([MOBILE])[MOBILE].last_click_at == NOON


def test_the_figures_follow(store, settle):
    store.inbox.keep([dlr("m1"), reply("STOP")])

    settle()

    with store.transaction(reads=True) as t:
        (counted,) = t.counted.of([("kannel", "m1")]).values()
    assert "opt_out" in counted


def test_consent_that_no_person_gave_by_a_message_is_no_reaction():
    told = ConsentEvent(phone=MOBILE, kind=ConsentKind.START, received_at=NOON, source="API")

    assert of_consent(told, refused=False) is None


def _known(draw, number):
    """Some messages and reactions of one number, each with the id of the draw."""
    senders = ("", "+13125550111", "+13125550122")
    messages = [
        report(
            f"{number}-m{i}",
            recipient=number,
            sender=draw.choice(senders),
            received_at=NOON + draw.randrange(12) * MINUTE,
            sent_at=draw.choice([None, NOON + draw.randrange(12) * MINUTE]),
        )
        for i in range(4)
    ]
    responses = [
        Response(
            kind=draw.choice(tuple(Reaction)),
            at=NOON + draw.randrange(14) * MINUTE,
            gateway="kannel",
            phone=number,
            sender=draw.choice(senders),
            named=draw.choice(["", "", f"{number}-m{draw.randrange(5)}"]),
            own_id=f"{number}-in{i}",
        )
        for i in range(6)
    ]
    return messages, responses


def _expected(messages, responses):
    deliveries: dict[str, Delivery] = {}
    for event in messages:
        delivery = Delivery.from_event(event)
        known = deliveries.get(event.message_id)
        deliveries[event.message_id] = known.join(delivery) if known else delivery
    joined: dict[str, Response] = {}
    for each in responses:
        joined[each.id] = joined[each.id].join(each) if each.id in joined else each
    sent = [
        Sent(key=(d.gateway, d.message_id), sender=d.sender, started_at=d.started_at)
        for d in deliveries.values()
    ]
    heard = [Heard(id=key, response=each) for key, each in joined.items()]
    answers = answered(heard, sent, WINDOW)
    found: dict[tuple[str, str], set[Reaction]] = {}
    for each in heard:
        if key := answers[each.id]:
            found.setdefault(key, set()).add(each.response.kind)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_no_order_changes_what_answers_what(store, mappings, clock, seed):
    draw = random.Random(seed)  # noqa: S311 (a game, no secret)
    numbers = [f"+4477009002{seed:02}", f"+4477009003{seed:02}"]
    known = [_known(draw, number) for number in numbers]
    happenings = [each for messages, responses in known for each in (*messages, *responses)]
    happenings += draw.sample(happenings, 5)  # some are told twice
    draw.shuffle(happenings)

    for each in happenings:
        if isinstance(each, Response):
            with store.transaction() as t:
                t.reactions.put([each])
        else:
            store.register([each])
        for work in draw.sample(["attribute", "match", "nothing"], 2):
            if work == "attribute":
                attribute(store, WINDOW, limit=draw.choice([1, 3, 100]))
            elif work == "match":
                match(store, mappings, clock, limit=draw.choice([1, 100]))
    while attribute(store, WINDOW) or match(store, mappings, clock).unmatched:
        pass

    expected: dict[tuple[str, str], set[Reaction]] = {}
    for messages, responses in known:
        expected |= _expected(messages, responses)
    names = [("kannel", f"{number}-m{i}") for number in numbers for i in range(5)]
    with store.transaction(reads=True) as t:
        found = {key: set(kinds) for key, kinds in t.reactions.of_messages(names).items()}
    assert found == expected
