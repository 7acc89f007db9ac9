"""Answers are counted where they are kept, on both engines."""

import pytest

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from tests.support.events import ALEX


def outcome(verdict, name="Contact"):
    change = RecordChange(record=RecordRef(name, ALEX), fields={}, change_ids=frozenset())
    return Outcome(change=change, verdict=verdict)


def test_they_add_up(store):
    for _ in range(2):
        with store.transaction() as t:
            t.answers.count([outcome(Verdict.WRITTEN)] * 3 + [outcome(Verdict.PARK)])

    with store.transaction(reads=True) as t:
        assert t.answers.counts() == {("Contact", "park"): 2, ("Contact", "written"): 6}


def test_what_is_rolled_back_was_not_answered(store):
    def fail():
        with store.transaction() as t:
            t.answers.count([outcome(Verdict.WRITTEN)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with store.transaction(reads=True) as t:
        assert t.answers.counts() == {}
