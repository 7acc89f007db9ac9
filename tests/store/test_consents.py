"""The ledger of consent: only added to, folded as Python folds, each change in the audit."""

import dataclasses
import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource, fold
from connector.domain.errors import ConfigurationError
from connector.store import Store
from connector.store.audit import Act
from tests.support.events import MOBILE, NOON, consent_events


FRESH = itertools.count(447_700_000_000)
OTHER = "+447700900999"


def said(kind=ConsentKind.STOP, minutes=0, phone=MOBILE, **changes):
    at = NOON + timedelta(minutes=minutes)
    values = {"gateway": "kannel", "received_at": at, "occurred_at": at, **changes}
    return ConsentEvent(phone=phone, kind=kind, **values)


def record(store, *events):
    with store.transaction() as t:
        return t.consents.record((7, event) for event in events)


def found(store, phone=MOBILE):
    with store.transaction(reads=True) as t:
        return t.consents.find([phone]).get(phone)


class TestLedger:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(st.lists(consent_events, min_size=1, max_size=5))
    def test_the_state_is_the_fold_of_all_that_was_recorded(self, store, events):
        phone = str(next(FRESH))
        events = [dataclasses.replace(event, phone=phone) for event in events]

        for event in events:
            record(store, event)

        assert found(store, phone) == fold(phone, events)

    @pytest.mark.parametrize("told_first", [0, 30])
    def test_a_stop_that_is_told_again_counts_as_of_then(self, store, told_first):
        def at(seconds):
            return NOON + timedelta(seconds=seconds)

        stop = said(occurred_at=at(6), received_at=at(told_first))
        start = said(
            ConsentKind.START,
            source=ConsentSource.API,
            gateway="",
            occurred_at=at(60),
            received_at=at(10),
        )

        record(store, stop, start)
        before = found(store).opted_out
        record(store, dataclasses.replace(stop, received_at=at(30 - told_first)))

        assert (before, found(store).opted_out) == (told_first == 30, True)
        with store.transaction(reads=True) as t:
            assert t.consents.events_of(MOBILE)[0].received_at == at(30)

    def test_the_same_thing_said_twice_is_there_once(self, store):
        first = record(store, said(), said())
        second = record(store, said())

        assert [len(first), len(second)] == [1, 0]
        assert found(store).version == 1

    def test_comes_out_as_it_went_in(self, store):
        event = said(
            ConsentKind.START,
            occurred_at=None,
            source=ConsentSource.API,
            account="europe",
            message_id="m1",
            sender="+12015550100",
            keyword="START",
            scope="shoes",
            actor="key:crm",
            reason="web form",
            evidence="form 12",
            about="abc",
        )
        record(store, event)

        with store.transaction(reads=True) as t:
            assert t.consents.events_of(MOBILE) == [event]
            assert t.consents.said_by(MOBILE, 5) == [(7, event)]

    def test_tells_the_versions_around_each(self, store):
        told = record(store, said(), said(minutes=1), said(phone=OTHER))

        assert [(r.event.phone, r.version_before, r.version_after) for r in told] == [
            (MOBILE, 0, 1),
            (MOBILE, 1, 2),
            (OTHER, 0, 1),
        ]

    def test_the_lock_tells_the_version(self, store):
        record(store, said())

        with store.transaction() as t:
            assert t.consents.lock([OTHER, MOBILE]) == {MOBILE: 1, OTHER: 0}

    def test_a_number_that_was_only_locked_is_unknown(self, store):
        with store.transaction() as t:
            t.consents.lock([OTHER])

        assert found(store, OTHER) is None


class TestScopes:
    def test_a_stop_to_a_brand_leaves_the_others(self, store):
        record(store, said(scope="shoes"))

        with store.transaction(reads=True) as t:
            states = t.consents.states([MOBILE])[MOBILE]
        assert {scope: state.opted_out for scope, state in states.items()} == {
            "": False,
            "shoes": True,
        }

    def test_a_stop_to_everybody_counts_in_every_brand(self, store):
        record(store, said(ConsentKind.HELP, scope="shoes"), said())

        with store.transaction(reads=True) as t:
            states = t.consents.states([MOBILE])[MOBILE]
        assert {state.opted_out for state in states.values()} == {True}

    def test_the_strictest_is_the_answer_for_a_record(self, store):
        record(store, said(scope="shoes", keyword="STOP"))

        assert (found(store).opted_out, found(store).keyword) == (True, "STOP")


class TestLists:
    def test_what_waits_for_a_person_is_found_the_oldest_first(self, store):
        record(store, said(ConsentKind.REVIEW, 5), said(ConsentKind.REVIEW, 1, phone=OTHER))
        record(store, said(phone="+447700900111"))

        with store.transaction(reads=True) as t:
            assert [each.phone for each in t.consents.with_questions(9)] == [OTHER, MOBILE]
            assert t.consents.questions_count() == 2

    def test_opted_out_numbers_are_listed_page_by_page(self, store):
        phones = [f"+4477009001{n:02}" for n in range(5)]
        record(store, *(said(phone=phone) for phone in phones))

        with store.transaction(reads=True) as t:
            first = t.consents.opted_out(limit=3)
            rest = t.consents.opted_out(after=first[-1][1].phone, limit=3)
            count = t.consents.opted_out_count()
        assert [each.phone for _, each in (*first, *rest)] == phones
        assert count == 5


class TestAudit:
    def test_has_each_change_of_consent_without_the_number(self, store):
        record(store, said(), said(ConsentKind.START, 60, source="API", actor="key:crm"))

        with store.transaction(reads=True) as t:
            entries = t.audit.entries(limit=9)
        assert [(e.number, e.act.actor, e.act.action) for e in entries] == [
            (1, "gateway:kannel", "consent.stop"),
            (2, "key:crm", "consent.start"),
        ]
        assert {entry.act.subject for entry in entries} == {store.pseudonym(MOBILE)}
        assert MOBILE[1:] not in repr(entries)

    def test_is_whole_while_nobody_touches_it(self, store):
        record(store, said())
        with store.transaction() as t:
            t.audit.append([Act(at=NOON, actor="user:ann", action="export") for _ in range(3)])

        with store.transaction(reads=True) as t:
            assert list(t.audit.verify()) == []
            assert t.audit.head()[0] == 4

    @pytest.mark.parametrize(
        "damage, number, fault",
        [
            ("UPDATE audit SET actor = 'user:eve' WHERE number = 2", 2, "was changed"),
            ("UPDATE audit SET version_after = 9 WHERE number = 3", 3, "was changed"),
            ("DELETE FROM audit WHERE number = 2", 2, "is missing"),
            ("DELETE FROM audit WHERE number = 4", 4, "is missing at the end"),
            ("DELETE FROM audit", 1, "is missing at the end"),
            ("UPDATE audit SET previous = 'x' WHERE number = 1", 1, "does not name"),
        ],
    )
    def test_shows_where_somebody_did(self, store, damage, number, fault):
        record(store, *(said(minutes=n) for n in range(4)))
        with store.transaction() as t:
            t.audit._connection.exec_driver_sql(damage)  # noqa: SLF001 (what a thief would do)

        with store.transaction(reads=True) as t:
            first = next(t.audit.verify())
        assert first.number == number
        assert first.fault.startswith(fault)

    def test_finds_what_was_done_about_one_number(self, store):
        record(store, said(), said(phone=OTHER), said(minutes=2))

        with store.transaction(reads=True) as t:
            found = t.audit.entries(subject=store.pseudonym(MOBILE), limit=9)
        assert [entry.number for entry in found] == [1, 3]


class TestPrivacyKey:
    @pytest.fixture
    def address(self, tmp_path):
        return f"sqlite:///{tmp_path / 'own'}"

    def name(self, address, **given):
        store = Store.open(address, **given)
        try:
            return store.pseudonym(MOBILE)
        finally:
            store.close()

    def test_the_database_has_one_of_its_own_for_ever(self, address, tmp_path):
        names = {self.name(address) for _ in range(2)}

        assert len(names) == 1
        assert names.isdisjoint({self.name(f"sqlite:///{tmp_path / 'another'}")})

    def test_a_given_one_counts(self, address):
        assert self.name(address, privacy_key="k1") == self.name(address, privacy_key="k1")

    @pytest.mark.parametrize(
        "before, after, told",
        [
            ({"privacy_key": "k1"}, {"privacy_key": "k2"}, "is not the key"),
            ({"privacy_key": "k1"}, {}, "set it to the same key"),
            ({}, {"privacy_key": "k1"}, "is not the key"),
        ],
    )
    def test_another_one_is_refused(self, address, before, after, told):
        self.name(address, **before)

        with pytest.raises(ConfigurationError, match=told):
            self.name(address, **after)
