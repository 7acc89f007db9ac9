"""Record ids and batches."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.records import (
    BATCH_SIZE,
    RecordChange,
    RecordRef,
    batches,
    is_record_id,
    long_id,
    names_record,
)


def change(number, name="Contact", parent="", *, urgent=False):
    return RecordChange(
        record=RecordRef(name, f"{number:018}"),
        fields={},
        change_ids=frozenset({str(number)}),
        parent=parent,
        urgent=urgent,
    )


def test_fifteen_characters_get_their_three_check_characters():
    assert long_id("0015000000Gv7qJ") == "0015000000Gv7qJAAR"


def test_other_texts_stay_as_they_are():
    assert long_id("0015000000Gv7qJAAR") == "0015000000Gv7qJAAR"
    assert long_id("CASE-30") == "CASE-30"


def test_only_the_form_of_an_id_is_an_id():
    assert is_record_id("003000000000001AAA")
    assert is_record_id("003000000000001")
    assert not is_record_id("003' OR Id != '")


@given(st.integers(0, 3 * BATCH_SIZE))
def test_every_change_is_in_one_batch_of_at_most_two_hundred(count):
    cut = list(batches(change(number) for number in range(count)))

    assert sorted(len(batch) for batch in cut[:-1]) == [BATCH_SIZE] * (len(cut) - 1)
    assert sum(len(batch) for batch in cut) == count


def test_urgent_changes_go_first_and_objects_are_not_mixed():
    changes = [change(1), change(2, "Lead"), change(3, urgent=True)]

    cut = [[c.record.id[-1] for c in batch] for batch in batches(changes)]

    assert cut == [["3"], ["1"], ["2"]]


def test_rows_of_one_parent_lie_side_by_side():
    changes = [change(1, parent="B"), change(2, parent="A"), change(3, parent="B")]

    (batch,) = batches(changes)

    assert [c.parent for c in batch] == ["A", "B", "B"]


@given(st.lists(st.integers(1, 30), max_size=30), st.integers(0, 60), st.integers(1, 25))
def test_a_parent_s_rows_are_in_one_call_where_they_fit(families, alone, size):
    numbers = itertools.count()
    changes = [
        change(next(numbers), parent=f"P{name}")
        for name, count in enumerate(families)
        for _ in range(count)
    ]
    changes += [change(next(numbers)) for _ in range(alone)]

    cut = list(batches(changes, size))

    assert sorted(c.record.id for b in cut for c in b) == sorted(c.record.id for c in changes)
    assert all(0 < len(batch) <= size for batch in cut)
    for name, count in enumerate(families):
        calls = sum(any(c.parent == f"P{name}" for c in batch) for batch in cut)
        assert calls == -(-count // size)


def test_whole_families_cost_no_more_calls():
    changes = [change(n, parent=f"P{n // 7}") for n in range(1_700)]
    changes += [change(n) for n in range(1_700, 2_000)]

    assert len(list(batches(changes))) == 10


def test_a_record_without_an_id_is_named_by_an_external_id():
    record = RecordRef.keyed("SMS_Message__c", "Key__c", "kannel/a=b")

    assert record == RecordRef("SMS_Message__c", "Key__c=kannel/a=b")
    assert record.key == ("Key__c", "kannel/a=b")
    assert RecordRef("Contact", "003000000000001AAA").key is None


def test_records_with_and_without_an_id_are_not_mixed():
    keyed = RecordRef.keyed("SMS_Message__c", "Key__c", "kannel/1")
    changes = [
        change(1, "SMS_Message__c"),
        RecordChange(record=keyed, fields={}, change_ids=frozenset({"2"})),
        change(3, "SMS_Message__c"),
    ]

    cut = [[c.record.key_field for c in batch] for batch in batches(changes)]

    assert cut == [["", ""], ["Key__c"]]


def test_what_names_a_record_is_told_from_other_texts():
    assert names_record("003000000000001AAA")
    assert names_record("Key__c=kannel/42")
    assert not names_record("SM42")
    assert not names_record("=42")
    assert not names_record("Key__c=")
