"""What campaigns' figures are worked out from, and the keys of their rows."""

import dataclasses
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.domain.contribution import Contribution, start_of
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.figures import (
    Cell,
    Figures,
    Period,
    Reaction,
    Split,
    add,
    rounded_seconds,
)


AUTUMN = "701000000000001AAA"
SENT = Contribution(
    campaign=AUTUMN,
    account="@kannel/",
    hour=3_600_000_000,
    day=0,
    gateway="kannel",
    country="FI",
    sender="Acme",
    carrier="24491",
    shown_on="Contact",
    status=DeliveryStatus.UNDELIVERED,
    reason=Reason.LANDLINE,
    segments=2,
    cost=7_500,
    currency="EUR",
    reactions=frozenset({Reaction.CLICK, Reaction.REPLY}),
)


def cell(**changes):
    values = {"campaign": AUTUMN, "period": Period.TOTAL, "start": 0, "split": Split.NONE}
    return Cell(**{"value": "", **values, **changes})


class TestContribution:
    def test_comes_back_from_json_as_it_was(self):
        text = json.dumps(SENT.stored())

        assert Contribution.restored(json.loads(text)) == SENT

    def test_counts_each_thing_once(self):
        assert SENT.counts() == {
            "messages": 1,
            "Undelivered": 1,
            "reason:landline": 1,
            "segments": 2,
            "cost:EUR": 7_500,
            "click": 1,
            "reply": 1,
        }

    def test_a_message_that_arrived_has_no_reason(self):
        arrived = dataclasses.replace(SENT, status=DeliveryStatus.DELIVERED, seconds=12)

        assert "reason:landline" not in arrived.counts()
        assert arrived.counts()["seconds:12"] == 1

    def test_no_cell_comes_twice(self):
        cells = list(SENT.cells())

        assert len(cells) == len(set(cells)) == 12
        assert sum(each.is_shown for each in cells) == 7

    def test_a_sender_is_cut_as_its_field_is(self):
        long = dataclasses.replace(SENT, sender="Acme " * 30)

        values = {each.value for each in long.cells() if each.split is Split.SENDER}
        assert [len(value) for value in values] == [79]
        assert not any(value.endswith(" ") for value in values)


class TestKey:
    def test_tells_what_the_row_counts(self):
        assert cell().key == f"{AUTUMN}/Total"
        assert (
            cell(campaign="", period=Period.DAY, start=86_400_000_000).key == "none/Day/86400"
        )
        assert cell(split=Split.COUNTRY, value="US").key == f"{AUTUMN}/Total/Country/US"

    def test_senders_that_differ_in_case_have_rows_of_their_own(self):
        keys = {cell(split=Split.SENDER, value=v).key.lower() for v in ("Acme", "ACME", "acme")}

        assert len(keys) == 3


class TestFigures:
    def test_nothing_is_divided_by_nothing(self):
        empty = Figures()

        assert (empty.delivery_rate, empty.settled_rate, empty.share(0)) == (None, None, None)
        assert empty.percentile_seconds(50) is None
        assert empty.top_reason is None

    def test_rates(self):
        figures = Figures(
            {"messages": 8, "Delivered": 5, "Failed": 1, "Pending": 2, "click": 1}
        )

        assert figures.delivery_rate == 62.5
        assert figures.settled_rate == 83.33
        assert figures.share(figures.reactions(Reaction.CLICK)) == 20

    def test_of_equal_reasons_the_list_decides(self):
        figures = Figures({"reason:network": 2, "reason:filtered": 2, "reason:unknown": 1})

        assert list(figures.reasons) == [Reason.FILTERED, Reason.NETWORK, Reason.UNKNOWN]

    @pytest.mark.parametrize("percent,seconds", [(1, 1), (50, 1), (51, 9), (95, 400)])
    def test_percentiles_are_those_of_the_nearest_rank(self, percent, seconds):
        figures = Figures({"seconds:1": 10, "seconds:9": 7, "seconds:400": 3})

        assert figures.percentile_seconds(percent) == seconds

    def test_seconds_are_exact_and_then_to_three_digits(self):
        assert [rounded_seconds(n) for n in (0, 999, 1_004, 1_005, 86_399)] == [
            *(0, 999, 1_000, 1_010, 86_400)
        ]

    def test_what_comes_to_nothing_is_left_out(self):
        counts = {"messages": 2, "Failed": 1}

        add(counts, {"messages": 1, "Failed": 1}, -1)

        assert counts == {"messages": 1}


def test_hours_and_days_begin_by_the_clock_of_the_zone():
    kolkata = datetime(2026, 11, 23, 20, 10, tzinfo=UTC).astimezone(ZoneInfo("Asia/Kolkata"))

    hour, day = start_of(kolkata)

    assert hour.astimezone(UTC) == datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
    assert day.astimezone(UTC) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_two_hours():
    zone = ZoneInfo("Europe/Helsinki")
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC).astimezone(zone) for hour in (0, 1)]

    hours = [start_of(each)[0].astimezone(UTC).hour for each in moments]

    assert [each.hour for each in moments] == [3, 3]
    assert hours == [0, 1]
