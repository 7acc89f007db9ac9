"""Big backlogs by bulk jobs: nothing is lost, nothing older wins, opt-outs never wait."""

import contextlib

import pytest

from connector.domain.records import RecordRef
from connector.emulator import ValidationRule, seed_contacts, seed_leads
from connector.pipeline.bulk_push import BLOCKED_FOR, DYING, STUCK
from connector.pipeline.lane import LEASE
from connector.pipeline.ledger import StoreLedger
from connector.pipeline.push import Pusher
from connector.salesforce.budget import ApiUsage, Budget
from connector.store.bulk_jobs import Stage
from tests.pipeline.test_push import count, enqueue, refused, status


PEOPLE = 12
JOBS = "/jobs/ingest"


@pytest.fixture
def people(emulator):
    return seed_contacts(emulator, PEOPLE)


@pytest.fixture
def bulk_pusher(store, org, budget, clock):
    return make_pusher(store, org, budget, clock)


def make_pusher(store, org, budget, clock, holder="one"):
    return Pusher(store, org, budget, clock, holder=holder, bulk_from=PEOPLE // 2)


def work(pusher, clock, rounds=40, seconds=30):
    """Rounds with some time between them, as a worker does; what they did."""
    reports = []
    for _ in range(rounds):
        reports.append(pusher.push())
        clock.advance(seconds=seconds)
    return reports


def jobs(store):
    with store.transaction(reads=True) as t:
        return t.bulk_jobs.latest(10)


def calls_to(emulator, path):
    return sum(n for name, n in emulator.calls.items() if path in name)


def all_delivered(emulator, people):
    return [status(emulator, each) for each in people] == ["Delivered"] * len(people)


class TestJob:
    def test_a_big_backlog_is_written_by_one_job(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)

        reports = work(bulk_pusher, clock, 6)

        assert sum(report.written for report in reports) == PEOPLE
        assert all_delivered(emulator, people)
        assert count(store) == 0
        assert calls_to(emulator, "/composite/sobjects") == 0
        (job,) = jobs(store)
        assert (job.records, job.settled, job.failed, job.error) == (PEOPLE, PEOPLE, 0, "")

    def test_what_is_worked_out_again_meanwhile_is_not_written_again(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)
        work(bulk_pusher, clock, 1)
        assert jobs(store)[0].stage is Stage.GIVEN

        # Whoever reads the records that the job has written does so before it is settled.
        enqueue(store, clock, people)
        work(bulk_pusher, clock, 8)

        assert all_delivered(emulator, people)
        assert (count(store), len(jobs(store))) == (0, 1)

    def test_a_small_one_is_not(self, store, emulator, bulk_pusher, clock, people):
        enqueue(store, clock, people[: PEOPLE // 2])

        assert bulk_pusher.push().written == PEOPLE // 2
        assert calls_to(emulator, JOBS) == 0

    def test_what_is_written_is_remembered_and_logged(self, store, bulk_pusher, clock, people):
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 6)

        with store.transaction(reads=True) as t:
            assert len(t.writes.remembered(people)) == PEOPLE
            (write,) = t.writes.of_record(people[0], limit=5)
        assert write.verdict == "written"

    def test_each_round_asks_once_at_most(self, store, emulator, bulk_pusher, clock, people):
        emulator.bulk.seconds_per_step = 10_000
        enqueue(store, clock, people)
        bulk_pusher.push()

        for _ in range(20):
            assert bulk_pusher.push().calls == 0
        clock.advance(seconds=5)
        assert bulk_pusher.push().calls == 1
        assert bulk_pusher.push().calls == 0

    def test_fields_that_a_record_does_not_have_are_left_alone(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.update("Contact", people[0], {"SMS_Error_Code__c": "30003"})
        emulator.update("Contact", people[1], {"SMS_Error_Code__c": "30003"})
        enqueue(store, clock, people[:1])
        enqueue(store, clock, people[1:2], SMS_Error_Code__c=None)
        enqueue(store, clock, people[2:], SMS_Error_Code__c=' "a",\nb')

        work(bulk_pusher, clock, 6)

        codes = [emulator.record("Contact", each)["SMS_Error_Code__c"] for each in people[:3]]
        assert codes[:2] == ["30003", None]
        assert codes[2] == emulator.record("Contact", people[3])["SMS_Error_Code__c"]
        assert codes[2].strip() == '"a",\nb'

    def test_a_text_that_a_csv_cannot_say_goes_by_a_call(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people[1:])
        enqueue(store, clock, people[:1], SMS_Error_Code__c="#N/A")

        work(bulk_pusher, clock, 6)

        assert emulator.record("Contact", people[0])["SMS_Error_Code__c"] == "#N/A"
        assert (jobs(store)[0].records, count(store)) == (PEOPLE - 1, 0)


class TestOptOuts:
    def test_do_not_wait_for_a_job(self, store, emulator, bulk_pusher, clock, people):
        emulator.bulk.seconds_per_step = 10_000
        enqueue(store, clock, people)
        bulk_pusher.push()
        enqueue(store, clock, people, topic="consent", SMS_Opt_Out__c=True)

        assert bulk_pusher.push().written == PEOPLE

        assert emulator.record("Contact", people[0])["SMS_Opt_Out__c"] is True
        assert status(emulator, people[0]) is None

    def test_go_before_a_job_is_made(self, store, emulator, bulk_pusher, clock, people):
        enqueue(store, clock, people)
        enqueue(store, clock, people[:1], topic="consent", SMS_Opt_Out__c=True)
        emulator.faults.unavailable(path=JOBS)

        bulk_pusher.push()

        assert emulator.record("Contact", people[0])["SMS_Opt_Out__c"] is True

    def test_of_other_objects_do_not_wait_while_it_is_settled(
        self, store, emulator, bulk_pusher, clock, people
    ):
        (kim,) = seed_leads(emulator, 1)
        enqueue(store, clock, people)

        def stop(*_call):
            enqueue(store, clock, [kim], "Lead", topic="consent", SMS_Opt_Out__c=True)
            return False

        emulator.faults.unavailable(path="successfulResults", when=stop)

        written = [report.written for report in work(bulk_pusher, clock, 6)]

        assert [each for each in written if each] == [PEOPLE + 1]
        assert emulator.record("Lead", kim)["SMS_Opt_Out__c"] is True

    def test_of_other_objects_are_announced_all_the_same(
        self, store, org, emulator, budget, clock, people
    ):
        (kim,) = seed_leads(emulator, 1)
        pusher = Pusher(
            store, org, budget, clock, holder="one", bulk_from=PEOPLE // 2, announced=["Lead"]
        )
        enqueue(store, clock, people)

        def stop(*_call):
            enqueue(store, clock, [kim], "Lead", topic="consent", SMS_Opt_Out__c=True)
            return False

        emulator.faults.unavailable(path="successfulResults", when=stop)

        work(pusher, clock, 6)

        with store.transaction(reads=True) as t:
            (told,) = t.announcements.due(clock(), 5)
        assert (told.record.id, told.topic) == (kim, "consent")


class TestNews:
    def test_of_a_record_under_way_are_written_after_the_job(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.bulk.seconds_per_step = 10_000
        enqueue(store, clock, people)
        bulk_pusher.push()
        enqueue(store, clock, people[:1], SMS_Delivery_Status__c="Failed")

        assert bulk_pusher.push().written == 0
        emulator.bulk.seconds_per_step = 5
        work(bulk_pusher, clock, 6)

        assert status(emulator, people[0]) == "Failed"
        assert all_delivered(emulator, people[1:])
        with store.transaction(reads=True) as t:
            assert '"Failed"' in t.writes.remembered(people[:1])[(people[0], "delivery")]

    def test_that_withdraw_what_is_under_way_have_the_record_worked_out_anew(
        self, store, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)
        bulk_pusher.push()
        with store.transaction() as t:
            t.outbox.forget([(RecordRef("Contact", people[0]), "delivery")])

        work(bulk_pusher, clock, 6)

        with store.transaction(reads=True) as t:
            assert t.outbox.is_marked(RecordRef("Contact", people[0]))
            assert t.writes.remembered(people[:1]) == {}


class TestRecordsInTrouble:
    def test_each_ends_where_a_call_would_have_brought_it(
        self, store, emulator, bulk_pusher, clock, people
    ):
        bad, deleted, loser, locked, *others = people
        winner = others[0]
        emulator.rules.validation.append(
            ValidationRule(object="Contact", message="No", fails=lambda row: row["Id"] == bad)
        )
        enqueue(store, clock, people)
        emulator.delete("Contact", deleted)
        emulator.merge(winner, [loser])
        lock = emulator.faults.lock(locked)

        followed = sum(report.followed for report in work(bulk_pusher, clock, 6))
        emulator.faults.clear(lock.number)
        work(bulk_pusher, clock, 3)

        assert followed == 1
        assert sorted(refused(store)) == sorted(
            [(bad, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), (deleted, "ENTITY_IS_DELETED")]
        )
        assert all_delivered(emulator, [locked, *others])
        assert count(store) == 0
        assert (jobs(store)[0].records, jobs(store)[0].failed) == (PEOPLE, 4)

    def test_a_converted_lead_is_followed(self, store, emulator, bulk_pusher, clock):
        leads = seed_leads(emulator, PEOPLE)
        enqueue(store, clock, leads, "Lead")
        emulator.convert_lead(leads[0])
        contact = emulator.record("Lead", leads[0])["ConvertedContactId"]

        followed = sum(report.followed for report in work(bulk_pusher, clock, 6))

        assert followed == 1
        with store.transaction(reads=True) as t:
            assert t.outbox.is_marked(RecordRef("Contact", contact))

    def test_a_trail_that_is_refused_does_not_keep_the_job_open(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)
        emulator.delete("Contact", people[0])
        no = emulator.faults.refuse(400, "INVALID_FIELD", "no", path="/queryAll", times=None)

        work(bulk_pusher, clock, 6)
        assert (jobs(store)[0].settled, count(store)) == (PEOPLE, 1)
        emulator.faults.clear(no.number)
        work(bulk_pusher, clock, 20)

        assert (refused(store), count(store)) == ([(people[0], "ENTITY_IS_DELETED")], 0)

    def test_locked_ones_are_not_put_into_job_after_job(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)
        emulator.faults.lock(*people, method="BULK")

        work(bulk_pusher, clock, 20)

        assert all_delivered(emulator, people)
        assert len(jobs(store)) == 2


class TestTroubleWithAJob:
    def test_what_a_failed_job_left_goes_by_calls_and_no_job_follows_soon(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.bulk.fail(after=5)
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 6)

        assert all_delivered(emulator, people)
        (job,) = jobs(store)
        assert (job.settled, job.failed) == (PEOPLE, PEOPLE - 5)
        assert "InternalServerError" in job.error
        enqueue(store, clock, people, SMS_Delivery_Status__c="Failed")
        bulk_pusher.push()
        assert len(jobs(store)) == 1
        clock.advance(seconds=BLOCKED_FOR.total_seconds())
        enqueue(store, clock, people)
        bulk_pusher.push()
        assert len(jobs(store)) == 2

    def test_a_field_that_the_org_lacks_stops_the_lane(self, store, bulk_pusher, clock, people):
        enqueue(store, clock, people, Not_There__c="x")

        work(bulk_pusher, clock, 6)

        with store.transaction(reads=True) as t:
            (stopped,) = t.writes.stopped_lanes()
        assert (stopped.object, stopped.error_code) == ("Contact", "INVALID_FIELD")
        assert count(store) == PEOPLE

    def test_an_org_that_takes_no_jobs_is_written_by_calls(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.faults.refuse(403, "FEATURENOTENABLED", "no", path=JOBS, times=None)
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 4)

        assert all_delivered(emulator, people)
        assert count(store) == 0

    def test_a_job_that_somebody_aborted_is_settled_once_it_is_quiet(
        self, store, emulator, org, bulk_pusher, clock, people
    ):
        emulator.bulk.seconds_per_step = 10_000
        enqueue(store, clock, people)
        bulk_pusher.push()
        org.bulk.abort(jobs(store)[0].salesforce_id)

        work(bulk_pusher, clock, 3)
        assert count(store) == PEOPLE
        clock.advance(seconds=DYING.total_seconds())
        work(bulk_pusher, clock, 3)

        assert all_delivered(emulator, people)
        assert (jobs(store)[0].error, count(store)) == ("Aborted", 0)

    def test_a_job_that_vanished_is_written_by_calls(
        self, store, emulator, bulk_pusher, clock, people
    ):
        enqueue(store, clock, people)
        bulk_pusher.push()
        gone = emulator.faults.refuse(404, "NOT_FOUND", "gone", path=f"{JOBS}/750", times=None)

        work(bulk_pusher, clock, 2)
        emulator.faults.clear(gone.number)
        clock.advance(seconds=DYING.total_seconds())
        work(bulk_pusher, clock, 3)

        assert all_delivered(emulator, people)
        assert (jobs(store)[0].error, count(store)) == ("gone", 0)

    def test_a_job_that_makes_no_progress_is_aborted(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.faults.add(
            "answer",
            method="GET",
            path=f"{JOBS}/750",
            times=None,
            lasting=STUCK.total_seconds() + 120,
            status=200,
            body={"id": "750", "state": "UploadComplete"},
        )
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 200, seconds=60)

        assert calls_to(emulator, "PATCH /jobs/ingest") >= 2
        assert all_delivered(emulator, people)
        assert count(store) == 0

    def test_a_job_that_could_not_be_closed_for_as_long_is_aborted_too(
        self, store, emulator, bulk_pusher, clock, people
    ):
        closing, lasting = f"{JOBS}/750", STUCK.total_seconds() + 30
        emulator.faults.refuse(
            400,
            "INVALIDJOBSTATE",
            "no",
            method="PATCH",
            path=closing,
            times=None,
            lasting=lasting,
        )
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 200, seconds=60)

        assert jobs(store)[0].error == "Aborted"
        assert all_delivered(emulator, people)
        assert count(store) == 0

    def test_records_that_no_list_names_are_written_by_calls(
        self, store, emulator, bulk_pusher, clock, people
    ):
        emulator.faults.add(
            "answer",
            path="successfulResults",
            status=200,
            body='"sf__Id","sf__Created","Id"\n',
            content_type="text/csv",
        )
        enqueue(store, clock, people)

        work(bulk_pusher, clock, 6)

        assert calls_to(emulator, "PATCH /composite/sobjects") == 1
        assert (jobs(store)[0].settled, count(store)) == (PEOPLE, 0)


def test_a_job_comes_to_its_end_on_a_budget_of_a_call_every_few_minutes(
    store, org, emulator, clock, people
):
    budget = Budget(clock=clock, share=0.003, reserve=0, ledger=StoreLedger(store))
    budget.note(ApiUsage(0, 100_000))
    pusher = make_pusher(store, org, budget, clock)
    assert sum(budget.allows() for _ in range(100)) < 100
    enqueue(store, clock, people)

    work(pusher, clock, 60, seconds=60)

    assert all_delivered(emulator, people)
    assert (jobs(store)[0].error, count(store)) == ("", 0)
    assert calls_to(emulator, JOBS) <= 12


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/jobs/ingest$"),
        ("PUT", "batches"),
        ("PATCH", "/jobs/ingest/750"),
        ("GET", "/jobs/ingest/[^/]+$"),
        ("GET", "successfulResults"),
        ("GET", "failedResults"),
    ],
)
def test_an_answer_lost_at_any_step_loses_no_record(
    store, emulator, bulk_pusher, clock, people, method, path, after_commit
):
    enqueue(store, clock, people)
    emulator.faults.drop(method=method, path=path, after_commit=after_commit)

    work(bulk_pusher, clock, 10)

    assert all_delivered(emulator, people)
    assert count(store) == 0
    assert [(job.settled, job.error) for job in jobs(store)] == [(PEOPLE, "")]


class Crash(BaseException):
    """The process is killed."""


class DyingStore:
    """A store whose user is killed in its n-th unit of work, before or after the commit."""

    def __init__(self, store, units, *, after_commit):
        self._store = store
        self._units = units
        self._after_commit = after_commit

    @contextlib.contextmanager
    def transaction(self, *, reads=False):
        self._units -= 1
        dying = self._units < 0
        with self._store.transaction(reads=reads) as transaction:
            yield transaction
            if dying and not self._after_commit:
                raise Crash
        if dying:
            raise Crash


@pytest.mark.parametrize("after_commit", [False, True])
def test_killed_at_any_moment_another_goes_on_from_there(
    store, org, budget, clock, emulator, after_commit
):
    kills = 0
    for units in range(1, 100, 3):
        people = seed_contacts(emulator, PEOPLE, start=PEOPLE * units)
        enqueue(store, clock, people)
        dying = DyingStore(store, units, after_commit=after_commit)
        first = make_pusher(dying, org, budget, clock, "first")
        try:
            work(first, clock, 6)
        except Crash:
            kills += 1
        enqueue(store, clock, people[:1], SMS_Delivery_Status__c="Failed")
        clock.advance(seconds=LEASE.total_seconds() + 1)

        work(make_pusher(store, org, budget, clock, "second"), clock, 6)

        assert status(emulator, people[0]) == "Failed"
        assert all_delivered(emulator, people[1:])
        assert count(store) == 0
        assert all(job.settled == job.records for job in jobs(store))
        if not kills:
            break
    assert kills > 5
