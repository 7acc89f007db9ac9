"""`connector explain`: the whole story in 80 columns, or as JSON."""

import json
from datetime import timedelta

import pytest

from connector import gateways, mapping
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConnectorError
from connector.domain.records import Outcome, RecordRef, Verdict
from connector.pipeline.directory import keep_entries
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store.bulk_jobs import KeptJob, Stage
from tests.support.events import ALEX, MOBILE, NOON, arrival


KIM = "00Q000000000001EAA"


@pytest.fixture
def story(store):
    """Two reports of one message, a STOP, a postponed and a refused write, a stopped lane."""
    facts = "extid=42&from=%2B447700900456&ts=1700000000"
    store.inbox.keep(
        [
            arrival(f"/callbacks/kannel?type=8&{facts}&ref={ALEX}"),
            arrival(f"/callbacks/kannel?type=1&{facts}&ref={ALEX}"),
            arrival("/callbacks/kannel?text=Stop&from=%2B447700900456", urgent=True),
        ]
    )
    held = [
        DirectoryEntry(
            record=RecordRef(name, record_id), phones={"Phone": MOBILE}, modified_at=NOON
        )
        for name, record_id in (("Contact", ALEX), ("Lead", KIM))
    ]
    with store.transaction() as t:
        keep_entries(t, held, PhoneReader())
    mappings = mapping.load_all(mapping.packaged())
    normalise(store, gateways.installed(), PhoneReader(), lambda: NOON)
    match(store, mappings, lambda: NOON)
    enqueue(store, mappings, lambda: NOON)
    with store.transaction() as t:
        (change,) = t.outbox.pending("Contact", 5, NOON)
        locked = Outcome(change=change, verdict=Verdict.RETRY, error_code="UNABLE_TO_LOCK_ROW")
        rule = Outcome(
            change=change, verdict=Verdict.PARK, error_code="RULE", message="[b]No[/b]\x1b[2J"
        )
        t.writes.log([locked, rule], NOON)
        t.outbox.postpone([change], 1, NOON + timedelta(seconds=2))
        t.writes.refuse([rule], NOON)
        t.writes.stop_lane(rule, NOON, NOON + timedelta(minutes=5))


def told(answer):
    """The lines by their label, folded ones as one; blanks evened out."""
    return " ".join(answer.stdout.split())


@pytest.mark.usefixtures("story")
class TestMessage:
    def test_is_told_from_the_callback_to_the_answer(self, operate):
        answer = operate("explain", "42")

        assert answer.exit_code == 0
        words = told(answer)
        assert "status Delivered since 2023-11-14 22:13:20" in words
        assert "decides 2026-11-23 12:00:00 delivery Delivered" in words
        assert f"Contact {ALEX}: its id rode along in the callback" in words
        assert f"not Lead {KIM}, which holds the number in Phone too" in words
        assert (
            "pending delivery since 2026-11-23 12:00:00, 1 try, next 2026-11-23 12:00:02"
            in (words)
        )
        assert "SMS_Delivery_Status__c = Delivered" in words
        assert "postponed UNABLE_TO_LOCK_ROW, 14 fields" in words
        assert "STOPPED all of Contact since 2026-11-23 12:00:00" in words

    def test_fits_80_columns_and_leaves_the_terminal_alone(self, operate):
        answer = operate("explain", "42")

        assert max(len(line) for line in answer.stdout.splitlines()) <= 80
        assert "\x1b" not in answer.stdout
        assert "RULE [b]No[/b]\\x1b[2J" in told(answer)

    def test_is_complete_in_json(self, operate):
        (message,) = json.loads(operate("explain", "42", "--json").stdout)["messages"]

        assert message["delivery"]["status"] == "Delivered"
        assert [each["decides"] for each in message["events"]] == [False, True]
        (shown,) = message["shown_on"]
        assert shown["matched_by"] == "reference"
        assert shown["story"]["record"] == {"object": "Contact", "id": ALEX}
        assert len(shown["story"]["writes"]) == 2
        assert shown["story"]["refused"]["error_code"] == "RULE"
        assert message["passed_over"][0]["record"]["id"] == KIM


@pytest.mark.usefixtures("story")
class TestPhone:
    def test_tells_consent_holders_and_messages(self, operate):
        words = told(operate("explain", "07700 900456", DEFAULT_REGION="GB"))

        assert "OPTED OUT since 2026-11-23 12:00:00 (Reply 'STOP')" in words
        assert f"Contact {ALEX} in Phone Lead {KIM} in Phone" in words
        assert "22:13:20 42: Delivered" in words

    def test_is_complete_in_json(self, operate):
        phone = json.loads(operate("explain", MOBILE, "--json").stdout)["phone"]

        assert (phone["opted_out"], phone["changed_at"]) == (True, NOON.isoformat())
        assert [each["event"]["kind"] for each in phone["said"]] == ["stop"]


@pytest.mark.usefixtures("story")
class TestRecord:
    def test_tells_numbers_consent_and_what_waits(self, operate):
        words = told(operate("explain", KIM[:15]))

        assert f"Lead {KIM}" in words
        assert f"holds {MOBILE} in Phone" in words
        assert f"consent {MOBILE} opted out since" in words
        assert "pending consent since" in words
        assert "none no message is known" in words


class TestNothing:
    def test_says_where_it_looked_and_what_to_try(self, store, operate):
        store.inbox.keep([arrival()])

        answer = operate("explain", "07700900456")

        assert isinstance(answer.exception, ConnectorError)
        assert str(answer.exception) == (
            "nothing is known of 07700900456 (looked for message id 07700900456);"
            " callbacks that no worker has read yet: 1;"
            " write a number with + and its country code, or set CONNECTOR_DEFAULT_REGION;"
            " see `connector callbacks list`"
        )

    def test_names_the_record_id_it_looked_for(self, operate):
        answer = operate("explain", KIM[:15])

        assert f"record id {KIM}" in str(answer.exception)


@pytest.mark.usefixtures("story")
def test_a_bulk_job_that_others_wait_for_is_told(operate, store):
    job = KeptJob(
        job="one",
        object="Contact",
        stage=Stage.GIVEN,
        created_at=NOON,
        progressed_at=NOON,
        poll_at=NOON,
        salesforce_id="750xx000000005sAAA",
        records=6_000,
        processed=1_500,
    )
    with store.transaction() as t:
        t.bulk_jobs.save(job)

    words = told(operate("explain", ALEX))

    assert (
        "all but opt-outs wait for 750xx000000005sAAA since 2026-11-23 12:00:00:"
        " 1,500 of 6,000 records done"
    ) in words
