"""Time rules, the retry window and hygiene, from callbacks to the fields of records."""

import pytest

from connector.domain.delivery import DeliveryStatus
from connector.domain.hygiene_report import Quarter, newly_flagged_share
from connector.emulator import seed_contacts
from connector.pipeline.hygiene_report import count, keep_report
from connector.pipeline.time_rules import mark_due
from tests.pipeline.org_mappings import Pipeline
from tests.support.callbacks import reply
from tests.support.events import MOBILE, report


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, mappings):
    return Pipeline(store, org, budget, clock, pusher, mappings)


@pytest.fixture
def people(emulator, pipeline):
    """Two who share a number."""
    found = seed_contacts(emulator, 2, MobilePhone=MOBILE)
    pipeline.directory.sync()
    return found


@pytest.fixture
def tell(store, pipeline, clock):
    """Register a message that is sent now and tell what became of it; then write."""

    def told(message_id, status=DeliveryStatus.UNDELIVERED, **changes):
        values = {"received_at": clock(), "recipient": MOBILE, **changes}
        store.register([report(message_id, status=status, **values)])
        pipeline.match()
        pipeline.pusher.push()

    return told


def fields(emulator, person, *names):
    record = emulator.record("Contact", person)
    return [record.get(f"SMS_{name}__c") for name in names]


def shown(emulator, people, *names):
    """The fields of the one that shows the message."""
    (one,) = [
        each for each in people if emulator.record("Contact", each).get("SMS_Message_Id__c")
    ]
    return fields(emulator, one, *names)


class TestTime:
    def test_silence_is_a_soft_failure_then_an_expiry_until_a_report_comes(
        self, emulator, store, pipeline, people, tell, clock
    ):
        tell("1", DeliveryStatus.PENDING)
        names = ("Delivery_Status", "Soft_Failure", "Failure_Reason", "Error_Code")
        assert shown(emulator, people, *names) == ["Pending", False, None, None]

        def later(hours):
            clock.advance(hours=hours)
            mark_due(store, clock)
            pipeline.match()
            pipeline.pusher.push()
            return shown(emulator, people, *names)

        assert later(23.9) == ["Pending", False, None, None]
        assert later(0.2) == ["Pending", True, None, None]
        assert later(48) == ["Expired", True, "expired", "no_report"]
        (since,) = shown(emulator, people, "Status_At")
        assert since.startswith("2026-11-26T12:00:00")

        tell("1", DeliveryStatus.DELIVERED)
        assert shown(emulator, people, *names) == ["Delivered", False, None, None]
        assert mark_due(store, clock) == 0

    def test_since_when_nothing_got_through(self, emulator, people, tell, clock):
        tell("1", DeliveryStatus.DELIVERED)
        assert shown(emulator, people, "Undelivered_Since") == [None]

        clock.advance(hours=1)
        tell("2")
        clock.advance(hours=1)
        tell("3", DeliveryStatus.PENDING)
        (since,) = shown(emulator, people, "Undelivered_Since")
        assert since.startswith("2026-11-23T13:00:00")

        tell("3", DeliveryStatus.DELIVERED)
        assert shown(emulator, people, "Undelivered_Since") == [None]

    @pytest.mark.parametrize(
        "hours,opens", [(0, "2026-11-23T12:00:00"), (11, "2026-11-24T09:00:00")]
    )
    def test_another_try_makes_sense_by_day(self, emulator, people, tell, clock, hours, opens):
        clock.advance(hours=hours)
        tell("1", reason="unreachable")

        (moment,) = shown(emulator, people, "Retry_After")
        assert moment.startswith(opens)

    def test_no_other_try_where_it_does_not_help(self, emulator, people, tell):
        tell("1", reason="invalid_number")

        assert shown(emulator, people, "Retry_After") == [None]


NAMES = ("Consecutive_Failures", "Needs_Review", "Review_Reason")


class TestHygiene:
    def test_three_failures_flag_the_number_on_every_record_that_holds_it(
        self, emulator, people, tell, clock
    ):
        for message_id in "123":
            tell(message_id, reason="unreachable")
            clock.advance(hours=1)

        why = "3 failures in a row, the last unreachable"
        for person in people:
            assert fields(emulator, person, *NAMES) == [3, True, why]

    def test_it_says_nothing_of_consent(self, store, tell):
        tell("1", reason="invalid_number")

        with store.transaction(reads=True) as t:
            assert t.hygiene.find([MOBILE])[MOBILE].needs_review
            assert not t.consents.find([MOBILE])

    def test_a_delivery_unticks_it(self, emulator, people, tell, clock):
        tell("1", reason="landline")
        assert fields(emulator, people[0], *NAMES) == [1, True, "landline"]

        clock.advance(hours=1)
        tell("2", DeliveryStatus.DELIVERED)
        for person in people:
            assert fields(emulator, person, *NAMES) == [0, False, None]

    def test_a_reply_unticks_it(self, emulator, pipeline, people, tell):
        tell("1", reason="landline")

        pipeline.run(reply("Hello"))
        pipeline.pusher.push()

        assert fields(emulator, people[0], *NAMES) == [0, False, None]

    def test_a_number_that_always_works_has_no_row(self, store, tell):
        tell("1", DeliveryStatus.DELIVERED)

        with store.transaction(reads=True) as t:
            assert t.hygiene.page(limit=5, everyone=True) == []

    def test_a_record_that_gets_another_number_is_cleared(
        self, emulator, pipeline, people, tell, clock
    ):
        tell("1", reason="landline")

        clock.advance(hours=1)
        emulator.update("Contact", people[0], {"MobilePhone": "+447700900999"})
        pipeline.directory.sync()
        pipeline.match()
        pipeline.pusher.push()

        assert fields(emulator, people[0], *NAMES) == [None, False, None]
        assert fields(emulator, people[1], *NAMES) == [1, True, "landline"]


class TestReport:
    def test_counts_numbers_and_is_kept_when_its_quarter_is_over(self, store, tell, clock):
        tell("1", reason="landline")
        tell("2", recipient="+12015550112", status=DeliveryStatus.DELIVERED)
        quarter = Quarter.read("2026q4")

        lines = count(store, quarter)

        counts = {(line.figure, line.of): line.count for line in lines}
        assert counts["newly flagged", ""] == counts["flagged by reason", "landline"] == 1
        assert counts["flagged by country", "GB"] == 1
        assert counts["texted", ""] == 2
        assert newly_flagged_share(lines) == 50

        clock.advance(days=60)
        assert keep_report(store, clock, store.transaction) == "2026Q4"
        assert keep_report(store, clock, store.transaction) == ""
        tell("3", reason="landline", recipient="+12015550113")
        assert count(store, quarter) == lines
        with store.transaction(reads=True) as t:
            assert t.hygiene_reports.kept() == [("2026Q4", clock())]
