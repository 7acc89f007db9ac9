"""Which of somebody's memberships a message belongs to, and what is kept of an answer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.pipeline.memberships import PERIOD, begin_of, end_of, key_of, newest, stored
from connector.salesforce.memberships import Membership
from connector.store.lookups import Lookup


SENT = datetime(2026, 11, 23, 10, 2, 30, tzinfo=UTC)
PERSON = "003000000000001AAA"
ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")


def campaign(number):
    return f"701{number:012}AAA"


def member(number, minutes_ago, first=None, last=None):
    since = SENT - timedelta(minutes=minutes_ago)
    return Membership(campaign=campaign(number), since=since, first=first, last=last)


def kept(*found, sent=SENT):
    key = key_of(PERSON, sent)
    return Lookup(object="", scope=key[0], name=PERSON, details=stored(key, found))


def chosen(*found, zone="UTC"):
    membership = newest([kept(*found)], SENT, ZoneInfo(zone))
    return membership and membership.campaign


memberships = st.lists(
    st.builds(
        member,
        st.integers(1, 5),
        st.integers(-6, 20),
        *(st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 26)) for _ in range(2)),
    ),
    max_size=8,
)


def test_a_period_is_asked_for_when_it_is_over():
    key = key_of(PERSON, SENT)

    assert (begin_of(key), end_of(key)) == (
        datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 5, tzinfo=UTC),
    )
    assert key_of(PERSON, end_of(key)) != key == key_of(PERSON, end_of(key) - PERIOD)


def test_the_newest_counts_that_began_before_the_message_or_with_it():
    assert chosen(member(1, 9), member(2, 0), member(3, -1)) == campaign(2)
    assert chosen(member(3, -1)) is None
    assert chosen() is None


@given(memberships, st.sampled_from(ZONES), st.randoms())
def test_what_is_kept_says_the_same_as_all_in_every_time_zone(found, zone, order):
    day = SENT.astimezone(ZoneInfo(zone)).date()
    fitting = [
        (each.since, each.campaign)
        for each in found
        if each.since <= SENT
        if (each.first or day) <= day <= (each.last or day)
    ]
    order.shuffle(found)

    assert chosen(*found, zone=zone) == max(fitting, default=(None, None))[1]


@given(memberships, memberships)
def test_of_several_people_it_is_as_if_they_were_one(one, other):
    apart = newest([kept(*one), kept(*other)], SENT, UTC)
    together = newest([kept(*one, *other)], SENT, UTC)

    assert (apart and apart.campaign) == (together and together.campaign)


def test_little_is_kept_of_somebody_who_is_in_very_many():
    assert len(kept(*(member(n, n + 10) for n in range(300))).details) == 1


@pytest.mark.parametrize(
    "text", ["", "701", f"{campaign(1)}|erased|x|", f"{campaign(1)}|||", f"{PERSON}|{SENT}||"]
)
def test_what_an_erasure_has_cut_tells_nothing(text):
    lookup = Lookup(object="", scope="0", name=PERSON, details=(text,))

    assert newest([lookup], SENT, UTC) is None
