"""Health and alerts, on both engines: each alert begins once and ends once."""

from datetime import timedelta

import pytest

from connector.domain.alerts import AlertKind, CampaignHealth, Trouble
from connector.domain.health import Health
from connector.store.alert_messages import Step, Way
from connector.store.alerts import LONGEST_TEXT, JudgedHealth
from tests.support.clock import NOON


CAMPAIGN, OTHER = "701000000000001AAA", "701000000000002AAA"
LATER = NOON + timedelta(minutes=5)
BOTH = (Way.EVENT, Way.WEBHOOK)


def trouble(kind=AlertKind.CAMPAIGN_CRITICAL, subject=CAMPAIGN, what="", text="85 %"):
    return Trouble(kind=kind, subject=subject, what=what, text=text, figures={"settled": 100})


def start(store, **values):
    with store.transaction() as t:
        return t.alerts.start(trouble(**values), NOON)


def end(store, alert):
    with store.transaction() as t:
        return t.alerts.end(alert, LATER)


def test_begins_once_until_it_is_over(store):
    first = start(store)

    assert start(store) is None
    assert end(store, first).ended_at == LATER
    assert end(store, first) is None
    again = start(store)
    assert again.id != first.id


def test_troubles_are_told_apart_by_subject_kind_and_what(store):
    found = [
        start(store),
        start(store, subject=OTHER),
        start(store, kind=AlertKind.SPIKE, what="filtered"),
        start(store, kind=AlertKind.SPIKE, what="network"),
    ]

    assert all(found)
    with store.transaction(reads=True) as t:
        assert t.alerts.open() == found[::-1]
        assert t.alerts.open(AlertKind.SPIKE) == found[:1:-1]
        assert t.alerts.open_of([OTHER]) == [found[1]]


def test_comes_back_as_it_was_begun(store):
    alert = start(store, what="filtered")

    with store.transaction(reads=True) as t:
        assert t.alerts.recent(9) == [alert]
        assert t.alerts.by_id([alert.id]) == {alert.id: alert}


def test_what_is_over_stays_among_the_recent_until_it_is_forgotten(store):
    ended = end(store, start(store))
    still = start(store, subject=OTHER)
    with store.transaction() as t:
        t.alert_messages.want(ended, Step.STARTED, BOTH, NOON)

    with store.transaction() as t:
        assert t.alerts.forget(LATER) == 0
        assert t.alerts.recent(9) == [still, ended]
        assert t.alerts.forget(LATER + timedelta(seconds=1)) == 1
        assert t.alerts.recent(9) == [still]
        assert t.alert_messages.of([ended]) == {}


def test_its_key_is_the_same_for_the_same_step_only(store):
    alert, other = start(store), start(store, subject=OTHER)

    found = {each.key(step) for each in (alert, other) for step in Step}

    assert len(found) == 4
    assert alert.key("started") in found


class TestHealthOf:
    def test_nothing_is_known_of_most_campaigns(self, store):
        with store.transaction(reads=True) as t:
            assert t.alerts.health_of([CAMPAIGN]) == {CAMPAIGN: CampaignHealth()}

    def test_tells_health_and_the_open_alerts(self, store):
        with store.transaction() as t:
            judged = JudgedHealth(health=Health.CRITICAL, since=NOON, settled=100, delivered=85)
            t.alerts.judge(CAMPAIGN, judged)
            t.alerts.start(trouble(kind=AlertKind.CAMPAIGN_WATCH, text="Watch."), NOON)
            t.alerts.start(trouble(text="Critical."), NOON)
            t.alerts.start(trouble(kind=AlertKind.SPIKE, text="Filtered."), LATER)

            assert t.alerts.judged([CAMPAIGN]) == {CAMPAIGN: judged}
            assert t.alerts.health_of([CAMPAIGN]) == {
                CAMPAIGN: CampaignHealth(
                    health=Health.CRITICAL,
                    since=NOON,
                    alert_text="Critical. Filtered.",
                    alert_at=LATER,
                )
            }

    def test_what_is_over_is_not_told(self, store):
        end(store, start(store))

        with store.transaction(reads=True) as t:
            assert t.alerts.health_of([CAMPAIGN]) == {CAMPAIGN: CampaignHealth()}

    def test_the_text_fits_the_field(self, store):
        start(store, text="x" * 200)
        start(store, kind=AlertKind.SPIKE, text="y" * 200)

        with store.transaction(reads=True) as t:
            text = t.alerts.health_of([CAMPAIGN])[CAMPAIGN].alert_text

        assert len(text) == LONGEST_TEXT
        assert text.endswith("y…")


class TestMessages:
    @pytest.fixture
    def alert(self, store):
        alert = start(store)
        with store.transaction() as t:
            t.alert_messages.want(alert, Step.STARTED, BOTH, NOON)
        return alert

    def due(self, store, now=LATER):
        with store.transaction(reads=True) as t:
            return t.alert_messages.due(Way.WEBHOOK, now, 9)

    def test_are_due_until_they_are_done(self, store, alert):
        (message,) = self.due(store)

        with store.transaction() as t:
            t.alert_messages.done(message, LATER)

        assert (message.alert, message.step, message.attempts) == (alert, Step.STARTED, 0)
        assert self.due(store) == []
        with store.transaction(reads=True) as t:
            event, webhook = t.alert_messages.of([alert])[alert.id]
        assert (event.way, event.done_at) == (Way.EVENT, None)
        assert (webhook.way, webhook.done_at) == (Way.WEBHOOK, LATER)

    @pytest.mark.usefixtures("alert")
    def test_wait_after_a_try_in_vain(self, store):
        (message,) = self.due(store)

        with store.transaction() as t:
            t.alert_messages.postpone(message, LATER + timedelta(seconds=1), "answered 500")

        assert self.due(store) == []
        (again,) = self.due(store, LATER + timedelta(seconds=1))
        assert again.attempts == 1
        assert again.key == message.key

    def test_nobody_hears_of_the_end_before_the_beginning(self, store, alert):
        with store.transaction() as t:
            t.alert_messages.want(t.alerts.end(alert, LATER), Step.ENDED, BOTH, LATER)
        (first,) = self.due(store)
        with store.transaction() as t:
            t.alert_messages.done(first, LATER)

        (then,) = self.due(store)

        assert (first.step, then.step) == (Step.STARTED, Step.ENDED)
        assert then.alert.ended_at == LATER

    def test_an_end_goes_only_where_the_beginning_went(self, store):
        alert = start(store)
        with store.transaction() as t:
            t.alert_messages.want(alert, Step.STARTED, [Way.WEBHOOK], NOON)
            t.alert_messages.want(alert, Step.ENDED, BOTH, NOON)
            found = t.alert_messages.of([alert])[alert.id]

        assert [(each.step, each.way) for each in found] == [
            (Step.STARTED, Way.WEBHOOK),
            (Step.ENDED, Way.WEBHOOK),
        ]

    def test_are_wanted_once(self, store, alert):
        with store.transaction() as t:
            t.alert_messages.want(alert, Step.STARTED, BOTH, LATER)

        assert len(self.due(store)) == 1
