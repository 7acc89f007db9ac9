"""Platform events of what records were given, in an emulated org, on both engines."""

import json

import pytest

from connector import footprint
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import StoreUnavailableError
from connector.domain.records import RecordRef
from connector.emulator import INTEGRATION_USER, event_object, seed_campaign, seed_contacts
from connector.emulator.kinds import moment, text
from connector.emulator.setup_rows import API_ONLY
from connector.footprint.event import DELIVERY_EVENT, EVENT_KINDS, event_fields
from connector.pipeline.announce import STALE, Announcer, AnnounceReport
from connector.pipeline.directory import keep_entries
from connector.pipeline.event_lane import EVENT, HELD_UP_FOR
from connector.pipeline.lane import LEASE
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.pipeline.settlement import STOPPED_FOR
from tests.support.callbacks import dlr, reply
from tests.support.events import MOBILE, arrival


PUBLISH = "POST /composite/sobjects"
NOTHING = AnnounceReport()


class Service:
    """The steps that lead to an event, one worker's."""

    def __init__(self, store, org, budget, clock, mappings, read, *, holder, on):
        self.store = store
        self.read = read
        people = [each.object for each in mappings.values() if each.of_person]
        self.pusher = Pusher(
            store, org, budget, clock, holder=holder, announced=people if on else ()
        )
        self.announcer = Announcer(
            store, org, budget, clock, mappings, holder=holder, enabled=on
        )

    def write(self, *arrivals):
        """From callbacks to fields of records."""
        self.store.inbox.keep(list(arrivals))
        self.read()
        self.pusher.push()

    def run(self, *arrivals):
        self.write(*arrivals)
        return self.announcer.announce()


@pytest.fixture
def hire(store, org, budget, clock, mappings, read):
    """Another worker, with what is different about it."""

    def hire(holder="two", *, store=store, budget=budget, on=True):
        return Service(store, org, budget, clock, mappings, read, holder=holder, on=on)

    return hire


@pytest.fixture
def service(hire):
    return hire("one")


@pytest.fixture
def event(emulator):
    """What is deployed with the part `events`."""
    fields = (
        (moment if each.kind is footprint.FieldKind.DATETIME else text)(each.name, each.label)
        for each in event_fields()
    )
    emulator.add_object(event_object(EVENT, DELIVERY_EVENT.label, "e0S", *fields))


@pytest.fixture
def alex(emulator, store, clock):
    """A Contact that we know by its number."""
    (record_id,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    entry = DirectoryEntry(
        record=RecordRef("Contact", record_id),
        phones={"MobilePhone": MOBILE},
        modified_at=clock(),
    )
    with store.transaction() as t:
        keep_entries(t, [entry], PhoneReader())
    return record_id


def published(emulator):
    """The fields that say something, of every event so far."""
    return [
        {name: value for name, value in each.fields.items() if value is not None}
        for each in emulator.events.of(EVENT)
    ]


def kinds(emulator):
    return [each["Kind__c"] for each in published(emulator)]


def waiting(store):
    with store.transaction(reads=True) as t:
        return t.announcements.count()


def click(at="2026-11-23T12:00:00Z"):
    return arrival(
        "/callbacks/telnyx",
        gateway="telnyx",
        method="POST",
        body=json.dumps(
            {
                "data": {
                    "record_type": "link_clicked",
                    "message_id": "42",
                    "to": MOBILE,
                    "time_clicked": at,
                }
            }
        ).encode(),
    )


@pytest.mark.usefixtures("event")
class TestHappenings:
    def test_a_delivery_is_told_when_the_record_shows_it(self, service, emulator, alex):
        campaign = seed_campaign(emulator, "Spring", [])
        service.write(dlr(1, ref=f"{alex}&campaign={campaign}"))
        shown = emulator.record("Contact", alex)["SMS_Delivery_Status__c"]
        before = published(emulator)

        report = service.announcer.announce()

        (told,) = published(emulator)
        key = told.pop("Idempotency_Key__c")
        assert (shown, before, report.published) == ("Delivered", [], 1)
        assert told == {
            "Kind__c": "delivery",
            "Record_Id__c": alex,
            "Object__c": "Contact",
            "Campaign_Id__c": campaign,
            "Status__c": "Delivered",
            "Gateway__c": "kannel",
            "Message_Id__c": "42",
            "Occurred_At__c": "2023-11-14T22:13:20.000+0000",
        }
        assert len(key) == 40

    def test_a_failure_is_told_with_its_reason(self, service, emulator, alex):
        failed = dlr(2, ref=alex)

        service.run(failed)

        (told,) = published(emulator)
        record = emulator.record("Contact", alex)
        assert told["Status__c"] == record["SMS_Delivery_Status__c"] == "Undelivered"
        assert told.get("Reason__c") == record["SMS_Failure_Reason__c"]
        assert told.get("Error_Code__c") == record["SMS_Error_Code__c"]

    def test_a_message_on_its_way_is_no_news(self, service, emulator, store, alex):
        report = service.run(dlr(8, ref=alex))

        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Pending"
        assert (report.published, report.needless, waiting(store)) == (0, 1, 0)
        assert emulator.calls[PUBLISH] == 0

    def test_an_opt_out_and_an_opt_in_are_told(self, service, emulator, clock, alex):
        service.run(reply("STOP"))
        assert emulator.record("Contact", alex)["SMS_Opt_Out__c"] is True
        clock.advance(hours=1)
        started = arrival(
            f"/callbacks/kannel?token=***&text=START&from={MOBILE.replace('+', '%2B')}",
            received_at=clock(),
        )
        service.run(started)

        out, back = published(emulator)
        assert (out["Kind__c"], out["Record_Id__c"]) == ("opt_out", alex)
        assert out["Occurred_At__c"] == "2026-11-23T12:00:00.000+0000"
        assert back["Kind__c"] == "opt_in"
        assert out["Idempotency_Key__c"] != back["Idempotency_Key__c"]

    def test_a_click_is_told_with_the_latest_message(self, service, emulator, alex):
        campaign = seed_campaign(emulator, "Spring", [])
        service.run(dlr(1, ref=f"{alex}&campaign={campaign}"))

        service.run(click())

        *_, told = published(emulator)
        assert emulator.record("Contact", alex)["SMS_Last_Click_At__c"]
        assert (told["Kind__c"], told["Message_Id__c"]) == ("click", "42")
        assert told["Campaign_Id__c"] == campaign
        assert told["Occurred_At__c"] == "2026-11-23T12:00:00.000+0000"

    def test_a_reply_is_told(self, service, emulator, alex):
        service.run(reply("Thanks"))

        (told,) = published(emulator)
        assert (told["Kind__c"], told["Record_Id__c"]) == ("reply", alex)

    def test_a_stop_is_not_told_as_a_reply_too(self, service, emulator, alex):
        service.run(reply("STOP"))

        assert emulator.record("Contact", alex)["SMS_Last_Reply_At__c"]
        assert kinds(emulator) == ["opt_out"]

    def test_no_event_has_a_number(self, service, emulator, alex):
        service.run(dlr(1, ref=alex), reply("Thanks"), click())
        service.run(reply("STOP"))

        assert sorted(kinds(emulator)) == ["click", "delivery", "opt_out", "reply"]
        assert MOBILE.removeprefix("+44") not in json.dumps(published(emulator))

    def test_every_field_of_the_event_is_one_that_it_has(self, service, emulator, alex):
        service.run(dlr(2, ref=alex), reply("STOP"), click())

        deployed = {each.name for each in event_fields()}
        assert all(told.keys() <= deployed for told in published(emulator))
        assert {told["Kind__c"] for told in published(emulator)} <= set(EVENT_KINDS)


@pytest.mark.usefixtures("event")
class TestOnce:
    def test_doubled_reports_are_told_once(self, service, emulator, alex):
        service.run(dlr(1, ref=alex), dlr(1, ref=alex))
        service.run(dlr(1, ref=alex))
        service.run(dlr(1, ref=alex, at=1_700_000_060))

        assert kinds(emulator) == ["delivery"]

    @pytest.mark.usefixtures("alex")
    def test_who_opts_out_twice_is_told_once(self, service, emulator, clock):
        service.run(reply("STOP"))
        clock.advance(minutes=1)
        again = arrival(
            f"/callbacks/kannel?token=***&text=STOP&from={MOBILE.replace('+', '%2B')}",
            received_at=clock(),
        )
        service.run(again)

        assert kinds(emulator) == ["opt_out"]

    def test_a_burst_is_told_as_it_ended(self, service, emulator, store, alex):
        service.write(dlr(8, ref=alex))
        service.write(dlr(2, ref=alex))
        service.write(dlr(1, ref=alex))

        assert waiting(store) == 1
        assert service.announcer.announce().published == 1
        assert [each["Status__c"] for each in published(emulator)] == ["Delivered"]

    def test_the_next_message_is_news(self, service, emulator, alex):
        service.run(dlr(1, "first", ref=alex))
        service.run(dlr(1, "second", ref=alex, at=1_700_009_000))

        first, second = published(emulator)
        assert [first["Message_Id__c"], second["Message_Id__c"]] == ["first", "second"]
        assert first["Idempotency_Key__c"] != second["Idempotency_Key__c"]

    def test_two_hundred_and_more_take_two_calls(self, service, emulator):
        people = seed_contacts(emulator, 201)

        report = service.run(*(dlr(1, f"m{n}", ref=each) for n, each in enumerate(people)))

        assert (report.published, emulator.calls[PUBLISH]) == (201, 2)
        assert {each["Record_Id__c"] for each in published(emulator)} == set(people)

    def test_a_lost_answer_is_made_good_with_the_same_key(self, service, emulator, clock, alex):
        service.write(dlr(1, ref=alex))
        emulator.faults.drop(path="composite", after_commit=True)

        assert service.announcer.announce().postponed == 1
        clock.advance(seconds=2)
        assert service.announcer.announce().published == 1

        first, second = published(emulator)
        assert first == second

    def test_what_was_not_kept_is_told_again_with_the_same_key(
        self, service, hire, emulator, store, clock, alex
    ):
        """A worker dies between Salesforce's answer and its own commit."""
        service.write(dlr(1, ref=alex))
        dying = hire("dying", store=Dying(store, lambda: bool(published(emulator))))

        with pytest.raises(StoreUnavailableError):
            dying.announcer.announce()
        clock.now += LEASE * 2
        left = len(published(emulator))
        again, nothing = service.announcer.announce(), service.announcer.announce()

        first, second = published(emulator)
        assert (left, again.published, nothing) == (1, 1, NOTHING)
        assert first == second

    def test_only_one_worker_publishes(self, service, emulator, store, clock, alex):
        service.write(dlr(1, ref=alex))
        with store.transaction() as t:
            assert t.leases.take(f"push:{EVENT}", "somebody", clock(), LEASE)

        assert service.announcer.announce() == NOTHING
        assert published(emulator) == []


class Dying:
    """A store that is gone from some moment on."""

    def __init__(self, store, is_gone):
        self._store = store
        self._is_gone = is_gone

    def transaction(self, *, reads=False):
        if self._is_gone():
            raise StoreUnavailableError("gone")
        return self._store.transaction(reads=reads)


@pytest.mark.usefixtures("event")
class TestNews:
    def test_what_has_changed_again_waits_for_the_record(
        self, service, emulator, store, read, alex
    ):
        """A flow that reads the record shall find what the event says."""
        service.write(dlr(8, ref=alex))
        service.write(dlr(2, ref=alex))
        store.inbox.keep([dlr(1, ref=alex)])
        read()

        early = service.announcer.announce()
        service.pusher.push()
        late = service.announcer.announce()

        assert (early.published, early.needless, late.published) == (0, 1, 1)
        assert [each["Status__c"] for each in published(emulator)] == ["Delivered"]

    def test_what_a_record_did_not_take_is_not_told(self, service, emulator, alex):
        emulator.delete("Contact", alex)

        service.run(dlr(1, ref=alex))

        assert published(emulator) == []

    def test_what_is_written_again_after_a_change_of_mappings_is_told(
        self, service, emulator, store, alex
    ):
        """It is told of what waited, though other fields would be written today."""
        service.write(reply("STOP"))
        with store.transaction() as t:
            t.writes.forget([alex])

        service.announcer.announce()

        assert kinds(emulator) == ["opt_out"]

    def test_what_came_before_it_was_switched_on_is_no_news(
        self, service, emulator, clock, alex
    ):
        clock.advance(hours=1)
        service.announcer.prepare()

        service.run(dlr(1, ref=alex), reply("Thanks"))

        assert published(emulator) == []

    def test_an_opt_out_is_news_however_old(self, service, emulator, clock, alex):
        clock.now += STALE * 2
        service.announcer.prepare()

        service.run(dlr(1, ref=alex), reply("STOP"))

        assert kinds(emulator) == ["opt_out"]

    def test_what_another_org_was_told_of_is_no_news(
        self, service, emulator, store, clock, alex
    ):
        with store.transaction() as t:
            t.belonging.give("00D000000000001AAA")
        service.announcer.prepare()
        service.run(reply("STOP"))
        clock.advance(days=1)
        with store.transaction() as t:
            t.belonging.give("00D000000000002AAA")
        service.announcer.prepare()
        with store.transaction() as t:
            entry = DirectoryEntry(
                record=RecordRef("Contact", alex),
                phones={"MobilePhone": MOBILE},
                modified_at=clock(),
            )
            keep_entries(t, [entry], PhoneReader())

        service.run()
        told = kinds(emulator)
        clock.advance(minutes=1)
        once_more = "/callbacks/kannel?token=***&text=STOP&from=%2B447700900456"
        service.run(arrival(once_more, urgent=True, received_at=clock()))

        assert (told, kinds(emulator)) == (["opt_out"], ["opt_out", "opt_out"])

    def test_what_waited_for_days_is_no_news(self, service, emulator, store, clock, alex):
        service.write(dlr(1, ref=alex))
        clock.now += STALE * 2

        report = service.announcer.announce()

        assert (report.needless, waiting(store), published(emulator)) == (1, 0, [])

    def test_switching_it_off_forgets_what_waits(self, service, hire, store, alex):
        service.announcer.prepare()
        service.write(dlr(1, ref=alex))

        hire(on=False).announcer.prepare()

        assert (waiting(store), service.announcer.announce()) == (0, NOTHING)


@pytest.mark.usefixtures("event")
class TestOff:
    def test_it_publishes_nothing_and_costs_nothing(self, hire, emulator, store, alex):
        report = hire(on=False).run(dlr(1, ref=alex), reply("STOP"))

        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"
        assert (report, waiting(store), published(emulator)) == (NOTHING, 0, [])
        assert emulator.calls[PUBLISH] == 0


class TestTrouble:
    @pytest.mark.usefixtures("event")
    def test_the_limit_of_the_hour_is_waited_for(self, service, emulator, store, clock, alex):
        emulator.usage.events.limit = 0
        service.write(dlr(1, ref=alex))

        first, second = service.announcer.announce(), service.announcer.announce()
        emulator.usage.events.limit = 50_000
        clock.now += STOPPED_FOR
        third = service.announcer.announce()

        assert (first.stopped, first.postponed, second) == (True, 1, NOTHING)
        assert (third.published, waiting(store)) == (1, 0)
        assert emulator.calls[PUBLISH] == 2
        with store.transaction(reads=True) as t:
            assert t.writes.stopped_lanes() == []

    @pytest.mark.usefixtures("event")
    def test_what_was_accepted_before_the_limit_is_not_told_again(
        self, service, emulator, clock
    ):
        emulator.usage.events.limit = 2
        people = seed_contacts(emulator, 3)
        service.run(*(dlr(1, f"m{n}", ref=each) for n, each in enumerate(people)))
        emulator.usage.events.limit = 50_000
        clock.now += STOPPED_FOR

        service.announcer.announce()

        told = [each["Record_Id__c"] for each in published(emulator)]
        assert sorted(told) == sorted(people)

    @pytest.mark.usefixtures("event", "alex")
    def test_opt_outs_go_first(self, service, emulator):
        emulator.usage.events.limit = 1
        others = seed_contacts(emulator, 2, start=1)

        service.write(*(dlr(1, f"m{n}", ref=each) for n, each in enumerate(others)))
        service.run(reply("STOP"))

        assert kinds(emulator) == ["opt_out"]

    @pytest.mark.usefixtures("event")
    def test_the_event_bus_may_be_out_of_reach(self, service, emulator, clock, alex):
        emulator.events.refuse()
        service.write(dlr(1, ref=alex))

        first, second = service.announcer.announce(), service.announcer.announce()
        clock.now += HELD_UP_FOR["PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"]

        assert (first.published, second) == (0, NOTHING)
        assert service.announcer.announce().published == 1

    @pytest.mark.usefixtures("event")
    def test_a_fault_of_one_event_is_tried_a_few_times(self, service, emulator, clock, alex):
        emulator.events.refuse("UNKNOWN_EXCEPTION", times=6)
        service.write(dlr(1, ref=alex))
        reports = []

        for _ in range(7):
            reports.append(service.announcer.announce())
            clock.advance(minutes=1)

        assert [each.postponed for each in reports] == [1, 1, 1, 1, 1, 0, 0]
        assert [each.refused for each in reports] == [0, 0, 0, 0, 0, 1, 0]

    def test_an_org_without_the_event_is_said_once_and_holds_up_nothing(
        self, service, emulator, store, clock, alex, caplog
    ):
        first = service.run(dlr(1, ref=alex))
        clock.now += STOPPED_FOR
        second = service.run(dlr(2, "next", ref=alex, at=1_700_009_000))

        (line,) = [r for r in caplog.records if r.getMessage() == "sf.events.stopped"]
        assert first.stopped
        assert second.stopped
        assert (line.code, "setup apply" in line.hint) == ("INVALID_TYPE", True)
        assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Undelivered"
        assert waiting(store) == 1

    def test_the_event_is_found_five_minutes_after_it_was_deployed(
        self, service, emulator, clock, alex
    ):
        emulator.use_profile(INTEGRATION_USER, API_ONLY)
        core = footprint.footprint().components()
        assert emulator.deploy(footprint.zip_of(core, api_version="66.0")).success
        emulator.assign("SMS_Connector", INTEGRATION_USER)
        stopped = service.run(dlr(1, ref=alex))
        parts = footprint.footprint(["events"]).by_part()
        event = footprint.zip_of(parts["events"], api_version="66.0")
        assert emulator.deploy(event).success
        clock.now += STOPPED_FOR
        refused = service.announcer.announce()
        emulator.assign("SMS_Connector_Events", INTEGRATION_USER)
        clock.now += STOPPED_FOR

        told = service.announcer.announce()

        assert (stopped.stopped, refused.stopped, told.published) == (True, True, 1)
        assert kinds(emulator) == ["delivery"]

    @pytest.mark.usefixtures("event")
    def test_it_keeps_to_the_budget(self, service, hire, alex):
        poor = hire(budget=OptOutsOnly())
        service.write(dlr(1, ref=alex))

        ordinary = poor.announcer.announce()
        service.write(reply("STOP"))
        urgent = poor.announcer.announce()

        assert (ordinary.published, ordinary.postponed) == (0, 1)
        assert urgent.published == 2  # the other one goes along


class OptOutsOnly:
    """A budget of which nothing is left for anything else."""

    def allows(self, *, urgent=False):
        return urgent

    def note(self, usage):
        pass
