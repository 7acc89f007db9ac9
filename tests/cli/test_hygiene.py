"""`connector hygiene`: numbers to check, listed, exported and counted."""

import json

import pytest

from connector.domain.delivery import Reason
from connector.domain.hygiene import Hygiene
from tests.support.events import MOBILE, NOON


LANDLINE = "+12015550112"


@pytest.fixture
def numbers(store):
    with store.transaction() as t:
        t.hygiene.put(
            [
                Hygiene(phone=MOBILE, failures=3, reason=Reason.UNREACHABLE, since=NOON),
                Hygiene(phone=LANDLINE, failures=1, reason=Reason.LANDLINE, since=NOON),
                Hygiene(phone="+12015550113", failures=2, last_failure_at=NOON),
            ]
        )


@pytest.mark.usefixtures("numbers")
class TestNumbers:
    def test_lists_those_that_are_flagged(self, operate):
        answer = operate("hygiene", "list")

        assert answer.exit_code == 0
        assert MOBILE in answer.stdout
        assert "3 failures in a row, the last unreachable" in answer.stdout
        assert "+12015550113" not in answer.stdout

    @pytest.mark.parametrize(
        "options,found",
        [
            (["--reason", "landline"], [LANDLINE]),
            (["--country", "gb"], [MOBILE]),
            (["--country", "GB", "--reason", "landline"], []),
            (["--all"], [LANDLINE, "+12015550113", MOBILE]),
            (["--all", "--limit", "1"], [LANDLINE]),
        ],
    )
    def test_chooses(self, operate, options, found):
        answer = operate("hygiene", "list", "--json", *options)

        assert [each["phone"] for each in json.loads(answer.stdout)] == found

    def test_exports_csv(self, operate, tmp_path):
        file = tmp_path / "numbers.csv"

        assert operate("hygiene", "export", file).exit_code == 0

        assert file.read_text().splitlines() == [
            "phone,country,failures,reason,since,last_failure_at,needs_review",
            f"{LANDLINE},US,1,landline,{NOON.isoformat()},,true",
            f"{MOBILE},GB,3,unreachable,{NOON.isoformat()},,true",
        ]

    def test_reports_a_quarter_without_numbers(self, operate):
        answer = operate("hygiene", "report", "--quarter", "2026Q4")

        assert "2026Q4,newly flagged,,2" in answer.stdout.splitlines()
        assert "2026Q4,flagged by country,US,1" in answer.stdout.splitlines()
        assert "+" not in answer.stdout

    def test_reports_as_json(self, operate):
        answer = operate("hygiene", "report", "--quarter", "2026Q4", "--json")

        told = json.loads(answer.stdout)
        assert told["quarter"] == "2026Q4"
        assert {"figure": "flagged", "of": "", "count": 2} in told["lines"]


def test_says_that_none_is_flagged(operate):
    assert operate("hygiene", "list").stdout == "no number is flagged\n"
    assert operate("hygiene", "report", "--list", "--json").stdout == "[]\n"


def test_a_quarter_has_a_year_and_a_number(operate):
    answer = operate("hygiene", "report", "--quarter", "summer")

    assert "is no quarter such as 2026Q3" in str(answer.exception)


def test_an_erased_number_is_forgotten(operate, numbers, store):  # noqa: ARG001 (they are there)
    operate("erase", MOBILE, "--yes")

    with store.transaction(reads=True) as t:
        assert MOBILE not in t.hygiene.find([MOBILE, LANDLINE])
