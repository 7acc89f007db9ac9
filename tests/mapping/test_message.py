"""Objects of messages and campaign members: what their files may say."""

import pytest

from connector import mapping
from connector.domain.errors import ConfigurationError
from connector.footprint.message import message_fields
from connector.mapping import FACTS, KeyValue, MessageRule


FILE = """\
object: SMS_Message__c
message: {message}
fields:
  Status__c: {fact}
"""


@pytest.fixture
def write(tmp_path):
    def written(text, name="message.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


@pytest.fixture
def complaints(write):
    """What is wrong with a file of this text, without its path."""

    def told(text):
        path = write(text)
        with pytest.raises(ConfigurationError) as caught:
            mapping.load(path)
        return str(caught.value).replace(f"{path}:", "").splitlines()

    return told


def of_message(message, fact="delivery.status"):
    return FILE.format(message=message, fact=fact)


class TestMessageObject:
    def test_has_a_row_for_each_message_unless_told_otherwise(self, write):
        found = mapping.load(write(of_message("{key: Key__c}")))

        assert found.message == MessageRule(key="Key__c")
        assert found.message.create
        assert found.message.value_of("twilio", "SM1") == "twilio/SM1"
        assert not found.of_person

    def test_may_be_another_program_s(self, write):
        message = (
            "{key: SMSMagic_Id__c, value: message_id, create: false, gateways: [twilio],"
            " person: [Contact__c, Lead__c], campaign: Campaign__c}"
        )
        rule = mapping.load(write(of_message(message))).message

        assert rule == MessageRule(
            key="SMSMagic_Id__c",
            value=KeyValue.ID_ALONE,
            create=False,
            gateways=("twilio",),
            person=("Contact__c", "Lead__c"),
            campaign="Campaign__c",
        )
        assert rule.value_of("twilio", "SM1") == "SM1"
        assert rule.value_of("kannel", "SM1") == ""

    @pytest.mark.parametrize("message_id", ["x" * 256, "a\nb"])
    def test_has_no_row_for_an_id_that_no_key_holds(self, message_id):
        assert MessageRule(key="Key__c").value_of("kannel", message_id) == ""

    @pytest.mark.parametrize("fact", [name for name in FACTS if name.startswith("message.")])
    def test_takes_facts_of_its_message(self, write, fact):
        found = mapping.load(write(of_message("{key: Key__c}", fact)))

        assert found.fields[0].fact.name == fact

    @pytest.mark.parametrize(
        "message, complaint",
        [
            ("Key__c", "2: 'message:' wants the field of the message's id: key: X__c"),
            ("{create: true}", "2: 'message:' wants the field of the message's id: key: X__c"),
            ("{key: 'a b'}", "2: 'key:' wants the name of a field"),
            ("{key: K__c, creat: true}", "2: creat: unknown key; did you mean 'create'?"),
            (
                "{key: K__c, value: id}",
                "2: 'value:' wants one of gateway/message_id, message_id",
            ),
            ("{key: K__c, create: Yes}", "2: 'create:' wants true or false"),
            ("{key: K__c, gateways: twilio}", "2: 'gateways:' wants a list of names"),
            ("{key: K__c, gateways: ['A B']}", "2: 'A B': not the name of a gateway"),
            ("{key: K__c, create: false, person: [1]}", "2: 'person:' wants a list of names"),
            ("{key: K__c, create: false, person: ['ä']}", "2: ä: not a field name"),
            (
                "{key: K__c, create: false, campaign: [C__c]}",
                "2: 'campaign:' wants the name of one field",
            ),
            ("{key: K__c, create: false, campaign: 'ä'}", "2: ä: not a field name"),
            (
                "{key: K__c, campaign: Campaign__c}",
                "2: its campaign can only be read where 'create: false'",
            ),
            (
                "{key: K__c, create: false, campaign: Status__c}",
                "4: Status__c: its campaign is read from it",
            ),
            (
                "{key: K__c, person: [Contact__c]}",
                "2: whose record it is can only be read where 'create: false'",
            ),
            (
                "{key: K__c, value: message_id}",
                "2: two gateways may give one id: name one in 'gateways:'",
            ),
            ("{key: Status__c}", "4: Status__c: it names the message"),
            (
                "{key: K__c, create: false, person: [Status__c]}",
                "4: Status__c: whose record it is is read from it",
            ),
        ],
    )
    def test_tells_what_is_wrong(self, complaints, message, complaint):
        assert complaints(of_message(message)) == [complaint]

    @pytest.mark.parametrize("fact", ["consent.opted_out", "engagement.last_click_at"])
    def test_takes_no_fact_of_a_person(self, complaints, fact):
        (complaint,) = complaints(of_message("{key: Key__c}", fact))

        takes = "this object takes delivery. and message. facts"
        assert complaint == f"4: Status__c: {fact} is a person's; {takes}"

    def test_is_a_custom_object_without_numbers(self, complaints):
        text = of_message("{key: Key__c}").replace("SMS_Message__c", "Contact")

        assert complaints(f"phones: [Phone]\n{text}") == [
            "1: 'phones:' is for objects of people, and these are none",
            "3: 'message:' is for custom objects, not Contact",
        ]

    def test_shares_no_key_with_another_whose_rows_we_make(self, write, tmp_path):
        write(of_message("{key: Key__c}"), "a.yaml")
        second = write(of_message("{key: key__c}").replace("SMS_M", "Other_M"), "b.yaml")

        with pytest.raises(ConfigurationError) as caught:
            mapping.load_all(tmp_path)

        assert str(caught.value) == (
            f"{second}:1: Other_Message__c and SMS_Message__c have the same key, key__c:"
            " give one of them another name or value"
        )


class TestPeople:
    def test_are_told_nothing_of_a_message_alone(self, complaints):
        text = "object: Contact\nfields: {A__c: message.phone}\n"

        assert complaints(text) == [
            "2: A__c: message.phone is for an object of messages: add 'message:'"
        ]

    @pytest.mark.parametrize(
        "account, contact",
        [("PersonDoNotCall", "DoNotCall"), ("persontitle", "Title"), ("A__pc", "a__c")],
    )
    def test_share_no_field_with_their_account(self, write, tmp_path, account, contact):
        fact = "consent.opted_out" if "Call" in account else "delivery.error_code"
        write(f"object: Contact\nfields: {{{contact}: {fact}}}\n", "contact.yaml")
        second = write(f"object: Account\nfields: {{{account}: {fact}}}\n", "z.yaml")

        with pytest.raises(ConfigurationError, match=f"{second}:2: {account}: .*Contact$"):
            mapping.load_all(tmp_path)


class TestCampaignMember:
    def test_knows_the_labels_that_it_may_write(self, write):
        text = (
            "object: CampaignMember\nfields:\n  Status: {fact: delivery.status, translate: "
            "{Delivered: Arrived, Pending: Sent}, other: Failed}\n  X__c: delivery.reason\n"
        )

        found = mapping.load(write(text))

        assert found.labels == ("Arrived", "Sent", "Failed")
        assert found.of_member

    def test_of_a_mapping_without_status_are_none(self, write):
        text = "object: CampaignMember\nfields: {SMS_Status__c: delivery.status}\n"

        assert mapping.load(write(text)).labels == ()

    def test_is_no_person(self, complaints):
        text = "object: CampaignMember\nphones: [Phone]\nfields: {A__c: person.phone}\n"

        assert complaints(text) == [
            "2: 'phones:' is for objects of people, and these are none",
            "3: A__c: person.phone is a person's; this object takes delivery. facts",
        ]


def test_the_optional_files_are_right_and_not_in_use():
    optional = mapping.load_all(mapping.packaged() / "optional")

    assert {each.object for each in optional.values()} == {"SMS_Message__c", "CampaignMember"}
    assert not set(optional) & set(mapping.load_all(mapping.packaged()))


def test_the_rows_fill_fields_that_the_set_up_makes():
    rows = mapping.load(mapping.packaged() / "optional" / "sms_message.yaml")

    made = {field.name for field in message_fields()}
    assert {rule.field for rule in rows.fields} | {"Key__c"} <= made
