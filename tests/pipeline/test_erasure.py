"""A number is erased from every text of the database, and its opt-out still holds."""

import concurrent.futures
import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector import gateways, mapping
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.delivery import DeliveryEvent
from connector.domain.directory import DirectoryEntry
from connector.domain.records import Outcome, RecordRef, Verdict
from connector.pipeline.consent import ConflictError, Evidence, hear, settle, start, stop
from connector.pipeline.directory import keep_entries
from connector.pipeline.enqueue import enqueue
from connector.pipeline.erasure import erase
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.spellings import Spellings
from connector.pipeline.suppression import Rule, check
from tests.support.callbacks import dlr, reply
from tests.support.events import ALEX, MOBILE, NOON, arrival


OTHER = "+447700900111"
KIM = "00Q000000000001EAA"
READ = PhoneReader("GB")
NUMBER = Spellings(MOBILE)


def wipe(store, clock, phone=MOBILE, **changes):
    values = {"actor": "user:ann", **changes}
    return erase(store, gateways.installed(), READ, clock, phone, **values)


def holders_of(*records):
    return [
        DirectoryEntry(record=record, phones={"MobilePhone": "07700 900456"}, modified_at=NOON)
        for record in records
    ]


def asked(store, clock, phone=MOBILE):
    (answer,) = check(store, [phone], READ, clock, actor="test")
    return answer


@pytest.fixture
def mappings():
    return mapping.load_all(mapping.packaged())


@pytest.fixture
def full(store, clock, mappings):
    """The number in every table, in several spellings; and another person beside it."""
    store.inbox.keep(
        [
            dlr(1),
            dlr(1, message_id="43", ref=KIM, to="07700%20900456"),
            dlr(1, message_id="44", ref=ALEX, to="%2B447700900111"),
            reply("Stop"),
            reply("stop+texting+me+please+call+07700+900456", "%2B447700900111"),
            arrival("/callbacks/kannel", body=b'{"x":"(07700) 900-456"}', method="POST"),
            arrival("/callbacks/none", gateway="none", headers={"x-from": "00447700900456"}),
            arrival("/callbacks/kannel", parts={"from": MOBILE}),
        ]
    )
    with store.transaction() as t:
        keep_entries(t, holders_of(RecordRef("Contact", ALEX), RecordRef("Lead", KIM)), READ)
    normalise(store, gateways.installed(), READ, clock)
    store.register(
        [
            DeliveryEvent(
                gateway="sinch",
                message_id=f"batch/{MOBILE}",
                status=None,
                received_at=NOON,
                recipient=MOBILE,
                registered_record=KIM,
            )
        ]
    )
    match(store, mappings, clock)
    enqueue(store, mappings, clock)
    stop(store, [MOBILE], evidence(reason=f"{MOBILE} rang from 07700 900456"), clock)
    with store.transaction() as t:
        (change, *_) = t.outbox.pending("Contact", 5, NOON)
        refused = Outcome(
            change=change, verdict=Verdict.PARK, error_code="X", message=f"bad value: {MOBILE}"
        )
        t.writes.log([refused], NOON)
        t.writes.refuse([refused], NOON)
        t.writes.remember([change], NOON)
        t.marks.set("block_list:x:pull", f'{{"token": "after {MOBILE}"}}')
    return store


@pytest.mark.parametrize("records", [(RecordRef("Contact", ALEX), RecordRef("Lead", KIM))])
def test_a_stop_of_a_moment_ago_is_on_its_way_to_all_flags(store, clock, mappings, records):
    with store.transaction() as t:
        keep_entries(t, holders_of(*records), READ)
    enqueue(store, mappings, clock)
    stop(store, [MOBILE], evidence(), clock)

    wipe(store, clock, mappings=mappings)

    with store.transaction(reads=True) as t:
        waiting = [
            change
            for record in records
            for change in t.outbox.pending(record.object, 9, clock(), urgent=True)
        ]
    assert [each.record for each in waiting] == list(records)
    assert all(each.fields["SMS_Opt_Out__c"] is True for each in waiting)


def evidence(at=None, **changes):
    values = {
        "actor": "user:ann",
        "source": ConsentSource.OPERATOR,
        "reason": "asked on the phone",
        "evidence": "call 12",
        "occurred_at": at,
        **changes,
    }
    return Evidence(**values)


def texts_of(store_url):
    """Every text and byte of the database: of a server by its tables, else by its files."""
    if store_url.startswith("sqlite"):
        for path in sorted(Path(store_url.removeprefix("sqlite:///")).iterdir()):
            yield path.name, path.read_bytes().decode("latin-1")
        return
    engine = sa.create_engine(sa.make_url(store_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        for name in sa.inspect(engine).get_table_names():
            for row in connection.execute(sa.text(f"SELECT * FROM {name}")):  # noqa: S608
                for value in row:
                    yield (
                        name,
                        bytes(value).decode() if isinstance(value, bytes) else str(value),
                    )
    engine.dispose()


def places(store_url):
    return {name for name, text in texts_of(store_url) if NUMBER.found_in_request(text)}


class TestEverywhere:
    def test_nothing_of_it_is_left_in_the_database(self, full, store_url, clock):
        before = places(store_url)

        certificate = wipe(full, clock)

        assert before
        assert places(store_url) == set()
        assert certificate.done
        assert certificate.removed["callbacks"] == 7
        assert certificate.removed["directory_phones"] == 2
        assert certificate.holders == 2
        assert not NUMBER.found(repr(certificate))

    def test_the_other_person_stays(self, full, clock):
        wipe(full, clock)

        with full.transaction(reads=True) as t:
            assert t.deliveries.find("kannel", "44").recipient == OTHER
            assert len(t.consents.events_of(OTHER)) == 1
            assert t.deliveries.find("kannel", "42").recipient == ""

    def test_erasing_again_changes_nothing(self, full, clock):
        first = wipe(full, clock)

        again = wipe(full, clock)

        assert (again.version, again.opted_out) == (first.version, True)
        assert again.removed == {}

    def test_the_audit_tells_of_it_without_the_number(self, full, clock):
        certificate = wipe(full, clock)

        with full.transaction(reads=True) as t:
            (last,) = t.audit.entries(after=certificate.audit_number - 1, limit=9)
            assert list(t.audit.verify()) == []
        assert (last.act.action, last.act.actor) == ("erase", "user:ann")
        assert last.hash == certificate.audit_hash
        assert not NUMBER.found(repr(last))

    def test_a_number_that_nothing_was_said_of_is_erased_too(self, store, store_url, clock):
        store.inbox.keep([dlr(1)])

        certificate = wipe(store, clock)

        assert places(store_url) == set()
        assert (certificate.version, certificate.opted_out) == (0, False)
        assert asked(store, clock).sendable

    def test_a_sender_that_could_not_be_read_is_erased_too(self, store, store_url, clock):
        store.inbox.keep([reply("Stop", "07700900456")])
        normalise(store, gateways.installed(), PhoneReader(), clock)
        before = places(store_url)

        certificate = wipe(store, clock)

        assert before
        assert places(store_url) == set()
        assert certificate.removed["consent_events"] == 1

    def test_progress_is_told_up_to_the_end(self, full, clock):
        told = []

        wipe(full, clock, progress=lambda done, total: told.append((done, total)))

        assert told[-1][0] == told[-1][1]


class TestOptOut:
    def test_still_holds(self, full, clock):
        with full.transaction(reads=True) as t:
            before = t.consents.find([MOBILE])[MOBILE]

        certificate = wipe(full, clock)

        answer = asked(full, clock)
        assert (answer.sendable, answer.rule) == (False, Rule.OPTED_OUT)
        assert answer.version == certificate.version == before.version
        with full.transaction(reads=True) as t:
            assert t.consents.find([MOBILE])[MOBILE] == before

    def test_a_stop_that_nobody_had_read_yet_counts(self, store, store_url, clock):
        store.inbox.keep([reply("Stop")])

        wipe(store, clock)

        assert places(store_url) == set()
        assert asked(store, clock).rule is Rule.OPTED_OUT

    def test_what_could_not_be_read_may_have_been_a_stop(self, store, store_url, clock):
        store.inbox.keep(
            [arrival("/callbacks/none?from=447700900456", gateway="none", urgent=True)]
        )

        wipe(store, clock)

        assert places(store_url) == set()
        assert asked(store, clock).rule is Rule.UNDER_REVIEW

    def test_a_record_that_holds_the_number_again_gets_the_flag(self, full, clock, mappings):
        wipe(full, clock)

        with full.transaction() as t:
            keep_entries(t, holders_of(RecordRef("Contact", "003000000000009AAA")), READ)
        enqueue(full, mappings, clock)
        with full.transaction(reads=True) as t:
            waiting = t.outbox.waiting("003000000000009AAA")
        assert [
            each.fields["SMS_Opt_Out__c"] for each in waiting if each.topic == "consent"
        ] == [True]

    def test_a_start_with_later_evidence_ends_it(self, full, clock):
        wipe(full, clock)
        clock.advance(hours=2)

        with pytest.raises(ConflictError):
            start(full, MOBILE, evidence(clock.now), clock, version=0)
        version = asked(full, clock).version
        start(full, MOBILE, evidence(clock.now), clock, version=version)

        answer = asked(full, clock)
        assert (answer.sendable, answer.version) == (True, version + 1)

    def test_an_earlier_start_does_not(self, full, clock):
        wipe(full, clock)
        clock.advance(hours=2)

        with pytest.raises(ConflictError):
            start(
                full,
                MOBILE,
                evidence(NOON - timedelta(days=1)),
                clock,
                version=asked(full, clock).version,
            )

    def test_what_comes_later_counts_on_top_of_it(self, full, clock):
        version = wipe(full, clock).version
        full.inbox.keep([reply("START"), reply("Stop")])

        normalise(full, gateways.installed(), READ, clock)

        answer = asked(full, clock)
        assert not answer.sendable
        assert answer.version > version

    def test_erased_again_its_ledger_is_one(self, full, store_url, clock):
        wipe(full, clock)
        clock.advance(hours=2)
        stop(full, [MOBILE], evidence(), clock)
        version = asked(full, clock).version

        wipe(full, clock)

        assert places(store_url) == set()
        assert asked(full, clock).version == version

    def test_settled_doubts_stay_settled(self, store, clock):
        event = ConsentEvent(
            phone=MOBILE,
            kind=ConsentKind.REVIEW,
            received_at=NOON,
            gateway="kannel",
            message_id=f"m/{MOBILE}",
        )
        with store.transaction() as t:
            hear(t, [(1, event)])
        settle(store, MOBILE, event.id, evidence(), clock, version=1)

        wipe(store, clock)

        answer = asked(store, clock)
        assert (answer.sendable, answer.version) == (True, 2)

    def test_lists_leave_it_out(self, full, clock):
        wipe(full, clock)

        with full.transaction(reads=True) as t:
            assert [each.phone for _, each in t.consents.opted_out(limit=9)] == [OTHER]
            assert t.consents.opted_out_count() == 1
            assert t.consents.erased_count() == 1
            assert [each.phone for each in t.consents.with_questions(9)] == [OTHER]


def test_what_is_said_while_it_is_erased_is_neither_lost_nor_split(store, clock):
    stop(store, [MOBILE], evidence(), clock)

    def say(number):
        for count in range(8):
            event = ConsentEvent(
                phone=MOBILE,
                kind=ConsentKind.HELP,
                received_at=NOON,
                gateway="kannel",
                message_id=f"{number}-{count}",
            )
            with store.transaction() as t:
                hear(t, [(0, event)])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        saying = [pool.submit(say, number) for number in range(3)]
        erasing = pool.submit(lambda: [wipe(store, clock) for _ in range(4)])
        for each in (*saying, erasing):
            each.result()

    with store.transaction(reads=True) as t:
        assert len(t.consents.events_of(MOBILE)) == 25
        state = t.consents.find([MOBILE])[MOBILE]
        versions = [e.act.version_after for e in t.audit.entries(limit=99)]
        assert list(t.audit.verify()) == []
    assert (state.opted_out, state.version) == (True, 25)
    assert max(versions) == 25


def test_fields_on_their_way_lose_the_number_only(full, clock):
    with full.transaction(reads=True) as t:
        before = {each.topic: each.fields for each in t.outbox.waiting(ALEX)}

    wipe(full, clock)

    with full.transaction(reads=True) as t:
        after = {each.topic: each.fields for each in t.outbox.waiting(ALEX)}
    assert NUMBER.found(json.dumps(before, default=str))
    assert after["delivery"] == before["delivery"]
    assert after["consent"] == before["consent"]
    assert not NUMBER.found(json.dumps(after, default=str))


def test_every_table_is_gone_through_page_by_page(full):
    erasure = full.erasure()
    erasure._page = 1  # noqa: SLF001 (a big table, made small)

    found = {
        table.name: sum(len(rows) for _, rows in erasure.pages(table, NUMBER.digits))
        for table in erasure.tables()
    }

    assert found["deliveries"] == 3
    assert found["directory_phones"] == 2
    assert found["consent_events"] >= 2
