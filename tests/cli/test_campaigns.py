"""`connector campaigns`: figures to read, and a check that finds what is amiss."""

import dataclasses
import json

import pytest
import sqlalchemy as sa

from connector import mapping
from connector.clock import system_clock
from connector.domain.delivery import Delivery, DeliveryStatus, Reason
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.pipeline.counting import Counting
from connector.pipeline.match import match
from connector.pipeline.memberships import PERIOD, stored
from connector.pipeline.roll_up import LEASE
from connector.salesforce.memberships import Membership
from tests.support.events import ALEX, NOON, report


AUTUMN = "701000000000001AAA"
WINTER = "701000000000002AAA"


def send(store, clock, *reports):
    """Have these reports read and counted."""
    with store.transaction() as transaction:
        transaction.deliveries.fold(Delivery.from_event(each) for each in reports)
    mappings = mapping.load_all(mapping.packaged())
    while match(store, mappings, clock).unmatched:
        pass


@pytest.fixture
def counted(store, clock, operate):
    """Three messages of one campaign, one without any, rolled up."""
    common = {"campaign": AUTUMN, "recipient": "+12125550123", "sender": "Acme"}
    failure = {"status": DeliveryStatus.UNDELIVERED, "reason": Reason.LANDLINE}
    send(
        store,
        clock,
        report("1", **common, sent_at=NOON, occurred_at=NOON, segments=2),
        report("2", **common, status=DeliveryStatus.PENDING),
        report("3", **common, **failure, cost=5_000, currency="USD"),
        report("4", recipient="+447700900456"),
    )
    assert operate("campaigns", "roll-up").exit_code == 0


class TestRollUp:
    def test_says_what_was_added(self, store, clock, operate):
        send(store, clock, report("1", campaign=AUTUMN))

        told = operate("campaigns", "roll-up").stdout

        assert told.startswith("added up: 10 changes")
        assert operate("campaigns", "roll-up").stdout.startswith("added up: 0 changes")

    def test_leaves_it_to_a_worker_that_is_at_it(self, store, operate):
        with store.transaction() as t:
            t.leases.take("job:roll-up", "elsewhere", system_clock(), LEASE)

        answer = operate("campaigns", "roll-up")

        assert isinstance(answer.exception, ConnectorError)
        assert "a worker is rolling up right now" in str(answer.exception)


@pytest.mark.usefixtures("counted")
class TestShow:
    def test_lists_campaigns_and_what_has_none(self, operate):
        lines = operate("campaigns", "list").stdout.splitlines()

        assert [line.split()[:4] for line in lines[1:]] == [
            ["none", "1", "100.0", "%"],
            [AUTUMN, "3", "33.3", "%"],
        ]

    def test_shows_one(self, operate):
        told = operate("campaigns", "show", AUTUMN, "--by", "country").stdout

        assert "landline          1: Ask for a mobile number" in told
        assert "2, 0.01 USD" in told
        assert [line.split() for line in told.splitlines()][-1] == [
            *("US", "3", "1", "1", "1", "33.3", "%")
        ]

    def test_shows_json(self, operate):
        told = json.loads(operate("campaigns", "show", AUTUMN[:15], "--json").stdout)

        assert told["campaign"] == AUTUMN
        assert told["statuses"]["Delivered"] == 1
        assert told["reasons"] == [{"reason": "landline", "messages": 1}]
        assert told["costs"] == [{"currency": "USD", "amount": 0.005}]
        assert [each["start"] for each in told["days"]] == ["2026-11-23T00:00:00+00:00"]

    def test_says_what_an_id_is(self, operate):
        answer = operate("campaigns", "show", "Autumn")

        assert isinstance(answer.exception, ConfigurationError)
        assert "no id of a Campaign" in str(answer.exception)

    def test_knows_what_was_never_counted(self, operate):
        assert isinstance(operate("campaigns", "show", WINTER).exception, ConnectorError)


@pytest.mark.usefixtures("counted")
class TestCheck:
    def test_finds_nothing_amiss(self, operate):
        for campaign in ([], [AUTUMN]):
            answer = operate("campaigns", "check", *campaign)

            assert answer.exit_code == 0
            assert "every figure is what it should be" in answer.stdout

    def test_finds_and_mends_what_is_amiss(self, store, operate):
        with store.transaction() as t:
            broken = sa.text("""
                UPDATE figures SET counts = '{"messages": 7}'
                WHERE campaign = :campaign AND period = 'Day'
            """)
            t.figures._connection.execute(broken, {"campaign": AUTUMN})  # noqa: SLF001

        found = operate("campaigns", "check", AUTUMN, "--mend")
        operate("campaigns", "roll-up")

        assert found.exit_code == 1
        assert [AUTUMN, "Day", "messages", "7", "3"] in map(
            str.split, found.stdout.splitlines()
        )
        assert operate("campaigns", "check").exit_code == 0

    def test_says_when_messages_wait(self, store, operate):
        with store.transaction() as t:
            t.deliveries.fold([Delivery.from_event(report("9", campaign=AUTUMN))])

        answer = operate("campaigns", "check")

        assert answer.exit_code == 1
        assert "1 messages wait to be counted" in answer.stdout

    def test_counting_anew_changes_nothing(self, store, clock, operate):
        told = operate("campaigns", "roll-up", "--recount").stdout
        mappings = mapping.load_all(mapping.packaged())

        assert told.startswith("4 messages will be counted anew")
        while match(store, mappings, clock).unmatched:
            pass
        assert operate("campaigns", "roll-up").stdout.startswith("added up: 0 changes")


class TestByMembership:
    """A message counts for the campaign that its person was in; a check has to know that."""

    @pytest.fixture
    def belonging(self, store, clock, operate):
        with store.transaction() as t:
            t.deliveries.fold([Delivery.from_event(report("1", reference=ALEX))])
        mappings = mapping.load_all(mapping.packaged())
        counting = Counting(mappings, memberships=True)
        match(store, mappings, clock, counting=counting)
        member = Membership(campaign=AUTUMN, since=NOON)
        with store.transaction() as t:
            (asked,) = t.lookups.due(NOON + PERIOD, 10)
            details = stored(asked.key, [member])
            found = dataclasses.replace(
                asked, record_id=ALEX, details=details, attempts=1, next_at=None
            )
            t.lookups.put([found])
            t.deliveries.match_again([("kannel", "1")])
        match(store, mappings, clock, counting=counting)
        assert operate("campaigns", "roll-up").exit_code == 0

    @pytest.mark.usefixtures("belonging")
    @pytest.mark.parametrize("campaign", [AUTUMN, None])
    def test_the_check_agrees(self, operate, campaign):
        arguments = ["campaigns", "check", *([campaign] if campaign else [])]

        answer = operate(*arguments, CAMPAIGN_BY_MEMBERSHIP="yes")

        assert answer.exit_code == 0, answer.stdout

    @pytest.mark.usefixtures("belonging")
    @pytest.mark.parametrize("campaign", [AUTUMN, None])
    def test_the_check_tells_that_the_setting_was_changed(self, operate, campaign):
        arguments = ["campaigns", "check", *([campaign] if campaign else [])]

        answer = operate(*arguments)

        assert answer.exit_code == 1
        assert AUTUMN in answer.stdout

    @pytest.mark.usefixtures("belonging")
    def test_it_is_told_why(self, operate):
        answer = operate("explain", "1", CAMPAIGN_BY_MEMBERSHIP="yes")
        told = " ".join(answer.stdout.split())

        why = "of those that its person was in when it was sent, and that ran, it is the newest"
        assert f"campaign {AUTUMN}: {why}: since 2026-11-23 12:00:00" in told
