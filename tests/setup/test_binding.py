"""A database and its org: the first one gets it, another is refused until somebody says so."""

import contextlib

import pytest

from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.setup import binding
from connector.store.belonging import OF_ONE_ORG
from connector.store.outbox import Queued
from connector.wiring.org import build_steps
from tests.support.clock import NOON
from tests.support.sms_org import install_sms_fields


FIRST, SECOND = "00D5g0000000001EAA", "00D5g0000000002EAA"
PHONE = "+12025550123"


class TestCheck:
    def test_the_first_org_gets_the_database(self, store):
        binding.check(store, FIRST)

        binding.check(store, FIRST)
        assert binding.bound_org(store) == FIRST

    def test_another_org_is_refused_with_both_ids_and_the_way_out(self, store):
        binding.check(store, FIRST)

        with pytest.raises(ConfigurationError, match="connector org bind") as refusal:
            binding.check(store, SECOND)

        assert FIRST in str(refusal.value)
        assert SECOND in str(refusal.value)
        assert binding.bound_org(store) == FIRST

    def test_an_answer_without_an_id_binds_nothing(self, store):
        binding.check(store, "")

        assert binding.bound_org(store) == ""


def test_an_org_without_an_id_is_given_nothing(store):
    binding.check(store, FIRST)

    with pytest.raises(ConfigurationError, match="did not say which org"):
        binding.bind(store, "")

    assert binding.bound_org(store) == FIRST


def remember_something(store, clock):
    """A message that was written to a Contact, and something that waits for it."""
    contact = RecordRef("Contact", "003xx0000000001AAA")
    with store.transaction() as t:
        t.outbox.enqueue(
            [
                Queued(
                    record=contact, topic="delivery", fields={"A": 1}, urgent=False, parent=""
                )
            ],
            clock(),
        )
        (change,) = t.outbox.pending("Contact", 10, clock())
        t.writes.remember([change], clock())
        t.marks.set("directory:Contact", "there")
        t.marks.set("mappings", "hash")


class TestBind:
    def test_forgets_what_the_org_before_had(self, store, clock):
        binding.check(store, FIRST)
        remember_something(store, clock)

        assert binding.bind(store, SECOND) == FIRST

        binding.check(store, SECOND)
        with store.transaction(reads=True) as t:
            assert t.outbox.size()[0] == 0
            assert t.writes.remembered(["003xx0000000001AAA"]) == {}
            assert t.marks.get("directory:Contact") == ""
            assert t.marks.get("mappings") == "hash"

    def test_has_every_message_matched_again(self, store):
        binding.check(store, FIRST)
        store.register(
            [
                DeliveryEvent(
                    gateway="g",
                    message_id="1",
                    recipient=PHONE,
                    status=DeliveryStatus.PENDING,
                    occurred_at=NOON,
                    received_at=NOON,
                )
            ]
        )
        with store.transaction() as t:
            t.deliveries.settle_changed([("g", "1")], [], NOON)

        binding.bind(store, SECOND)

        with store.transaction(reads=True) as t:
            assert t.deliveries.is_changed("g", "1")

    def test_the_same_org_again_forgets_nothing(self, store, clock):
        binding.check(store, FIRST)
        remember_something(store, clock)

        assert binding.bind(store, FIRST) == FIRST

        with store.transaction(reads=True) as t:
            assert t.outbox.size()[0] == 1


#: Whichever org it is, these stay: what was said, what was written when, and our own house.
STAYS = {
    "alembic_version",
    "alert_messages",
    "alerts",
    "answers",
    "api_keys",
    "audit",
    "block_entries",
    "block_listings",
    "callbacks",
    "campaign_health",
    "consent_events",
    "consents",
    "cursors",
    "decisions",
    "deliveries",
    "engagements",
    "errands",
    "events",
    "figure_changes",
    "figures",
    "hygiene",
    "hygiene_reports",
    "job_slots",
    "jobs",
    "leases",
    "marks",
    "quarantine",
    "reactions",
    "reconciliations",
    "sessions",
    "traffic",
    "unread",
    "writes",
}


def test_every_table_is_of_one_org_or_stays(store):
    tables = set(store.size().rows)

    assert tables - STAYS <= set(OF_ONE_ORG), "say in connector/store/belonging.py or here"
    assert set(OF_ONE_ORG) <= tables
    assert not STAYS & set(OF_ONE_ORG)


@pytest.fixture
def steps_in(store, clock):
    """The pipeline on the store, in an emulated org of the number given."""
    with contextlib.ExitStack() as stack:

        def build(number):
            emulated = EmulatedOrg(clock=clock, number=number)
            stack.callback(emulated.close)
            install_sms_fields(emulated)
            emulated.register_app("key", secret="hush-hush")
            emulated.create("Contact", {"LastName": "Brook", "MobilePhone": PHONE})
            access = OrgAccess(
                login_url=emulated.my_domain, client_id="key", client_secret="hush-hush"
            )
            adapter = WSGIAdapter(create_app(emulated))
            org = stack.enter_context(connect(access, clock=clock, adapter=adapter))
            return emulated, build_steps(Settings(), store, org, clock=clock)

        yield build


class TestPipeline:
    def test_works_in_the_org_it_began_with(self, store, steps_in):
        emulated, steps = steps_in(1)

        assert steps.sync_directory(9).records > 0

        assert binding.bound_org(store) == emulated.id

    def test_refuses_another_org_until_the_database_is_its_own(self, store, steps_in):
        steps_in(1)[1].sync_directory(9)
        other, steps = steps_in(2)

        with pytest.raises(ConfigurationError, match=other.id):
            steps.sync_directory(9)

        binding.bind(store, other.id)
        assert steps_in(2)[1].sync_directory(9).records > 0
