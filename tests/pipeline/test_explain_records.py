"""Explaining messages that several records show, and those that are still looked for."""

import pytest

from connector.cli.explanation import sections
from connector.emulator import seed_campaign, seed_contacts
from connector.mapping import MEMBER
from connector.pipeline.explain import explain
from connector.pipeline.phone_reader import PhoneReader
from tests.pipeline.org_mappings import Pipeline, load, optional
from tests.pipeline.test_members import texted
from tests.pipeline.test_message_rows import MAGIC, MAGIC_FILE
from tests.support.callbacks import dlr
from tests.support.events import MOBILE


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, emulator, tmp_path):
    emulator.add_object(MAGIC)
    every = {
        **load(tmp_path, magic=MAGIC_FILE),
        **optional("sms_message"),
        **optional("campaign_member"),
    }
    return Pipeline(store, org, budget, clock, pusher, every)


@pytest.fixture
def told(store, pipeline):
    """The lines of "Shown on", label and text."""

    def lines():
        explanation = explain(store, pipeline.mappings, PhoneReader(), "42")
        return list(dict(sections(explanation))["Shown on"])

    return lines


def test_every_record_is_told_with_its_reason(emulator, pipeline, told):
    (alex,) = seed_contacts(emulator, 1)
    row = emulator.create("magic__SMS__c", {"magic__Id__c": "42", "magic__Contact__c": alex})
    spring = seed_campaign(emulator, "Spring", [alex])
    (member,) = emulator.records(MEMBER)

    pipeline.run(texted(1, "", spring))

    assert told() == [
        (MEMBER, f"{member['Id']}: it is the person's in campaign {spring}"),
        ("Contact", f"{alex}: a record of the message tells of it"),
        ("SMS_Message__c", "Key__c=kannel/42: it is the row of this message"),
        ("magic__SMS__c", f"{row}: its magic__Id__c holds the message's id"),
    ]


def test_what_is_looked_for_is_told(emulator, pipeline, told, clock):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    spring = seed_campaign(emulator, "Spring")
    pipeline.directory.sync()

    pipeline.keep(texted(1, alex, spring))
    at_first = told()
    pipeline.seek()
    found = told()
    for _ in range(10):
        clock.advance(days=1)
        pipeline.seek()

    row, member = (
        "magic__SMS__c with magic__Id__c = 42",
        f"of Contact {alex} in campaign {spring}",
    )
    assert at_first[-2:] == [
        ("sought", f"{row}: not asked for yet"),
        ("sought", f"{MEMBER} {member}: not asked for yet"),
    ]
    asked = "not found, asked 1 time, last 2026-11-23 12:00:00, next 2026-11-23 12:01:00"
    assert found[-2:] == [
        ("sought", f"{row}: {asked}"),
        ("sought", f"{MEMBER} {member}: {asked}"),
    ]
    assert [label for label, _ in told()[-2:]] == ["given up"] * 2
    assert told()[-1][1].endswith("not asked for any more")


def test_a_refusal_is_told_with_its_code(emulator, pipeline, told):
    emulator.schema.hide("magic__SMS__c")

    pipeline.run(dlr(1, ref=""))

    label, text = told()[-1]
    assert label == "sought"
    assert "refused with INVALID_TYPE" in text


def test_that_nobody_is_known_is_told_beside_the_row(pipeline, told):
    pipeline.run(dlr(1, ref=""))

    assert told()[:2] == [
        ("SMS_Message__c", "Key__c=kannel/42: it is the row of this message"),
        ("none", f"nobody holds {MOBILE} yet"),
    ]


def test_a_record_beside_the_person_is_no_refusal(
    emulator, store, org, budget, clock, pusher, tmp_path
):
    case = "object: Case\nfields: {A__c: delivery.status}\n"
    pipeline = Pipeline(store, org, budget, clock, pusher, load(tmp_path, case=case))
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    pipeline.directory.sync()

    pipeline.keep(dlr(1, ref="500000000000001AAA"))

    (message,) = explain(store, pipeline.mappings, PhoneReader(), "42").messages
    reasons = {on.story.record.id: on.because for on in message.shown_on}
    assert reasons["500000000000001AAA"] == "its id rode along in the callback"
    assert reasons[alex] == (
        "it holds the number in MobilePhone; contact.yaml says 'holders: newest',"
        " the holder that changed last"
    )


def test_a_row_is_explained_by_its_key(emulator, pipeline, store):
    (alex,) = seed_contacts(emulator, 1)
    pipeline.run(dlr(1, ref=alex))

    answer = explain(store, pipeline.mappings, PhoneReader(), "Key__c=kannel/42").record

    assert answer
    assert answer.story.record.object == "SMS_Message__c"
    assert answer.story.writes[0].fields["Contact__c"] == alex
    assert [message.message_id for message in answer.messages] == ["42"]
