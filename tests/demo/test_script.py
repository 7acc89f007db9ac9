"""The script of the demonstration: what is played, in which order, and what is expected."""

import collections
from datetime import timedelta

import pytest

from connector.demo.callbacks import Speaker, registrations
from connector.demo.expected import Sometime, expectations
from connector.demo.people import gather
from connector.demo.playwright import write
from connector.demo.script import Way
from connector.demo.verdict import differences, look
from connector.domain.delivery import DeliveryStatus
from connector.emulator.prepared import open_prepared
from connector.gateways.imitation import imitated
from tests.support.clock import NOON
from tests.support.sms_org import package


URL = "http://127.0.0.1:8080"


@pytest.fixture
def org(tmp_path, clock):
    prepared = open_prepared(tmp_path, clock, package(), contacts=30, leads=20)
    yield prepared.org
    prepared.org.close()


@pytest.fixture
def cast(org):
    return gather(org)


@pytest.fixture
def script(cast):
    return write(cast, imitated(), NOON)


def attempts(script, seed=1):
    return Speaker(imitated(), URL, NOON).attempts(script, seed)


def test_every_gateway_and_every_way_of_matching_is_played(script):
    assert {message.gateway for message in script.messages} == set(imitated())
    assert {message.way for message in script.messages} == set(Way)


def test_every_status_is_reached(script, cast):
    shown = {fields["SMS_Delivery_Status__c"] for fields in expectations(cast, script).values()}

    assert shown == {*(status.value for status in DeliveryStatus), None}


def test_a_contact_and_a_lead_share_an_opt_out(script, cast):
    wanted = expectations(cast, script)

    assert [wanted[person]["SMS_Opt_Out__c"] for person in cast.sharing] == [True, True]


def test_nobody_is_texted_twice_by_a_gateway_that_tells_no_time_unless_registered(script):
    # The service could not know which of the two messages was sent later.
    loose = [
        m.holder for m in script.messages if not m.is_timed and m.way is not Way.REGISTERED
    ]

    for holder in loose:
        assert sum(message.holder == holder for message in script.messages) == 1


def test_some_callbacks_come_twice_and_late_ones_last(script):
    first, second = attempts(script)

    bodies = [(each.request.target, each.request.body) for each in (*first, *second)]
    assert len(set(bodies)) < len(bodies)
    assert not any(each.late for each in first)
    assert second
    assert all(each.late for each in second)


def test_another_seed_is_another_order(script):
    assert attempts(script, 1) == attempts(script, 1) != attempts(script, 2)


def test_every_gateway_is_forged(script):
    forged = [each for turn in attempts(script) for each in turn if not each.genuine]

    assert len({each.request.target.partition("?")[0] for each in forged}) == len(imitated())


def test_registered_messages_carry_nothing_else(script):
    known = {each["message_id"] for each in registrations(script.messages)}

    assert known
    for turn in attempts(script):
        for each in turn:
            said = each.request.target + each.request.body.decode()
            if any(message_id in said for message_id in known):
                assert "ref=" not in said
                assert "client_reference" not in said


def test_no_message_is_matched_by_what_its_gateway_leaves_out(script):
    needed = {Way.NUMBER: "recipient", Way.REFERENCE: "reference"}

    for message in script.messages:
        assert needed.get(message.way) not in imitated()[message.gateway].leaves_out


def test_a_body_is_changed_only_where_that_can_be_found_out(script):
    forged = [each for turn in attempts(script) for each in turn if not each.genuine]
    tried = collections.Counter(
        each.request.target.partition("?")[0].rpartition("/")[2] for each in forged
    )

    twice = {gateway for gateway, times in tried.items() if times > 1}
    assert twice
    assert all(imitated()[gateway].covers_body for gateway in twice)


class TestDifferences:
    def compare(self, org, cast, script, now=NOON):
        return differences(
            look(org, cast.people), expectations(cast, script), NOON - timedelta(hours=1), now
        )

    def test_before_the_play_nearly_nothing_is_right(self, org, cast, script):
        found = self.compare(org, cast, script)

        assert {each.person for each in found} < set(cast.people)
        assert len(found) > 200

    def test_names_record_field_and_both_values(self, org, cast, script):
        org.update("Contact", cast.becoming.id, {"SMS_Delivery_Status__c": "Failed"})

        lines = [str(each) for each in self.compare(org, cast, script)]

        assert (
            f"Contact {cast.becoming.id} (Ben Abbott):"
            " SMS_Delivery_Status__c is 'Failed', not 'Delivered'" in lines
        )

    def test_a_time_that_the_service_measured_has_to_lie_in_the_play(self, org, cast, script):
        person = next(
            person
            for person, fields in expectations(cast, script).items()
            if fields["SMS_Status_At__c"] is Sometime.DURING_PLAY
        )

        def is_wrong(moment):
            org.update(person.object, person.id, {"SMS_Status_At__c": moment})
            found = self.compare(org, cast, script)
            return (person, "SMS_Status_At__c") in {(d.person, d.field) for d in found}

        assert not is_wrong(NOON - timedelta(minutes=30))
        assert is_wrong(NOON - timedelta(hours=2))
        assert is_wrong(NOON + timedelta(hours=2))
