"""Files of opt-outs: each row with its outcome, and never an opt-in by mistake."""

import io
from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.errors import ConfigurationError
from connector.pipeline.consent import Evidence, start, stop
from connector.pipeline.consent_export import COLUMNS, cells, harmless, opt_outs
from connector.pipeline.consent_file import CHUNK, Importing, import_rows, read_rows
from connector.pipeline.erasure import erase
from connector.pipeline.phone_reader import PhoneReader
from tests.support.events import MOBILE, NOON


OTHER = "+447700900111"
EARLIER = NOON - timedelta(days=1)
EARLY = EARLIER.isoformat()


def take(store, clock, text, *, dry=False, **changes):
    how = Importing(actor="user:ann", at=changes.pop("at", EARLIER), note="old CRM", **changes)
    _, rows = read_rows(io.StringIO(text), how.column)
    chunks = import_rows(store, rows, how, PhoneReader("GB"), clock, dry=dry)
    return [(each.row, each.result.value) for chunk in chunks for each in chunk]


def evidence(at, **changes):
    values = {
        "actor": "user:ann",
        "source": ConsentSource.OPERATOR,
        "reason": "r",
        "evidence": "e",
        **changes,
    }
    return Evidence(occurred_at=at, **values)


def found(store, phone=MOBILE):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.find([phone]).get(phone)


def opt_in(store, clock, at=NOON):
    start(store, MOBILE, evidence(at), clock, version=found(store).version)


def wipe(store, clock):
    erase(store, gateways.installed(), PhoneReader("GB"), clock, MOBILE, actor="user:ann")


class TestOptOuts:
    def test_are_added_with_their_line_as_evidence(self, store, clock):
        told = take(store, clock, f"phone\n07700 900456\n{OTHER}\n")

        assert told == [(2, "added"), (3, "added")]
        assert (found(store).opted_out, found(store).source) == (True, "Import")
        with store.transaction(reads=True) as transaction:
            (event,) = transaction.consents.events_of(MOBILE)
        assert (event.reason, event.evidence) == ("old CRM", "old CRM, row 2")
        assert (event.at, event.actor) == (EARLIER, "user:ann")

    def test_the_same_file_again_changes_nothing(self, store, clock):
        text = f"phone\n{MOBILE}\n{OTHER}\n{MOBILE}\n"
        take(store, clock, text)
        clock.advance(hours=1)

        told = take(store, clock, text)

        assert told == [(2, "known"), (3, "known"), (4, "known")]
        assert found(store).version == 1

    def test_two_numbers_of_one_moment_are_two(self, store, clock):
        assert take(store, clock, f"phone\n{MOBILE}\n{OTHER}\n") == [
            (2, "added"),
            (3, "added"),
        ]
        assert found(store, OTHER).opted_out

    def test_what_is_no_number_is_told(self, store, clock):
        text = "phone,name\n12,A\n,B\n=1+1,C\nCompany,D\n"

        assert {result for _, result in take(store, clock, text)} == {"not a number"}

    def test_a_later_opt_in_stands(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER - timedelta(days=1)), clock)
        opt_in(store, clock)

        told = take(store, clock, f"phone\n{MOBILE}\n")

        assert told == [(2, "later opt-in exists")]
        assert not found(store).opted_out

    def test_a_row_tells_its_own_time_brand_and_reason(self, store, clock):
        text = f"phone;occurred_at;scope;reason\n{MOBILE};{EARLY};shoes;left\n"
        take(store, clock, text, at=NOON)

        with store.transaction(reads=True) as transaction:
            (event,) = transaction.consents.events_of(MOBILE)
        assert (event.at, event.scope, event.reason) == (EARLIER, "shoes", "left")

    @pytest.mark.parametrize("time", ["yesterday", "2026-11-20", "2030-01-01T00:00:00Z"])
    def test_a_wrong_time_is_not_guessed(self, store, clock, time):
        text = f"phone,occurred_at\n{MOBILE},{time}\n"

        assert take(store, clock, text) == [(2, "not taken")]
        assert found(store) is None

    def test_an_erased_number_stays_erased(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER), clock)
        wipe(store, clock)

        told = take(store, clock, f"phone\n{MOBILE}\n{OTHER}\n", at=NOON)

        assert told == [(2, "known"), (3, "added")]
        with store.transaction(reads=True) as transaction:
            assert [s.phone for _, s in transaction.consents.opted_out(limit=9)] == [OTHER]
        assert found(store).version == 1

    def test_an_erased_number_that_opted_in_again_is_opted_out(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER), clock)
        wipe(store, clock)
        opt_in(store, clock)
        clock.advance(hours=1)

        assert take(store, clock, f"phone\n{MOBILE}\n", at=clock.now) == [(2, "added")]
        assert found(store).opted_out

    def test_are_taken_chunk_by_chunk(self, store, clock):
        numbers = [f"+4477009{n:05}" for n in range(CHUNK + 5)]

        told = take(store, clock, "phone\n" + "\n".join(numbers))

        assert len(told) == CHUNK + 5
        with store.transaction(reads=True) as transaction:
            assert transaction.consents.opted_out_count() == CHUNK + 5


class TestDryRun:
    def test_tells_the_same_and_changes_nothing(self, store, clock):
        text = f"phone\n{MOBILE}\n{OTHER}\n{MOBILE}\n12\n"

        told = take(store, clock, text, dry=True)

        assert found(store) is None
        with store.transaction(reads=True) as transaction:
            assert transaction.audit.head()[0] == 0
        assert told == take(store, clock, text)


class TestOptIns:
    HEAD = "phone,kind,occurred_at,reason,evidence"
    ROW = f"{HEAD},version\n{MOBILE},start,{EARLY},asked,form 12,1\n"

    def test_are_not_taken_unless_allowed(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER - timedelta(days=1)), clock)

        assert take(store, clock, self.ROW) == [(2, "not taken")]
        assert found(store).opted_out

    def test_count_with_later_evidence(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER - timedelta(days=1)), clock)

        assert take(store, clock, self.ROW, opt_ins=True) == [(2, "opted in")]
        assert not found(store).opted_out
        assert take(store, clock, self.ROW, opt_ins=True) == [(2, "known")]

    @pytest.mark.parametrize("seen", ["", ",version"])
    @pytest.mark.parametrize("version", ["", "1", "x"])
    def test_of_who_opted_out_name_the_version_that_was_seen(self, store, clock, seen, version):
        stop(store, [MOBILE], evidence(EARLIER - timedelta(days=2)), clock)
        stop(store, [MOBILE], evidence(EARLIER - timedelta(days=1)), clock)
        text = f"{self.HEAD}{seen}\n{MOBILE},start,{EARLY},asked,form 12"

        told = take(store, clock, f"{text},{version}\n", opt_ins=True)

        assert told == [(2, "version differs")]
        assert (found(store).opted_out, found(store).version) == (True, 2)

    def test_of_others_need_none(self, store, clock):
        text = f"{self.HEAD}\n{MOBILE},start,{EARLY},asked,form 12\n"

        take(store, clock, text, opt_ins=True)

        assert (found(store).opted_out, found(store).version) == (False, 1)

    def test_do_not_count_before_an_opt_out(self, store, clock):
        stop(store, [MOBILE], evidence(NOON), clock)

        assert take(store, clock, self.ROW, opt_ins=True) == [(2, "later opt-out exists")]
        assert (found(store).opted_out, found(store).version) == (True, 1)

    @pytest.mark.parametrize("lacking", ["occurred_at", "reason", "evidence"])
    def test_want_all_of_their_proof(self, store, clock, lacking):
        values = {"occurred_at": EARLY, "reason": "asked", "evidence": "form 12", lacking: ""}
        row = ",".join([MOBILE, "start", *values.values()])

        told = take(store, clock, f"phone,kind,{','.join(values)}\n{row}\n", opt_ins=True)

        assert told == [(2, "not taken")]

    def test_a_kind_that_nobody_knows_is_not_taken(self, store, clock):
        assert take(store, clock, f"phone,kind\n{MOBILE},pause\n") == [(2, "not taken")]


class TestReading:
    @pytest.mark.parametrize("text", ["", "\n", "phone number,name\n"])
    def test_wants_the_column_with_the_numbers(self, text):
        with pytest.raises(ConfigurationError):
            read_rows(io.StringIO(text), "phone")

    @pytest.mark.parametrize(
        "text", ["a;Phone\n1;2\n", "a\tPHONE \n1\t2\n", 'a,"phone"\n1,2\n']
    )
    def test_tells_delimiters_apart(self, text):
        names, rows = read_rows(io.StringIO(text), "Phone")

        assert list(names) == ["a", "phone"]
        assert list(rows) == [{"a": "1", "phone": "2"}]


class TestExport:
    def test_has_every_opt_out_with_its_evidence(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER, evidence="=call 12"), clock)
        stop(store, [OTHER], evidence(EARLIER), clock, scope="shoes")

        rows = [cells(each, quote=False) for page in opt_outs(store) for each in page]

        assert rows == [
            (OTHER, "shoes", EARLY, "Operator", "", "", "e", "1"),
            (MOBILE, "", EARLY, "Operator", "", "", "'=call 12", "1"),
        ]
        assert len(rows[0]) == len(COLUMNS)

    def test_goes_on_within_a_number_of_many_brands(self, store, clock):
        phones = [f"+4477009001{n:02}" for n in range(4)]
        for scope in ("", "a", "b"):
            stop(store, phones, evidence(EARLIER), clock, scope=scope)

        rows = [each for page in opt_outs(store, page=5) for each in page]

        assert len(rows) == 12
        assert [each.state.phone for each in rows] == sorted(phones * 3)

    def test_goes_in_again_as_it_came_out(self, store, clock):
        stop(store, [MOBILE], evidence(EARLIER), clock)
        (row,) = [cells(each, quote=True) for page in opt_outs(store) for each in page]
        text = ",".join(COLUMNS) + "\n" + ",".join(row)

        assert take(store, clock, text) == [(2, "known")]

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "\0x"])
    def test_no_cell_is_a_formula(self, text):
        assert harmless(text) == f"'{text}"

    def test_a_sender_that_is_no_number_is_marked(self, store):
        event = ConsentEvent(
            phone="=HYPERLINK(1)", kind=ConsentKind.STOP, received_at=NOON, gateway="kannel"
        )
        with store.transaction() as transaction:
            transaction.consents.record([(1, event)])

        (row,) = [cells(each, quote=False) for page in opt_outs(store) for each in page]

        assert row[0] == "'=HYPERLINK(1)"
