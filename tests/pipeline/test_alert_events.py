"""A campaign's row in Salesforce, and the event that it became critical: in an emulated org."""

import pytest

from connector import footprint
from connector.domain.figures import Cell, Period, Split
from connector.emulator import event_object, seed_campaign
from connector.emulator.kinds import moment, text
from connector.footprint.event import DELIVERY_EVENT, EVENT_KINDS, event_fields
from connector.pipeline.alert_events import KIND, PATIENCE, AlertEventReport, AlertEvents
from connector.pipeline.alerts import AlertDesk
from connector.pipeline.announce import STALE
from connector.pipeline.enqueue import enqueue
from connector.pipeline.event_lane import EVENT
from connector.pipeline.health import Judge, JudgingRules
from connector.pipeline.settlement import STOPPED_FOR


STAT = "SMS_Campaign_Stat__c"
NOTHING = AlertEventReport()


@pytest.fixture
def event(emulator):
    """What is deployed with the part `events`."""
    fields = (
        (moment if each.kind is footprint.FieldKind.DATETIME else text)(each.name, each.label)
        for each in event_fields()
    )
    emulator.add_object(event_object(EVENT, DELIVERY_EVENT.label, "e0S", *fields))


@pytest.fixture
def campaign(emulator):
    return seed_campaign(emulator, "Spring", [])


@pytest.fixture
def judge(store, clock, campaign):
    """Judge the campaign with so many delivered of a thousand."""

    def judge(delivered):
        counts = {
            "messages": 1000,
            "Delivered": delivered,
            "Failed": 1000 - delivered,
            "reason:filtered": 1000 - delivered,
        }
        with store.transaction() as t:
            t.figures.put({total(campaign): counts})
        desk = AlertDesk(events=True)
        return Judge(clock, JudgingRules(), desk).judge(store.transaction)

    return judge


@pytest.fixture
def write(store, mappings, clock, pusher):
    """Write the rows."""

    def write():
        enqueue(store, mappings, clock)
        return pusher.push()

    return write


@pytest.fixture
def events(store, org, budget, clock):
    return AlertEvents(store, org, budget, clock, holder="one", enabled=True)


def total(campaign):
    return Cell(campaign=campaign, period=Period.TOTAL, start=0, split=Split.NONE, value="")


def row(emulator, campaign):
    (found,) = emulator.records(STAT)
    assert found["Campaign__c"] == campaign
    return found


def published(emulator):
    return [
        {name: value for name, value in each.fields.items() if value is not None}
        for each in emulator.events.of(EVENT)
    ]


def test_the_kind_is_one_of_the_event():
    assert KIND in EVENT_KINDS


def test_the_row_tells_of_health_and_alert_until_it_is_over(
    emulator, campaign, judge, write, clock
):
    judge(850)
    write()
    critical = row(emulator, campaign)
    clock.advance(minutes=10)
    judge(970)
    write()
    healthy = row(emulator, campaign)

    assert critical["Health__c"] == "Critical"
    assert critical["Health_Changed_At__c"].startswith("2026-11-23T12:00:00")
    assert critical["Alert__c"].startswith("Critical: 85.0 % of 1,000 settled messages")
    assert critical["Alert_At__c"].startswith("2026-11-23T12:00:00")
    assert healthy["Health__c"] == "Healthy"
    assert healthy["Health_Changed_At__c"].startswith("2026-11-23T12:10:00")
    assert (healthy["Alert__c"], healthy["Alert_At__c"]) == (None, None)


@pytest.mark.usefixtures("event")
class TestEvent:
    def test_is_published_once_when_salesforce_has_the_row(
        self, emulator, campaign, judge, write, events
    ):
        judge(850)
        assert events.tell() == NOTHING
        write()

        assert events.tell() == AlertEventReport(published=1)
        judge(840)
        write()
        assert events.tell() == NOTHING

        (told,) = published(emulator)
        key = told.pop("Idempotency_Key__c")
        assert len(key) == 32
        assert told.pop("Occurred_At__c").startswith("2026-11-23T12:00:00")
        assert told == {
            "Kind__c": "campaign_critical",
            "Campaign_Id__c": campaign,
            "Reason__c": "filtered",
        }

    def test_the_end_is_not_published_and_the_next_beginning_is(
        self, emulator, clock, judge, write, events
    ):
        for delivered in (850, 990, 850):
            clock.advance(minutes=1)
            judge(delivered)
            write()
            events.tell()

        one, two = published(emulator)
        assert one["Kind__c"] == two["Kind__c"]
        assert one["Idempotency_Key__c"] != two["Idempotency_Key__c"]

    def test_does_not_wait_for_ever_for_a_row(self, emulator, clock, judge, events):
        judge(850)
        clock.advance(seconds=PATIENCE.total_seconds())

        assert events.tell() == AlertEventReport(published=1)
        assert len(published(emulator)) == 1

    def test_what_is_over_before_it_could_be_told_is_no_news(
        self, emulator, judge, write, events
    ):
        judge(850)
        judge(990)
        write()

        assert events.tell() == AlertEventReport(needless=1)
        assert events.tell() == NOTHING
        assert published(emulator) == []

    def test_what_is_days_old_is_no_news(self, emulator, clock, judge, write, events):
        judge(850)
        write()
        clock.advance(seconds=STALE.total_seconds())

        assert events.tell() == AlertEventReport(needless=1)
        assert published(emulator) == []

    def test_is_not_published_where_nobody_wants_events(
        self, emulator, store, org, budget, clock, judge, write
    ):
        judge(850)
        write()

        deaf = AlertEvents(store, org, budget, clock, holder="one", enabled=False)

        assert deaf.tell() == NOTHING
        assert published(emulator) == []


def test_an_org_without_the_event_is_left_alone_for_a_while(judge, write, clock, events, org):
    judge(850)
    write()

    assert events.tell() == AlertEventReport(postponed=1)
    calls = org.calls
    clock.advance(seconds=STOPPED_FOR.total_seconds() - 1)
    assert events.tell() == NOTHING
    assert org.calls == calls
    clock.advance(seconds=1)
    assert events.tell() == AlertEventReport(postponed=1)
