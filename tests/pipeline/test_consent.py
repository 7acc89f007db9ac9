"""Consent told by us: opt-outs apply at once, opt-ins with evidence only."""

from datetime import timedelta

import pytest

from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.pipeline.consent import ConflictError, Evidence, hear, settle, start, stop
from tests.support.events import ALEX, MOBILE, NOON


def evidence(minutes=None, **changes):
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    values = {
        "actor": "key:crm",
        "source": ConsentSource.API,
        "reason": "asked on the phone",
        "evidence": "call 12",
        "occurred_at": at,
        **changes,
    }
    return Evidence(**values)


def say(store, kind, minutes=0, **changes):
    at = NOON + timedelta(minutes=minutes)
    event = ConsentEvent(
        phone=MOBILE,
        kind=ConsentKind(kind),
        received_at=at,
        occurred_at=at,
        gateway="kannel",
        **changes,
    )
    with store.transaction() as transaction:
        hear(transaction, [(1, event)])
    return event


def found(store):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.find([MOBILE])[MOBILE]


def test_an_opt_out_applies_whatever_is_known(store, clock):
    state = stop(store, [MOBILE], evidence(), clock)[MOBILE]

    assert (state.opted_out, state.source, state.version) == (True, "API", 1)


def test_every_record_with_the_number_is_worked_out_first(store, clock):
    entry = DirectoryEntry(record=RecordRef("Contact", ALEX), phones={}, modified_at=NOON)
    with store.transaction() as transaction:
        transaction.directory.put([entry], {ALEX: {"MobilePhone": MOBILE}})
        transaction.outbox.unmark([entry.record])

    stop(store, [MOBILE], evidence(), clock)

    with store.transaction(reads=True) as transaction:
        assert transaction.outbox.claim_marked(9) == [entry.record]


class TestStart:
    def test_with_later_evidence_and_the_version_it_saw_counts(self, store, clock):
        say(store, "stop")

        state = start(store, MOBILE, evidence(5), clock, version=1)

        assert (state.opted_out, state.version) == (False, 2)
        assert not found(store).opted_out

    @pytest.mark.parametrize("minutes", [-1, 0])
    def test_with_evidence_that_is_no_later_is_refused(self, store, clock, minutes):
        say(store, "stop")

        with pytest.raises(ConflictError, match="not later") as refused:
            start(store, MOBILE, evidence(minutes), clock, version=1)

        assert refused.value.consent.opted_out
        assert found(store).version == 1

    def test_that_saw_another_version_is_refused(self, store, clock):
        say(store, "stop")
        say(store, "stop", 1)

        with pytest.raises(ConflictError, match="at version 2 now, not 1"):
            start(store, MOBILE, evidence(5), clock, version=1)

    def test_of_a_brand_leaves_the_rest_opted_out(self, store, clock):
        say(store, "stop")

        state = start(store, MOBILE, evidence(5), clock, version=1, scope="shoes")

        assert not state.opted_out
        assert found(store).opted_out

    @pytest.mark.parametrize("lack", [{"reason": ""}, {"evidence": ""}, {"occurred_at": None}])
    def test_without_evidence_is_a_mistake_of_the_caller(self, store, clock, lack):
        with pytest.raises(ValueError, match="wants a time, a reason and evidence"):
            start(store, MOBILE, evidence(5, **lack), clock, version=0)


class TestSettle:
    def test_a_doubt_holds_no_more(self, store, clock):
        doubt = say(store, "review")

        state = settle(store, MOBILE, doubt.id, evidence(), clock, version=1)

        assert (state.opted_out, state.questions) == (False, 0)

    def test_a_stop_stays(self, store, clock):
        word = say(store, "stop")

        with pytest.raises(ConflictError, match="no such question"):
            settle(store, MOBILE, word.id, evidence(), clock, version=1)

        assert found(store).opted_out

    def test_somebody_who_was_slower_is_told(self, store, clock):
        doubt = say(store, "review")
        say(store, "stop", 3)

        with pytest.raises(ConflictError, match="version 2"):
            settle(store, MOBILE, doubt.id, evidence(), clock, version=1)
