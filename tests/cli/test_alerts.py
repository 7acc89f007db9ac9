"""`connector alerts`: what is wrong now, and what was."""

import json
from datetime import timedelta

import pytest

from connector.domain.alerts import AlertKind, Trouble
from connector.store.alert_messages import Step, Way
from tests.support.events import NOON


CAMPAIGN, OTHER = "701000000000001AAA", "701000000000002AAA"


def start(t, subject):
    trouble = Trouble(
        kind=AlertKind.CAMPAIGN_CRITICAL,
        subject=subject,
        text="Critical: 85.0 %",
        figures={"settled": 100},
    )
    alert = t.alerts.start(trouble, NOON)
    t.alert_messages.want(alert, Step.STARTED, [Way.EVENT, Way.WEBHOOK], NOON)
    return alert


@pytest.fixture
def listed(operate):
    """What `alerts list` prints while something is wrong."""

    def listed(*options):
        answer = operate("alerts", "list", *options)
        assert answer.exit_code == 1
        return answer.stdout

    return listed


@pytest.fixture
def alerts(store):
    """One that is over and was told, and one that goes on and was not."""
    with store.transaction() as t:
        over, still = start(t, CAMPAIGN), start(t, OTHER)
        t.alerts.end(over, NOON + timedelta(minutes=5))
        for way in Way:
            for message in t.alert_messages.due(way, NOON, 9):
                if message.alert.id == over.id:
                    t.alert_messages.done(message, NOON)
                elif way is Way.WEBHOOK:
                    t.alert_messages.postpone(message, NOON, "answered 503")
    return over, still


def test_nothing_is_wrong(operate):
    assert operate("alerts", "list").stdout == "nothing is wrong now\n"
    assert operate("alerts", "list", "--all").stdout == "nothing was ever wrong\n"


@pytest.mark.usefixtures("alerts")
class TestList:
    def test_shows_what_is_wrong_now(self, listed):
        head, line = listed().splitlines()

        assert head.split() == ["kind", "about", "since", "told", "says"]
        assert line.split("  ")[:2] == ["campaign_critical", OTHER]
        assert "event waits, webhook waits: answered 503" in line
        assert line.endswith("Critical: 85.0 %")

    def test_shows_all_with_when_they_ended(self, listed):
        _, still, over = listed("--all").splitlines()

        assert OTHER in still
        assert CAMPAIGN in over
        assert "2026-11-23 12:00:00  2026-11-23 12:05:00  event, webhook" in over

    def test_tells_programs_everything(self, listed, alerts):
        still, over = json.loads(listed("--all", "--json"))

        assert over["id"] == alerts[0].key("")
        assert over["ended_at"] == "2026-11-23T12:05:00+00:00"
        assert still["ended_at"] is None
        assert still["figures"] == {"settled": 100}
        assert [(each["way"], each["cause"]) for each in still["told"]] == [
            ("event", ""),
            ("webhook", "answered 503"),
        ]
