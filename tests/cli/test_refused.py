"""`connector refused`: what Salesforce will not take, and trying it again."""

import json

import pytest

from connector.domain.errors import ConfigurationError, ConnectorError
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from tests.support.events import ALEX, NOON


CONTACT = RecordRef("Contact", ALEX)
LEAD = RecordRef("Lead", "00Q000000000001EAA")
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def outcome(record, code=RULE, verdict=Verdict.PARK):
    return Outcome(
        change=RecordChange(
            record=record, fields={"SMS_Gateway__c": "kannel"}, change_ids=frozenset({"1"})
        ),
        verdict=verdict,
        error_code=code,
        message="A mobile number must be given",
        fields=("MobilePhone",),
    )


@pytest.fixture
def refusals(store):
    """A Contact refused by a rule, a Lead by its length, and Leads stopped altogether."""
    outcomes = [outcome(CONTACT), outcome(LEAD, "STRING_TOO_LONG")]
    with store.transaction() as t:
        t.writes.log(outcomes, NOON)
        t.writes.refuse(outcomes, NOON)
        t.writes.stop_lane(outcome(LEAD, "INVALID_FIELD", Verdict.STOP), NOON, NOON)


@pytest.mark.usefixtures("refusals")
class TestList:
    def test_shows_stopped_objects_on_top(self, operate):
        first, *rest = operate("refused", "list").stdout.splitlines()

        assert first.startswith("STOPPED Lead since 2026-11-23 12:00:00, next try ")
        assert "INVALID_FIELD A mobile number" in first
        assert any(ALEX in line and RULE in line for line in rest)

    def test_can_be_narrowed(self, operate):
        def listed(*options):
            answer = operate("refused", "list", "--json", *options)
            told = json.loads(answer.stdout)
            return len(told["stopped"]), [each["record"]["id"] for each in told["refused"]]

        assert listed("--object", "Contact") == (0, [ALEX])
        assert listed("--code", "STRING_TOO_LONG") == (0, [LEAD.id])
        assert listed() == (1, [ALEX, LEAD.id])

    def test_says_how_many_more_there_are(self, operate):
        assert "and 1 more: see --limit" in operate("refused", "list", "--limit", 1).stdout


def test_an_empty_list_says_so(operate):
    assert operate("refused", "list").stdout == "no record is refused\n"


@pytest.mark.usefixtures("refusals")
class TestShow:
    def test_shows_the_fields_the_reason_and_the_answers(self, operate):
        answer = operate("refused", "show", ALEX[:15])

        assert answer.exit_code == 0
        assert 'SMS_Gateway__c = "kannel"' in answer.stdout
        assert "about    MobilePhone" in answer.stdout
        assert f"2026-11-23 12:00:00  park {RULE}: SMS_Gateway__c" in answer.stdout

    def test_prints_json(self, operate):
        told = json.loads(operate("refused", "show", LEAD.id, "--json").stdout)

        assert told["refused"]["error_code"] == "STRING_TOO_LONG"
        assert told["stopped"]["error_code"] == "INVALID_FIELD"
        assert [each["verdict"] for each in told["writes"]] == ["park"]

    def test_says_what_to_try_for_a_record_that_is_not_refused(self, operate):
        answer = operate("refused", "show", "003000000000009AAA")

        assert isinstance(answer.exception, ConnectorError)
        assert "try `connector explain 003000000000009AAA`" in str(answer.exception)


class TestRetry:
    @pytest.mark.usefixtures("refusals")
    def test_writes_the_record_again_and_starts_its_object(self, store, operate):
        answer = operate("refused", "retry", LEAD.id[:15])

        assert answer.stdout == "1 record to be written again\nstarted Lead\n"
        with store.transaction() as t:
            assert t.outbox.claim_marked(5) == [LEAD]
            assert t.writes.refused_count() == 1

    @pytest.mark.usefixtures("refusals")
    def test_tries_all(self, store, operate):
        answer = operate("refused", "retry", "--all", "--json")

        assert json.loads(answer.stdout) == {"records": 2, "lanes": ["Lead"]}
        with store.transaction(reads=True) as t:
            assert t.writes.refused_count() == 0

    def test_finds_nothing_to_try(self, operate):
        answer = operate("refused", "retry", "--code", "NONE")

        assert isinstance(answer.exception, ConnectorError)
        assert "nothing like that is refused" in str(answer.exception)

    @pytest.mark.usefixtures("refusals")
    def test_touches_nothing_when_one_of_them_is_not_refused(self, store, operate):
        answer = operate("refused", "retry", ALEX, "003000000000009AAA")

        assert "nothing of 003000000000009AAA is refused" in str(answer.exception)
        with store.transaction(reads=True) as t:
            assert t.writes.refused_count() == 2

    @pytest.mark.parametrize(
        "options,told",
        [
            ([], "say which: record ids, --object, --code or --all"),
            (["--all", "--code", "X"], "--all is for all of them"),
            (["003"], "003: a record id has 15 or 18 letters and digits"),
        ],
    )
    def test_says_what_to_change(self, operate_nowhere, options, told):
        answer = operate_nowhere("refused", "retry", *options)

        assert isinstance(answer.exception, ConfigurationError)
        assert told in str(answer.exception)
