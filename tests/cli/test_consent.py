"""`connector consent`: what was said of a number, and deciding what is open."""

import json
from datetime import timedelta

import pytest

from connector import gateways, mapping
from connector.clock import system_clock
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.domain.records import RecordRef
from connector.pipeline.consent import hear
from connector.pipeline.directory import keep_entries
from connector.pipeline.enqueue import enqueue
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from tests.support.callbacks import reply
from tests.support.events import ALEX, MOBILE


NOW = system_clock()
OTHER = "+447700900111"
LOCAL = "07700 900456"
PROOF = ("--reason", "asked", "--evidence", "form 12")


def say(store, kind, days=1, **changes):
    at = NOW - timedelta(days=days)
    values = {"phone": MOBILE, "gateway": "kannel", **changes}
    event = ConsentEvent(kind=ConsentKind(kind), received_at=at, occurred_at=at, **values)
    with store.transaction() as transaction:
        hear(transaction, [(0, event)])
    return event.id


@pytest.fixture
def ask(operate):
    def run(*arguments, **variables):
        return operate("consent", *arguments, DEFAULT_REGION="GB", **variables)

    return run


def wrong(answer, told):
    assert isinstance(answer.exception, ConfigurationError)
    assert told in str(answer.exception)


def failed(answer, told):
    assert type(answer.exception) is ConnectorError
    assert told in str(answer.exception)


class TestShow:
    def test_begins_with_what_holds_and_since_when(self, store, ask):
        say(store, "stop", keyword="STOP")

        answer = ask("show", LOCAL)

        first, second, *_ = answer.stdout.splitlines()
        at = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M}"
        assert first == f"{MOBILE} must NOT be texted: opted out since {at} UTC"
        assert second.split() == ["because", "Reply", "'STOP'"]
        assert answer.exit_code == 0

    def test_tells_who_asked_what_is_open_and_what_salesforce_has(self, store, ask):
        store.inbox.keep([reply("please+stop+texting+me")])
        entry = DirectoryEntry(
            record=RecordRef("Contact", ALEX), phones={"MobilePhone": MOBILE}, modified_at=NOW
        )
        with store.transaction() as t:
            keep_entries(t, [entry], PhoneReader())
        normalise(store, gateways.installed(), PhoneReader(), system_clock)
        enqueue(store, mapping.load_all(mapping.packaged()), system_clock)
        ask("check", MOBILE)

        words = " ".join(ask("show", MOBILE).stdout.split())

        assert "under review since" in words
        assert "asked and was told no: under review" in words
        assert "may be a STOP in other words" in words
        assert f"{ALEX} in MobilePhone: has nothing of it; a change is on its way" in words

    def test_never_is_wider_than_the_screen(self, store, ask):
        say(store, "stop", reason="x" * 90, actor="key:crm", evidence="form 12")

        lines = ask("show", MOBILE).stdout.splitlines()

        assert max(map(len, lines)) <= 80

    def test_shows_what_strangers_wrote_without_power(self, store, ask):
        say(store, "stop", keyword="\x1b[2J")

        assert "\x1b" not in ask("show", MOBILE).stdout

    def test_prints_json(self, store, ask):
        identity = say(store, "review")

        told = json.loads(ask("show", MOBILE, "--json").stdout)

        assert (told["phone"], told["opted_out"], told["version"]) == (MOBILE, True, 1)
        assert [each["id"] for each in told["open"]] == [identity]
        assert told["said"][0]["kind"] == "review"

    def test_of_an_unknown_number_says_so(self, ask):
        failed(ask("show", MOBILE), "nothing is known of +447700900456")

    @pytest.mark.parametrize("text", ["12", "Company", "", "=1+1"])
    def test_wants_a_number(self, ask, text):
        wrong(ask("show", text), "is no phone number")

    def test_without_a_database_says_which_setting(self, operate_nowhere):
        wrong(operate_nowhere("consent", "show", MOBILE), "there is no database here")


class TestCheck:
    def test_says_yes_and_keeps_the_answer(self, store, ask):
        answer = ask("check", MOBILE)

        assert answer.exit_code == 0
        assert "yes" in answer.stdout
        with store.transaction(reads=True) as t:
            (kept,) = t.decisions.about(t.pseudonym(MOBILE), 9)
        assert kept.actor.startswith("user:")

    def test_ends_with_1_if_any_may_not_be_texted(self, store, ask):
        say(store, "stop")

        answer = ask("check", OTHER, LOCAL, "12", "--json")

        told = json.loads(answer.stdout)
        assert answer.exit_code == 1
        assert [each["sendable"] for each in told] == [True, False, False]
        assert [each["rule"] for each in told] == [
            "nothing_against",
            "opted_out",
            "not_a_number",
        ]

    def test_asks_for_a_brand(self, store, ask):
        say(store, "stop", scope="shoes")

        assert ask("check", MOBILE, "--scope", "hats").exit_code == 0
        assert ask("check", MOBILE, "--scope", "shoes").exit_code == 1
        assert ask("check", MOBILE).exit_code == 1

    def test_of_a_sender_asks_for_its_brand(self, ask, store):
        say(store, "stop", scope="shoes")
        brands = {"BRANDS": "shoes=SHOES; hats=HATS"}

        assert ask("check", MOBILE, "--sender", "hats", **brands).exit_code == 0
        assert ask("check", MOBILE, "--sender", "shoes", **brands).exit_code == 1
        assert ask("check", MOBILE, "--sender", "socks", **brands).exit_code == 1

    @pytest.mark.parametrize(
        "options, fault",
        [
            (("--scope", "shoe"), "CONNECTOR_BRANDS has shoes, hats"),
            (("--scope", "shoes", "--sender", "hats"), "not both"),
        ],
    )
    def test_of_a_brand_that_nobody_knows_is_a_mistake(self, ask, options, fault):
        wrong(ask("check", MOBILE, *options, BRANDS="shoes=SHOES; hats=HATS"), fault)


class TestRecord:
    def test_a_stop_counts_at_once(self, store, ask):
        answer = ask("record", LOCAL, "--stop", "--reason", "asked on the phone")

        assert "must NOT be texted: opted out" in answer.stdout
        with store.transaction(reads=True) as t:
            (event,) = t.consents.events_of(MOBILE)
        assert (event.source, event.reason) == ("Operator", "asked on the phone")
        assert event.actor.startswith("user:")

    def test_a_start_without_a_version_shows_the_state(self, store, ask):
        say(store, "stop")

        answer = ask("record", MOBILE, "--start", *PROOF, "--at", NOW.isoformat())

        wrong(answer, "must NOT be texted: opted out since")
        wrong(answer, "say --version 1")

    def test_a_start_with_everything_counts(self, store, ask):
        say(store, "stop")

        answer = ask(
            "record", MOBILE, "--start", *PROOF, "--at", NOW.isoformat(), "--version", 1
        )

        assert f"{MOBILE} may be texted" in answer.stdout
        assert ask("check", MOBILE).exit_code == 0

    @pytest.mark.parametrize("version,days", [(0, 0), (7, 0), (1, 3)])
    def test_a_start_that_does_not_count_is_told(self, store, ask, version, days):
        say(store, "stop")
        at = (NOW - timedelta(days=days)).isoformat()

        answer = ask("record", MOBILE, "--start", *PROOF, "--at", at, "--version", version)

        failed(answer, "not done")
        assert ask("check", MOBILE).exit_code == 1

    @pytest.mark.parametrize(
        "options,told",
        [
            ([], "say --stop or --start"),
            (["--stop", "--start"], "say --stop or --start"),
            (["--start"], "say --reason"),
            (["--start", "--reason", "x"], "say --evidence"),
            (["--start", *PROOF], "say --at"),
            (["--stop", "--at", "yesterday"], "write a time with its zone"),
            (["--stop", "--at", "2026-11-20"], "write a time with its zone"),
            (["--stop", "--at", "2126-11-23T10:00:00Z"], "lies in the future"),
            (["--stop", "--reason", "a\nb"], "in one line"),
            (["--stop", "--reason", "x" * 501], "at most 500"),
        ],
    )
    def test_says_what_to_change(self, ask, options, told):
        wrong(ask("record", MOBILE, *options), told)


class TestList:
    def test_lists_page_by_page(self, store, ask):
        for number in (MOBILE, OTHER):
            say(store, "stop", phone=number)

        first = ask("list", "--limit", 1)
        second = ask("list", "--limit", 1, "--after", OTHER)

        assert OTHER in first.stdout
        assert f"2 opted out; go on with --after {OTHER}" in first.stdout
        assert MOBILE in second.stdout

    def test_prints_json(self, store, ask):
        say(store, "stop", scope="shoes")

        told = json.loads(ask("list", "--json").stdout)

        assert (told["total"], told["erased"]) == (1, 0)
        assert [(each["phone"], each["scope"]) for each in told["opted_out"]] == [
            (MOBILE, "shoes")
        ]

    def test_a_page_ends_behind_all_brands_of_a_number(self, store, ask):
        for scope in ("", "hats", "shoes"):
            say(store, "stop", phone=OTHER, scope=scope)
        say(store, "stop")

        first = json.loads(ask("list", "--limit", 2, "--json").stdout)

        assert [each["phone"] for each in first["opted_out"]] == [OTHER] * 3

    def test_lists_what_is_open(self, store, ask):
        say(store, "review")

        assert MOBILE in ask("list", "--review").stdout

    def test_of_nothing_is_short(self, ask):
        assert ask("list").stdout == "0 opted out\n"
        assert ask("list", "--review").stdout == "nothing waits for a decision\n"

    @pytest.mark.parametrize(
        "options", [["--opted-out", "--review"], ["--review", "--after", MOBILE]]
    )
    def test_wants_one_list(self, ask, options):
        assert isinstance(ask("list", *options).exception, ConfigurationError)


class TestReview:
    def test_lists_the_oldest_first_with_their_clock(self, store, ask):
        say(store, "review", 1)
        say(store, "review", 30, phone=OTHER)

        answer = ask("review")

        assert answer.exit_code == 1
        _, first, second, *_ = answer.stdout.splitlines()
        assert OTHER in first
        assert "OVERDUE by" in first
        assert MOBILE in second
        assert "due 20" in second

    def test_of_nothing_overdue_ends_with_0(self, store, ask):
        say(store, "review")

        assert ask("review").exit_code == 0

    def test_of_a_number_shows_the_text_and_what_to_call(self, store, ask):
        store.inbox.keep([reply("please+stop+texting+me%1b")])
        normalise(store, gateways.installed(), PhoneReader(), system_clock)

        answer = ask("review", MOBILE)

        assert "«please stop texting me\\x1b»" in answer.stdout
        assert "--confirm (or --dismiss) --reason TEXT --version 1" in answer.stdout
        assert max(map(len, answer.stdout.splitlines())) <= 80
        told = json.loads(ask("review", MOBILE, "--json").stdout)
        assert told[0]["texts"] == ["please stop texting me\x1b"]

    def test_a_confirmed_doubt_is_a_stop(self, store, ask):
        identity = say(store, "review")

        answer = ask(
            "review", MOBILE, identity[:6], "--confirm", "--reason", "clear", "--version", 1
        )

        assert "opted out since" in answer.stdout
        assert ask("review").stdout == "nothing waits for a decision\n"

    def test_a_dismissed_one_holds_no_more(self, store, ask):
        identity = say(store, "review")

        ask("review", MOBILE, identity, "--dismiss", "--reason", "a joke", "--version", 1)

        assert ask("check", MOBILE).exit_code == 0

    def test_a_request_is_accepted_with_evidence(self, store, ask):
        say(store, "stop", 3)
        identity = say(store, "request", 2, source=ConsentSource.SALESFORCE, gateway="")
        decide = ("review", MOBILE, identity, "--accept", "--version", 2)

        lacking = ask(*decide, "--reason", "x")
        answer = ask(*decide, *PROOF, "--at", NOW.isoformat())

        wrong(lacking, "say --evidence")
        assert "may be texted" in answer.stdout
        assert ask("review").stdout == "nothing waits for a decision\n"

    def test_a_decision_on_an_old_version_is_told(self, store, ask):
        identity = say(store, "review", 2)
        say(store, "help", 1)

        answer = ask(
            "review", MOBILE, identity, "--confirm", "--reason", "clear", "--version", 1
        )

        failed(answer, "is at version 2 now, not 1")
        failed(answer, "under review since")

    @pytest.mark.parametrize(
        "options,told",
        [
            (["--accept", "--reason", "x", "--version", 1], "this is a doubt"),
            (["--confirm", "--version", 1], "say --reason"),
            (["--confirm", "--reason", "x"], "say --version 1"),
            ([], "say --confirm, --dismiss or --accept"),
        ],
    )
    def test_says_what_to_change(self, store, ask, options, told):
        wrong(ask("review", MOBILE, say(store, "review"), *options), told)

    def test_a_decision_wants_a_question(self, ask):
        wrong(ask("review", MOBILE, "--confirm"), "wants the number and the id")
        failed(
            ask("review", MOBILE, "abc", "--confirm", "--reason", "x"), "no open question abc"
        )


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "list.csv"
        path.write_text(f"\ufeffphone,name\n{LOCAL},A\n=1+1,B\n", encoding="utf-8")
        return path

    def test_an_import_tells_each_row_beside_the_file(self, store, ask, file):
        answer = ask("import", file, "--source-note", "old CRM")

        report = file.with_name("list.report.csv").read_text()
        assert answer.exit_code == 1
        assert "1  added" in answer.stdout
        assert report.splitlines() == [
            "row,phone,outcome,detail",
            f"2,{MOBILE},added,",
            "3,'=1+1,not a number,",
        ]
        with store.transaction(reads=True) as t:
            assert t.consents.find([MOBILE])[MOBILE].opted_out
            assert t.audit.entries(limit=9)[-1].act.action == "consent.import"

    def test_the_same_file_again_changes_nothing(self, ask, file):
        ask("import", file)

        told = json.loads(ask("import", file, "--json").stdout)

        assert (told["rows"]["known"], told["rows"]["added"]) == (1, 0)

    def test_a_dry_run_changes_nothing(self, store, ask, file):
        told = json.loads(ask("import", file, "--dry-run", "--json").stdout)

        assert told["rows"]["added"] == 1
        with store.transaction(reads=True) as t:
            assert t.consents.opted_out_count() == 0
            assert t.audit.head()[0] == 0

    @pytest.mark.parametrize(
        "content,options,told",
        [
            (b"", [], "the file is empty"),
            (b"name\nA\n", [], "no column 'phone'"),
            (b"phone\n\xff\xfe\n", [], "is not UTF-8"),
            (b"\xff\xfep\0h\0", [], "is not UTF-8"),
            (b'phone\n"' + b"x" * 200_000, [], "is no CSV file"),
            (b"phone\n1\n", ["--opt-ins"], "--opt-ins wants columns"),
            (b"phone\n1\n", ["--at", "now"], "write a time with its zone"),
        ],
    )
    def test_an_import_says_what_to_change(self, ask, tmp_path, content, options, told):
        path = tmp_path / "list.csv"
        path.write_bytes(content)

        wrong(ask("import", path, *options), told)

    def test_an_import_wants_a_file(self, ask, tmp_path):
        wrong(ask("import", tmp_path / "none.csv"), "cannot be read")
        wrong(ask("import", tmp_path), "cannot be read")

    def test_an_export_is_for_its_owner_only_and_in_the_audit(self, store, ask, tmp_path):
        say(store, "stop", keyword="STOP", message_id="m1")
        path = tmp_path / "out.csv"

        answer = ask("export", path)

        assert f"1 opt-outs written to {path}" in answer.stdout
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().splitlines()[1].startswith(f"{MOBILE},,")
        assert path.read_text().splitlines()[1].endswith("Reply,STOP,,kannel message m1,1")
        with store.transaction(reads=True) as t:
            assert t.audit.entries(limit=9)[-1].act.action == "consent.export"

    def test_an_export_replaces_nothing_unasked(self, ask, tmp_path):
        path = tmp_path / "out.csv"
        path.write_text("mine")

        wrong(ask("export", path), "say --overwrite")
        assert path.read_text() == "mine"
        assert ask("export", path, "--overwrite").exit_code == 0
        wrong(ask("export", tmp_path / "none" / "x.csv"), "cannot be written")
