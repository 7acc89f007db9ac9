"""Campaigns and accounts are judged when their figures change; alerts begin and end once."""

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from connector.domain.alerts import AlertKind, CampaignHealth
from connector.domain.figures import Cell, Period, Split, account_of
from connector.domain.health import Health
from connector.domain.spikes import HOUR
from connector.pipeline.alerts import AlertDesk
from connector.pipeline.campaign_rows import row_of
from connector.pipeline.health import HealthReport, Judge, JudgingRules
from connector.store.alert_messages import Step, Way
from connector.store.times import micros
from tests.support.clock import NOON


CAMPAIGN, OTHER = "701000000000001AAA", "701000000000002AAA"
ACCOUNT = account_of("kannel", "main")


@pytest.fixture
def judge(store, clock):
    """One round of a judge that tells by every way."""
    judge = Judge(clock, JudgingRules(), AlertDesk(events=True, webhook=True))
    return lambda **limits: judge.judge(store.transaction, **limits)


@pytest.fixture
def put(store):
    """Set the figures of cells, as a roll-up would."""

    def put(campaign, delivered, failed, *, hour=None, split=Split.NONE, value="", why=None):
        cell = Cell(
            campaign=campaign,
            period=Period.TOTAL if hour is None else Period.HOUR,
            start=0 if hour is None else micros(NOON) + hour * HOUR,
            split=split,
            value=value,
        )
        counts = {
            "messages": delivered + failed,
            "Delivered": delivered,
            "Failed": failed,
            f"reason:{why or 'filtered'}": failed,
        }
        with store.transaction() as transaction:
            transaction.figures.put({cell: {k: v for k, v in counts.items() if v}})

    return put


def alerts(store):
    """All of them, the oldest first, as kind, what and whether it goes on."""
    with store.transaction(reads=True) as t:
        found = t.alerts.recent(99)[::-1]
    return [(each.trouble.kind, each.trouble.what, each.is_open) for each in found]


def health(store, campaign=CAMPAIGN):
    with store.transaction(reads=True) as t:
        return t.alerts.health_of([campaign])[campaign]


def row_is_marked(store, campaign=CAMPAIGN):
    """Whether its row is to be written; forgets it."""
    with store.transaction() as t:
        marked = t.outbox.claim_marked(99)
        t.outbox.unmark(marked)
    return row_of(f"{campaign}/Total") in marked


class TestHealth:
    def test_is_none_below_the_sample(self, store, put, judge):
        put(CAMPAIGN, 0, 99)

        assert judge() == HealthReport(judged=1)
        assert health(store) == CampaignHealth()

    def test_is_said_with_the_alert_and_the_row_is_written(self, store, clock, put, judge):
        put(CAMPAIGN, 85, 15)

        assert judge() == HealthReport(judged=1, changed=1, started=1)

        assert health(store) == CampaignHealth(
            health=Health.CRITICAL,
            since=clock(),
            alert_text="Critical: 85.0 % of 100 settled messages arrived; the most frequent "
            "reason: filtered.",
            alert_at=clock(),
        )
        assert row_is_marked(store)

    def test_nothing_happens_when_nothing_changed(self, store, put, judge):
        put(CAMPAIGN, 85, 15)
        judge()
        row_is_marked(store)

        assert judge() == HealthReport()
        put(CAMPAIGN, 86, 15)
        assert judge() == HealthReport(judged=1)
        assert not row_is_marked(store)

    def test_goes_down_and_comes_back_with_one_alert_each(self, store, clock, put, judge):
        words = []
        for delivered in (960, 940, 905, 890, 870, 905, 915, 955, 965):
            clock.advance(minutes=1)
            put(CAMPAIGN, delivered, 1000 - delivered)
            judge()
            words.append(health(store).health)

        assert [word for word, _ in itertools.groupby(words)] == [
            Health.HEALTHY,
            Health.WATCH,
            Health.CRITICAL,
            Health.WATCH,
            Health.HEALTHY,
        ]
        assert alerts(store) == [
            (AlertKind.CAMPAIGN_WATCH, "", False),
            (AlertKind.CAMPAIGN_CRITICAL, "", False),
        ]
        assert health(store).alert_text == ""

    def test_begins_no_alert_when_it_gets_better(self, store, put, judge):
        put(CAMPAIGN, 850, 150)
        judge()
        put(CAMPAIGN, 930, 70)
        judge()

        assert health(store).health is Health.WATCH
        assert alerts(store) == [(AlertKind.CAMPAIGN_CRITICAL, "", False)]

    def test_a_campaign_that_lost_its_messages_has_none(self, store, put, judge):
        put(CAMPAIGN, 850, 150)
        judge()
        put(CAMPAIGN, 0, 0)
        judge()

        assert health(store) == CampaignHealth()
        assert alerts(store) == [(AlertKind.CAMPAIGN_CRITICAL, "", False)]

    def test_is_not_judged_of_accounts_and_of_messages_without_a_campaign(
        self, store, put, judge
    ):
        put("", 0, 1000)
        put(ACCOUNT, 0, 1000, hour=0)

        assert judge() == HealthReport(judged=2)
        assert alerts(store) == []

    def test_campaigns_are_judged_batch_by_batch(self, put, judge):
        for number in range(5):
            put(f"70100000000000{number}AAA", 0, 100)

        assert judge(batch=2, rounds=2) == HealthReport(judged=4, changed=4, started=4)
        assert judge(batch=2) == HealthReport(judged=1, changed=1, started=1)

    def test_many_judges_at_once_begin_and_end_each_alert_once(self, store, clock, put):
        campaigns = [f"7010000000000{number:02}AAA" for number in range(20)]
        judge = Judge(clock, JudgingRules(), AlertDesk(webhook=True))
        reports = []
        for delivered in (0, 100):
            for campaign in campaigns:
                put(campaign, delivered, 100 - delivered)
            with ThreadPoolExecutor(4) as pool:
                rounds = [pool.submit(judge.judge, store.transaction, batch=3) for _ in "1234"]
            reports.append([each.result() for each in rounds])

        assert [sum(each.started for each in found) for found in reports] == [20, 0]
        assert [sum(each.ended for each in found) for found in reports] == [0, 20]
        with store.transaction(reads=True) as t:
            assert t.alerts.open() == []
            assert len(t.alerts.recent(99)) == 20

    def test_where_no_rows_are_wanted_none_is_written(self, store, clock, put):
        put(CAMPAIGN, 0, 100)

        Judge(clock, JudgingRules(), AlertDesk(), rows=False).judge(store.transaction)

        assert not row_is_marked(store)
        assert health(store).health is Health.CRITICAL


class TestSpikes:
    @pytest.fixture
    def _past(self, put):
        for hour in range(-24, 0):
            put(CAMPAIGN, 950, 50, hour=hour)

    @pytest.mark.usefixtures("_past")
    def test_begins_goes_on_and_ends_once(self, store, clock, put, judge):
        reports = []
        for failed in (100, 120, 180, 200, 60):
            put(CAMPAIGN, 1000 - failed, failed, hour=0)
            clock.advance(minutes=5)
            reports.append(judge())

        assert [(each.started, each.ended) for each in reports] == [
            (1, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 1),
        ]
        assert alerts(store) == [(AlertKind.SPIKE, "filtered", False)]

    @pytest.mark.usefixtures("_past")
    def test_stands_in_the_row_of_its_campaign(self, store, clock, put, judge):
        put(CAMPAIGN, 23_000, 1_000)
        put(CAMPAIGN, 800, 200, hour=0)
        clock.advance(minutes=5)

        judge()

        assert health(store).alert_text == (
            "Spike of filtered: 20.0 % of 1,000 settled messages from 12:00 to 13:00 UTC, "
            "5.0 % in the 24 hours before."
        )
        assert row_is_marked(store)

    @pytest.mark.usefixtures("_past")
    def test_ends_when_nothing_is_sent_any_more(self, store, clock, put, judge):
        put(CAMPAIGN, 800, 200, hour=0)
        judge()

        clock.advance(hours=2)
        assert judge() == HealthReport()
        clock.advance(hours=1)
        assert judge() == HealthReport(ended=1)
        assert alerts(store) == [(AlertKind.SPIKE, "filtered", False)]

    @pytest.mark.usefixtures("_past")
    def test_each_reason_has_its_own(self, store, put, judge):
        put(CAMPAIGN, 500, 500, hour=0, why="network")

        judge()

        assert alerts(store) == [(AlertKind.SPIKE, "network", True)]

    def test_of_a_country_or_carrier_alone_is_found(self, store, put, judge):
        for hour in range(-24, 1):
            for value, usual in (("US", 100), ("FI", 4_000)):
                failed = 20 if value == "US" and hour == 0 else 2
                put(
                    ACCOUNT,
                    usual - failed,
                    failed,
                    hour=hour,
                    split=Split.COUNTRY,
                    value=value,
                )
            put(ACCOUNT, 4_080, 20 if hour == 0 else 4, hour=hour)

        judge()

        assert alerts(store) == [(AlertKind.SPIKE, "filtered/Country/US", True)]

    def test_of_the_whole_names_where_it_is_and_is_not_told_twice(self, store, put, judge):
        for hour in range(-24, 1):
            failed = 300 if hour == 0 else 20
            put(ACCOUNT, 1000 - failed, failed, hour=hour)
            put(
                ACCOUNT,
                500 - failed,
                failed,
                hour=hour,
                split=Split.CARRIER,
                value="Acme Mobile",
            )
            put(ACCOUNT, 500, 0, hour=hour, split=Split.COUNTRY, value="FI")

        judge()

        with store.transaction(reads=True) as t:
            (alert,) = t.alerts.open()
        assert alert.trouble.subject == ACCOUNT
        assert alert.trouble.text.startswith("Spike of filtered (carrier Acme Mobile): 30.0 %")

    def test_messages_to_nobody_knows_where_are_no_country(self, store, put, judge):
        for hour in range(-24, 1):
            failed = 90 if hour == 0 else 0
            put(ACCOUNT, 100 - failed, failed, hour=hour, split=Split.COUNTRY)

        judge()

        assert alerts(store) == []


class TestMessages:
    def messages(self, store):
        with store.transaction(reads=True) as t:
            found = t.alerts.recent(9)
            told = t.alert_messages.of(found)
        return {
            (alert.trouble.kind, each.step, each.way)
            for alert in found
            for each in told.get(alert.id, [])
        }

    def test_a_flow_hears_of_the_beginning_of_critical_only(self, store, put, judge):
        for delivered in (930, 850, 990):
            put(CAMPAIGN, delivered, 1000 - delivered)
            judge()

        watch, critical = AlertKind.CAMPAIGN_WATCH, AlertKind.CAMPAIGN_CRITICAL
        assert self.messages(store) == {
            (critical, Step.STARTED, Way.EVENT),
            *((kind, step, Way.WEBHOOK) for kind in (watch, critical) for step in Step),
        }

    def test_without_any_way_nothing_waits(self, store, clock, put):
        put(CAMPAIGN, 0, 100)

        Judge(clock, JudgingRules(), AlertDesk()).judge(store.transaction)

        assert self.messages(store) == set()


def test_the_log_has_a_line_for_each_beginning_and_end(clock, put, judge, caplog):
    caplog.set_level(logging.INFO, "connector.pipeline.alerts")
    for delivered in (850, 860, 990, 980):
        clock.advance(minutes=1)
        put(CAMPAIGN, delivered, 1000 - delivered)
        judge()

    started, ended = caplog.records
    assert (started.message, started.kind) == ("alert.started", "campaign_critical")
    assert (ended.message, ended.lasted_seconds) == ("alert.ended", 120)


def test_what_is_long_over_is_forgotten(store, clock, put, judge):
    for delivered in (850, 990):
        put(CAMPAIGN, delivered, 1000 - delivered)
        judge()

    clock.advance(days=401)
    judge()

    assert alerts(store) == []
    assert health(store).since == clock() - timedelta(days=401)
