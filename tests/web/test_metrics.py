"""What a monitor scrapes: names that stay, values that are true, nothing about a person."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.store import Store
from connector.store.outbox import Queued
from connector.store.restoration import Restoration
from connector.store.restoring import begin
from connector.web.app import create_app
from connector.web.keys import secret_hash
from connector.web.meters import SECONDS, Meters
from connector.web.metrics import blueprint
from tests.support.callbacks import dlr, reply
from tests.support.events import ALEX, NOON
from tests.support.serving import TOKEN, serving


#: Dashboards and alerts of operators name them: renaming one breaks what we cannot see.
NAMES = {
    "smsconn_ack_seconds",
    "smsconn_account_callbacks",
    "smsconn_build_info",
    "smsconn_callbacks",
    "smsconn_consent_questions",
    "smsconn_dead_letters",
    "smsconn_job_late_seconds",
    "smsconn_leader",
    "smsconn_optout_unsynced_oldest_seconds",
    "smsconn_outbox_oldest_seconds",
    "smsconn_outbox_rows",
    "smsconn_quarantined_callbacks",
    "smsconn_sf_login_refused_seconds",
    "smsconn_sf_records",
    "smsconn_signature_failures",
    "smsconn_stopped_lanes",
    "smsconn_store_info",
    "smsconn_store_restored_seconds",
    "smsconn_store_up",
    "smsconn_unmatched_messages",
    "smsconn_unread_oldest_seconds",
}
#: What has no value before something has happened, or on a server.
SOMETIMES = {"smsconn_sf_api_used_ratio", "smsconn_disk_free_bytes", "smsconn_disk_size_bytes"}


class Monitor:
    """Scrapes an application, and knows the samples by name and labels."""

    def __init__(self, client):
        self._client = client

    def scrape(self, **headers):
        answer = self._client.get("/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        return {family.name: family for family in text_string_to_metric_families(answer.text)}

    def value(self, name, **labels):
        samples = [
            sample.value
            for family in self.scrape().values()
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(samples) == 1, f"{name} {labels}: {samples}"
        return samples[0]


@pytest.fixture
def meters():
    return Meters()


@pytest.fixture
def client(store, clock, meters, tmp_path):
    """The application with open metrics; what the store said is asked for anew each time."""

    def make(access="open"):
        part = blueprint(store, clock, meters, disk=tmp_path, access=access)
        return create_app(store=store, clock=clock, more=[part]).test_client()

    return make


@pytest.fixture
def monitor(client):
    return Monitor(client())


def pend(store, *, urgent, name="Contact"):
    queued = Queued(
        record=RecordRef(name, ALEX),
        topic="consent" if urgent else "delivery",
        fields={"A__c": 1},
        urgent=urgent,
        parent="",
    )
    with store.transaction() as t:
        t.outbox.enqueue([queued], NOON)


def test_every_name_is_there_from_the_beginning(monitor, meters):
    meters.expect([("kannel", "")])

    found = set(monitor.scrape())

    assert found >= NAMES
    assert found <= NAMES | SOMETIMES


def test_names_and_units_follow_the_rules_of_prometheus(monitor):
    for name, family in monitor.scrape().items():
        assert re.fullmatch(r"smsconn_[a-z]+(_[a-z]+)*", name)
        assert not name.endswith(("_total", "_count", "_sum", "_milliseconds", "_minutes"))
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}


def test_nothing_in_it_is_about_a_person(monitor, store, meters):
    store.inbox.keep([dlr(1), reply("STOP")])
    pend(store, urgent=True)
    meters.stored("kannel", "", 0.01)

    text = str(monitor.scrape())

    assert ALEX not in text
    assert "447700" not in text


def test_the_outbox_by_lane(monitor, store, clock):
    pend(store, urgent=False)
    pend(store, urgent=False, name="Lead")
    pend(store, urgent=True)
    clock.advance(seconds=90)

    assert monitor.value("smsconn_outbox_rows", lane="fields") == 2
    assert monitor.value("smsconn_outbox_rows", lane="opt_outs") == 1
    assert monitor.value("smsconn_outbox_oldest_seconds", lane="opt_outs") == 90
    assert monitor.value("smsconn_optout_unsynced_oldest_seconds") == 90


def test_an_empty_outbox_is_zero_and_not_absent(monitor):
    assert monitor.value("smsconn_outbox_rows", lane="opt_outs") == 0
    assert monitor.value("smsconn_outbox_oldest_seconds", lane="fields") == 0
    assert monitor.value("smsconn_optout_unsynced_oldest_seconds") == 0


def test_an_opt_out_that_nobody_has_read_is_late_too(monitor, store, clock):
    store.inbox.keep([reply("STOP")])
    clock.advance(minutes=20)

    assert monitor.value("smsconn_optout_unsynced_oldest_seconds") == 1_200
    assert monitor.value("smsconn_unread_oldest_seconds") == 0


def test_a_report_that_nobody_has_read(monitor, store, clock):
    store.inbox.keep([dlr(1)])
    clock.advance(minutes=20)

    assert monitor.value("smsconn_unread_oldest_seconds") == 1_200
    assert monitor.value("smsconn_optout_unsynced_oldest_seconds") == 0


def test_what_salesforce_answered(monitor, store):
    change = RecordChange(record=RecordRef("Contact", ALEX), fields={}, change_ids=frozenset())
    refused = Outcome(change=change, verdict=Verdict.PARK, error_code="INVALID")
    with store.transaction() as t:
        t.answers.count([refused])
        t.writes.refuse([refused], NOON)
        t.writes.stop_lane(refused, NOON, NOON)

    assert monitor.value("smsconn_sf_records_total", object="Contact", result="park") == 1
    assert monitor.value("smsconn_dead_letters") == 1
    assert monitor.value("smsconn_stopped_lanes", object="Contact") == 1


def test_the_calls_of_the_org(monitor, store):
    with store.transaction() as t:
        t.calls.count(3, (8_200, 10_000), NOON)

    assert monitor.value("smsconn_sf_api_used_ratio") == pytest.approx(0.82)


def test_since_when_a_restored_store_says_no(monitor, store, clock):
    before = monitor.value("smsconn_store_restored_seconds")
    begin(store, Restoration(at=clock(), since=clock()), "user:ann")
    clock.advance(minutes=5)

    assert before == 0
    assert monitor.value("smsconn_store_restored_seconds") == 300


def test_nobody_leads_where_no_worker_has_run(monitor):
    assert monitor.value("smsconn_leader") == 0


def test_the_store_says_what_it_is(monitor, store):
    [sample] = monitor.scrape()["smsconn_store_info"].samples

    assert sample.labels["engine"] == ("postgresql" if store.shared else "sqlite")
    assert sample.labels["version"]


def test_the_door_counts(monitor, meters):
    meters.expect([("kannel", "eu")])
    meters.stored("kannel", "eu", 0.02)
    meters.refused("kannel", "not trusted")
    meters.refused("aws", "no signing_certificate")

    stored = {"gateway": "kannel", "result": "stored"}
    assert monitor.value("smsconn_callbacks_total", **stored) == 1
    assert monitor.value("smsconn_account_callbacks_total", gateway="kannel", account="eu") == 1
    assert monitor.value("smsconn_signature_failures_total", gateway="kannel") == 1
    assert monitor.value("smsconn_callbacks_total", gateway="aws", result="no_document") == 1
    assert monitor.value("smsconn_ack_seconds_count") == 1


def test_a_first_failure_is_a_rise(monitor, meters):
    meters.expect([("twilio", "")])

    assert monitor.value("smsconn_signature_failures_total", gateway="twilio") == 0


def test_what_is_promised_of_the_answer_is_a_limit_of_a_bucket():
    assert 1.0 in SECONDS


def test_the_store_is_asked_once_in_five_seconds(monitor, store, clock):
    before = monitor.value("smsconn_outbox_rows", lane="fields")
    pend(store, urgent=False)
    at_once = monitor.value("smsconn_outbox_rows", lane="fields")
    clock.advance(seconds=5)

    assert (before, at_once) == (0, 0)
    assert monitor.value("smsconn_outbox_rows", lane="fields") == 1


def test_without_its_store_the_door_still_tells(meters, clock, tmp_path):
    empty = Store.connect(f"sqlite:///{tmp_path / 'nothing'}")
    part = blueprint(empty, clock, meters, disk=None, access="open")
    monitor = Monitor(create_app(store=empty, clock=clock, more=[part]).test_client())
    meters.stored("kannel", "", 0.1)

    assert monitor.value("smsconn_store_up") == 0
    assert monitor.value("smsconn_ack_seconds_count") == 1
    assert "smsconn_outbox_rows" not in monitor.scrape()
    empty.close()


class TestAccess:
    def test_with_a_key_only_who_has_one_sees_it(self, client, store):
        with store.transaction() as t:
            t.keys.create("ops", secret_hash("smsconn_ops"), ["status:read"], NOON)
            t.keys.create("crm", secret_hash("smsconn_crm"), ["messages:read"], NOON)
        asked = client("key")

        answers = [
            asked.get("/metrics", headers={"Authorization": f"Bearer {secret}"}).status_code
            for secret in ("smsconn_ops", "smsconn_crm", "wrong")
        ]

        assert asked.get("/metrics").status_code == 401
        assert answers == [200, 403, 401]

    def test_switched_off_there_is_nothing(self, client):
        assert client("off").get("/metrics").status_code == 404


def test_several_processes_tell_their_sum(tmp_path):
    with serving(tmp_path, CONNECTOR_WEB_PROCESSES="2") as server:
        for number in range(30):
            place = f"/callbacks/kannel?token={TOKEN}&id={number}&type=1"
            assert server.ask("GET", place)[0] == 200
        server.ask("GET", "/callbacks/kannel?token=wrong")

        told = {stored_in(server.ask("GET", "/metrics")[2].decode()) for _ in range(10)}

    assert told == {("30.0", "1.0")}


def stored_in(text):
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    return (
        found['smsconn_callbacks_total{gateway="kannel",result="stored"}'],
        found['smsconn_signature_failures_total{gateway="kannel"}'],
    )


def test_the_log_says_nothing_of_a_scrape(tmp_path):
    with serving(tmp_path) as server:
        server.ask("GET", "/metrics")
        events = [json.loads(line)["event"] for line in server.log.read_text().splitlines()]

    assert not any("metrics" in event for event in events)
