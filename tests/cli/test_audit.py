"""`connector audit`: shown, walked along, and written to a file."""

import json
from datetime import timedelta

import pytest

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.errors import ConfigurationError
from tests.support.events import MOBILE, NOON


OTHER = "+447700900111"


@pytest.fixture
def kept(store):
    events = [
        ConsentEvent(
            phone=phone,
            kind=ConsentKind.STOP,
            received_at=NOON + timedelta(minutes=minutes),
            gateway="kannel",
        )
        for phone, minutes in ((MOBILE, 0), (OTHER, 1), (MOBILE, 2))
    ]
    with store.transaction() as t:
        t.consents.record((1, event) for event in events)
    return store


@pytest.mark.usefixtures("kept")
class TestShow:
    def test_has_who_did_what_and_no_number(self, operate):
        answer = operate("audit", "show")

        assert "gateway:kannel  consent.stop  0 to 1" in answer.stdout
        assert MOBILE[1:] not in answer.stdout
        assert max(map(len, answer.stdout.splitlines())) <= 80

    def test_of_one_number_has_its_own_entries(self, operate):
        told = json.loads(
            operate("audit", "show", "07700 900456", "--json", DEFAULT_REGION="GB").stdout
        )

        assert [each["number"] for each in told] == [1, 3]

    def test_goes_on_after_an_entry(self, operate):
        first = operate("audit", "show", "--limit", 2)
        rest = json.loads(operate("audit", "show", "--after", 2, "--json").stdout)

        assert "3 entries in all; go on with --after 2" in first.stdout
        assert [each["number"] for each in rest] == [3]

    def test_wants_a_number(self, operate):
        answer = operate("audit", "show", "nobody")

        assert isinstance(answer.exception, ConfigurationError)


class TestVerify:
    def test_tells_what_to_note_down(self, kept, operate):
        answer = operate("audit", "verify")

        with kept.transaction(reads=True) as t:
            _, own = t.audit.head()
        assert answer.exit_code == 0
        assert answer.stdout.splitlines() == [
            "the chain holds",
            "last entry 3",
            f"hash       {own}",
        ]

    def test_tells_each_break(self, kept, operate):
        with kept.transaction() as t:
            t.audit._connection.exec_driver_sql(  # noqa: SLF001 (what a thief would do)
                "UPDATE audit SET actor = 'user:eve' WHERE number = 2"
            )

        answer = operate("audit", "verify")
        told = json.loads(operate("audit", "verify", "--json").stdout)

        assert answer.exit_code == 1
        assert "BREAK  entry 2 was changed" in answer.stdout
        assert [each["number"] for each in told["breaks"]] == [2]

    def test_tells_a_cut_end(self, kept, operate):
        with kept.transaction() as t:
            t.audit._connection.exec_driver_sql("DELETE FROM audit WHERE number = 3")  # noqa: SLF001

        assert "BREAK  entry 3 is missing at the end" in operate("audit", "verify").stdout

    def test_of_nothing_holds(self, operate):
        assert operate("audit", "verify").stdout.startswith("the chain holds\nlast entry 0")


@pytest.mark.usefixtures("kept")
class TestExport:
    def test_writes_an_entry_a_line_and_is_in_the_audit(self, store, operate, tmp_path):
        path = tmp_path / "audit.jsonl"

        answer = operate("audit", "export", path, "--after", 1)

        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [each["number"] for each in lines] == [2, 3]
        assert lines[1]["previous"] == lines[0]["hash"]
        assert f"2 entries written to {path}" in answer.stdout
        with store.transaction(reads=True) as t:
            assert t.audit.entries(limit=9)[-1].act.action == "audit.export"
            assert list(t.audit.verify()) == []

    def test_replaces_nothing_unasked(self, operate, tmp_path):
        path = tmp_path / "audit.jsonl"
        path.write_text("mine")

        assert "--overwrite" in str(operate("audit", "export", path).exception)
        assert path.read_text() == "mine"
