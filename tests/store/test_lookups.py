"""What is looked for, on both engines."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.store.lookups import Lookup
from tests.support.events import NOON


FOUND = Lookup(
    object="Row__c",
    scope="kannel",
    name="1",
    record_id="a77000000000001AAA",
    details=("003000000000001AAA",),
    attempts=2,
    since=NOON,
    asked_at=NOON + timedelta(minutes=1),
)
WAITS = Lookup(object="Row__c", scope="kannel", name="2", attempts=1, next_at=NOON)


def find(store, *names):
    with store.transaction() as t:
        return t.lookups.find("Row__c", [("kannel", name) for name in names])


@pytest.fixture
def known(store):
    with store.transaction() as t:
        t.lookups.put([WAITS, FOUND])


def test_what_is_wanted_is_due_at_once_and_once(store):
    with store.transaction() as t:
        t.lookups.want("Row__c", [("kannel", "1"), ("kannel", "1")])
        t.lookups.want("Row__c", [("kannel", "1")])
        (due,) = t.lookups.due(NOON, 10)

    assert (due.object, due.key, due.answered, due.given_up) == (
        "Row__c",
        ("kannel", "1"),
        False,
        False,
    )


def test_what_is_wanted_for_later_is_due_then(store):
    later = NOON + timedelta(minutes=5)
    with store.transaction() as t:
        t.lookups.want_at("Row__c", {("kannel", "1"): later})
        t.lookups.want_at("Row__c", {("kannel", "1"): NOON})

        assert t.lookups.due(later - timedelta(seconds=1), 10) == []
        assert [each.key for each in t.lookups.due(later, 10)] == [("kannel", "1")]


@pytest.mark.usefixtures("known")
def test_what_is_forgotten_was_never_known(store):
    with store.transaction() as t:
        gone = t.lookups.forget("Row__c", [("kannel", "1"), ("kannel", "3")])

    assert gone == 1
    assert find(store, "1", "2") == {("kannel", "2"): WAITS}


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)  # SQLite has one writer
@pytest.mark.usefixtures("known")
def test_what_is_found_stays_so_and_what_is_only_read_may_change(store, store_url):
    """An answer waits for whoever matches with what was known before, and for nobody else."""
    engine = sa.create_engine(sa.make_url(store_url).set(drivername="postgresql+psycopg"))
    lock = sa.text("SELECT name FROM lookups ORDER BY name FOR UPDATE SKIP LOCKED")

    def free():
        with engine.connect() as connection:
            return set(connection.execute(lock).scalars())

    wanted = [("kannel", "1")]
    with store.transaction() as t:
        t.lookups.find("Row__c", wanted)
        held = free()
    with store.transaction() as t:
        read = t.lookups.read("Row__c", wanted)
        unheld = free()
    engine.dispose()

    assert (held, unheld) == ({"2"}, {"1", "2"})
    assert read == {("kannel", "1"): FOUND}


@pytest.mark.usefixtures("known")
def test_answers_come_back_as_they_were_put(store):
    assert find(store, "1", "2", "3") == {("kannel", "1"): FOUND, ("kannel", "2"): WAITS}


@pytest.mark.usefixtures("known")
def test_wanting_what_is_found_changes_nothing(store):
    with store.transaction() as t:
        t.lookups.want("Row__c", [("kannel", "1")])

    assert find(store, "1") == {("kannel", "1"): FOUND}


@pytest.mark.usefixtures("known")
def test_only_what_waits_is_due_and_not_before_its_time(store):
    with store.transaction(reads=True) as t:
        assert t.lookups.due(NOON - timedelta(seconds=1), 10) == []
        assert t.lookups.due(NOON, 10) == [WAITS]


@pytest.mark.usefixtures("known")
def test_what_is_reopened_is_looked_for_anew(store):
    with store.transaction() as t:
        t.lookups.reopen("Row__c", [("kannel", "1")])
        due = t.lookups.due(NOON, 10)

    again = next(each for each in due if each.name == "1")
    assert (again.record_id, again.attempts, again.since) == ("", 0, None)


@pytest.mark.usefixtures("known")
def test_is_found_by_its_record_and_by_its_scope(store):
    with store.transaction(reads=True) as t:
        assert t.lookups.of_records([FOUND.record_id, "", "x"]) == [FOUND]
        assert t.lookups.found_in("Row__c", "kannel") == [FOUND]


@pytest.mark.usefixtures("known")
def test_records_that_are_gone_and_were_named_by_ids_do_not_hide_those_that_were_found(store):
    named = "a77000000000009AAA"
    with store.transaction() as t:
        for minutes, record_id in enumerate((named, FOUND.record_id)):
            change = RecordChange(
                record=RecordRef("Row__c", record_id), fields={}, change_ids=frozenset()
            )
            gone = Outcome(change=change, verdict=Verdict.PARK, error_code="ENTITY_IS_DELETED")
            t.writes.refuse([gone], NOON + timedelta(minutes=minutes))

        found = t.directory.gone(["Row__c"], 1)

    assert [each.id for each in found] == [FOUND.record_id]


def test_objects_are_told_apart(store):
    with store.transaction() as t:
        t.lookups.want("Row__c", [("kannel", "1")])
        t.lookups.want("Other__c", [("kannel", "1")])

        assert len(t.lookups.due(NOON, 10)) == 2
        assert len(t.lookups.find("Other__c", [("kannel", "1")])) == 1
