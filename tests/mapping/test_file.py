"""Mapping files: read as they are meant, or explained before they are used."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector import mapping
from connector.domain.errors import ConfigurationError
from connector.mapping import HolderRule, Topic


@pytest.fixture
def write(tmp_path):
    def written(text, name="contact.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def complaints(path):
    """What is wrong with a file: line and text of each complaint."""
    with pytest.raises(ConfigurationError) as caught:
        mapping.load(path)
    lines = [
        line.removeprefix(f"{path}:").partition(": ") for line in str(caught.value).split("\n")
    ]
    return [(int(number), text) for number, _, text in lines]


def of_fields(*lines):
    return "object: Contact\nfields:\n" + "".join(f"  {line}\n" for line in lines)


class TestPackagedMappings:
    def test_are_right(self):
        mappings = mapping.load_all(mapping.packaged())

        assert set(mappings) == {"Contact", "Lead"}

    @pytest.mark.parametrize("of_object", ["Contact", "Lead"])
    def test_use_every_fact(self, of_object):
        fields = mapping.load_all(mapping.packaged())[of_object].fields

        of_people = {name for name in mapping.FACTS if not name.startswith("message.")}
        assert {rule.fact.name for rule in fields} == of_people

    def test_prefer_the_mobile_number(self):
        for each in mapping.load_all(mapping.packaged()).values():
            assert each.phones[0] == "MobilePhone"


class TestLoad:
    def test_reads_object_phones_holders_and_fields(self, write):
        path = write(
            "object: Contact\n"
            "phones: [MobilePhone, ns__Second_Phone__c]\n"
            "holders: all\n"
            "fields:\n"
            "  SMS_Status__c: delivery.status\n"
            "  Opt_In__c: {fact: consent.opted_out, inverted: true}\n"
        )

        contact = mapping.load(path)

        assert contact.object == "Contact"
        assert contact.phones == ("MobilePhone", "ns__Second_Phone__c")
        assert contact.holders is HolderRule.ALL
        assert [(r.field, r.fact.name, r.inverted, r.line) for r in contact.fields] == [
            ("SMS_Status__c", "delivery.status", False, 5),
            ("Opt_In__c", "consent.opted_out", True, 6),
        ]
        assert contact.topics == {Topic.DELIVERY, Topic.CONSENT}
        assert contact.path == path

    def test_needs_neither_phones_nor_holders(self, write):
        contact = mapping.load(write(of_fields("A__c: delivery.status")))

        assert contact.phones == ()
        assert contact.holders is HolderRule.NEWEST

    @pytest.mark.parametrize(
        "field",
        [
            "A__c",
            "SMS_Status__c",
            "ns__Status__c",
            "tdc_tsw__SMS_Status__c",
            "Description",
            "sms2__S2__C",
        ],
    )
    def test_takes_the_names_that_salesforce_has(self, write, field):
        contact = mapping.load(write(of_fields(f"{field}: delivery.error_code")))

        assert contact.fields[0].field == field

    def test_takes_the_person_fields_of_an_account(self, write):
        text = of_fields(
            "SMS_Status__pc: delivery.status", "SMS_Opt_Out__pc: consent.opted_out"
        )

        account = mapping.load(write(text.replace("Contact", "Account")))

        assert [rule.field for rule in account.fields] == ["SMS_Status__pc", "SMS_Opt_Out__pc"]

    @pytest.mark.parametrize(
        "word, name", [("contact", "Contact"), ("LEAD", "Lead"), ("ns__Sms__c", "ns__Sms__c")]
    )
    def test_spells_the_object_as_salesforce_does(self, write, word, name):
        text = of_fields("A__c: delivery.status").replace("Contact", word)

        assert mapping.load(write(text)).object == name

    def test_reads_yes_and_no_as_words(self, write):
        table = "{Delivered: Yes, Pending: Off}, other: No"
        contact = mapping.load(
            write(of_fields(f"Ok__c: {{fact: delivery.status, translate: {table}}}"))
        )

        assert dict(contact.fields[0].translate) == {"Delivered": "Yes", "Pending": "Off"}
        assert contact.fields[0].other == "No"

    def test_reads_error_codes_as_text(self, write):
        table = "{30003: Off, 007: Gone}, other: Else"
        contact = mapping.load(
            write(of_fields(f"Why__c: {{fact: delivery.error_code, translate: {table}}}"))
        )

        assert set(contact.fields[0].translate) == {"30003", "007"}

    def test_reads_a_file_with_a_byte_order_mark_and_other_line_ends(self, write):
        text = of_fields("A__c: delivery.status").replace("\n", "\r\n")

        assert mapping.load(write(b"\xef\xbb\xbf" + text.encode())).object == "Contact"


@pytest.mark.parametrize(
    "field, text",
    [
        (
            "SMS_Status__c: delivery.statos",
            "SMS_Status__c: unknown fact 'delivery.statos'; did you mean 'delivery.status'?",
        ),
        (
            "A__c: Delivery.Status",
            "A__c: unknown fact 'Delivery.Status'; did you mean 'delivery.status'?",
        ),
        ("A__c: reason", "A__c: unknown fact 'reason'; did you mean 'delivery.reason'?"),
        ("A__c: '{{ x }}'", "A__c: unknown fact '{{ x }}'"),
        ("A__c: 5", "A__c: wants a fact, such as delivery.status"),
        ("A__c:", "A__c: wants a fact, such as delivery.status"),
        ("A__c: [delivery.status]", "A__c: wants a fact, such as delivery.status"),
        ("A__c: {}", "A__c: 'fact:' is missing"),
        ("A__c: {fact: 1}", "A__c: 'fact:' wants a name, such as delivery.status"),
        (
            "A__c: {fact: delivery.status, translat: {}}",
            "A__c: unknown key 'translat'; did you mean 'translate'?",
        ),
        (
            "A__c: {fact: delivery.status, inverted: true}",
            "A__c: only true and false can be inverted, not delivery.status (picklist)",
        ),
        (
            "A__c: {fact: consent.opted_out, inverted: yes}",
            "A__c: 'inverted:' is true or false",
        ),
        (
            "A__c: {fact: consent.opted_out, inverted: true, translate: {true: a, false: b}}",
            "A__c: 'inverted' and 'translate' exclude each other",
        ),
        (
            "A__c: {fact: delivery.status, other: a}",
            "A__c: 'other' and 'empty' belong to a 'translate' table",
        ),
        (
            "A__c: {fact: delivery.status, translate: x}",
            "A__c: 'translate:' wants a table, value: value",
        ),
        (
            "A__c: {fact: delivery.status, translate: {Deliverd: ok}, other: x}",
            "A__c: delivery.status is never 'Deliverd'; did you mean 'Delivered'?",
        ),
        (
            "A__c: {fact: delivery.status, translate: {Delivered: [ok]}, other: x}",
            "A__c: Delivered wants a single value",
        ),
        (
            "A__c: {fact: consent.source, translate: {Reply: a, Salesforce: b}}",
            "A__c: 'translate' lacks Provider, Import, API, Operator; add them, or 'other:'",
        ),
        (
            "A__c: {fact: consent.opted_out, translate: {true: a}}",
            "A__c: 'translate' lacks false; add them, or 'other:'",
        ),
        (
            "A__c: {fact: delivery.gateway, translate: {kannel: K}}",
            "A__c: delivery.gateway can be any text: 'translate' wants 'other:' as well",
        ),
        (
            "A__c: {fact: delivery.status_at, translate: {a: b}, other: c}",
            "A__c: delivery.status_at (datetime) cannot be translated",
        ),
        (
            "A__c: {fact: delivery.status, translate: {Delivered: true}, other: late}",
            "A__c: translates to text and true/false: one field holds one kind",
        ),
        (
            "A__c: {fact: delivery.status, translate: {Delivered: true}, other: null}",
            "A__c: a checkbox is true or false, never null",
        ),
        (
            "A__c: {fact: delivery.reason, translate: {landline: true}, other: false}",
            "A__c: delivery.reason may be empty and a checkbox may not: add 'empty: false'",
        ),
    ],
)
def test_a_wrong_rule_is_explained(write, field, text):
    assert complaints(write(of_fields("First__c: person.phone", field))) == [(4, text)]


@pytest.mark.parametrize(
    "field, text",
    [
        ("Id", "the id of a record is never written by a mapping"),
        ("OwnerId", "the owner is never written by a mapping"),
        ("ownerid", "the owner is never written by a mapping"),
        ("RecordTypeId", "the record type is never written by a mapping"),
        ("ProfileId", "the profile is never written by a mapping"),
        ("SystemModstamp", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("CreatedDate", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("LastModifiedById", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("LastActivityDate", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("IsDeleted", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("ConvertedContactId", "Salesforce keeps this field itself; a mapping cannot write it"),
        ("SMS_Status_c", "not a field name; did you mean 'SMS_Status__c'?"),
        ("SMS_Status___c", "not a field name; did you mean 'SMS_Status__c'?"),
        ("Account__r", "not a field name: letters, digits and single underscores, then __c"),
        ("'Owner.Id'", "not a field name: letters, digits and single underscores, then __c"),
        ("2nd__c", "not a field name: letters, digits and single underscores, then __c"),
        (
            "Descripton",
            "not a standard field that a mapping may write; did you mean 'Description'?",
        ),
        (
            "MobilePhone",
            "not a standard field that a mapping may write; custom fields end in __c",
        ),
        ("SMS_Status__pc", "fields ending in __pc are on Account; on Contact write __c"),
    ],
)
def test_what_a_mapping_may_never_write_is_refused(write, field, text):
    [(line, complaint)] = complaints(write(of_fields(f"{field}: delivery.error_code")))

    assert line == 3
    assert complaint.startswith(field.strip("'"))
    assert complaint.endswith(text)


class TestConsent:
    @pytest.mark.parametrize(
        "field",
        [
            "SMS_Opt_Out__c",
            "smagicinteract__SMSOptOut__c",
            "et4ae5__HasOptedOutOfMobile__c",
            "HasOptedOutOfEmail",
            "DoNotCall",
        ],
    )
    @pytest.mark.parametrize(
        "rule", ["inverted: true", "translate: {true: false, false: true}"]
    )
    def test_a_stop_may_not_clear_an_opt_out(self, write, field, rule):
        path = write(of_fields(f"{field}: {{fact: consent.opted_out, {rule}}}"))

        assert complaints(path) == [
            (3, f"{field}: a STOP would clear this opt-out; leave out the inversion")
        ]

    def test_a_stop_may_not_tick_an_opt_in(self, write):
        path = write(of_fields("SMS_Opt_In__c: consent.opted_out"))

        assert complaints(path) == [
            (3, "SMS_Opt_In__c: a STOP would tick this opt-in; add 'inverted: true'")
        ]

    def test_nothing_but_consent_writes_an_opt_out(self, write):
        table = "translate: {opted_out: true}, other: false, empty: false"
        path = write(of_fields(f"SMS_Opt_Out__c: {{fact: delivery.reason, {table}}}"))

        assert complaints(path) == [
            (
                3,
                (
                    "SMS_Opt_Out__c: an opt-out field takes consent.opted_out only:"
                    " nothing else may clear it"
                ),
            )
        ]

    def test_the_flags_of_other_channels_are_only_ticked(self, write):
        contact = mapping.load(
            write(
                of_fields("DoNotCall: consent.opted_out", "SMS_Opt_Out__c: consent.opted_out")
            )
        )

        assert [rule.only_sets for rule in contact.fields] == [True, False]


class TestWrongFile:
    def test_is_told_of_whole(self, write):
        path = write(
            "object: Contakt\n"
            "phone: [MobilePhone]\n"
            "holders: newst\n"
            "fields:\n"
            "  A__c: delivery.statos\n"
            "  OwnerId: delivery.gateway\n"
        )

        assert complaints(path) == [
            (
                1,
                "'Contakt': not an object that a mapping may write to; did you mean 'Contact'?",
            ),
            (2, "phone: unknown key; did you mean 'phones'?"),
            (
                3,
                "'holders:' is one of newest, oldest, all, none; did you mean 'newest'?",
            ),
            (5, "A__c: unknown fact 'delivery.statos'; did you mean 'delivery.status'?"),
            (6, "OwnerId: the owner is never written by a mapping"),
        ]

    @pytest.mark.parametrize(
        "text, line, complaint",
        [
            ("", 1, "empty; it wants 'object:' and 'fields:'"),
            ("# nothing\n", 1, "empty; it wants 'object:' and 'fields:'"),
            ("- a\n", 1, "not a mapping: it wants keys such as 'object:' and 'fields:'"),
            ("Contact\n", 1, "not a mapping: it wants keys such as 'object:' and 'fields:'"),
            (
                "object: A\nfields: {\n",
                3,
                "not YAML: expected the node content, but found '<stream end>'",
            ),
            (
                "object: A\n\tfields: b\n",
                2,
                "not YAML: found character '\\t' that cannot start any token",
            ),
            ("object: A\n---\nobject: B\n", 2, "not YAML: but found another document"),
            ("object: &a A\nfields: *a\n", 2, "not YAML: a mapping has no aliases"),
            ("object: \x07\n", 1, "not YAML: a control character"),
            (b"object: A\nfields: \xff\n", 2, "not UTF-8; save it as UTF-8"),
            ("[" * 20_000, 1, "not YAML: nested too deeply"),
        ],
    )
    def test_is_no_mapping(self, write, text, line, complaint):
        assert complaints(write(text)) == [(line, complaint)]

    @pytest.mark.parametrize(
        "text, line, complaint",
        [
            ("fields:\n  A__c: person.phone\n", 1, "'object:' is missing"),
            ("object: Contact\n", 1, "'fields:' is missing"),
            (
                "object: Contact\nfields:\n",
                2,
                "'fields:' wants fields with facts, field: fact",
            ),
            (
                "object: [Contact]\nfields: {A__c: person.phone}\n",
                1,
                "'object:' wants a name, such as Contact",
            ),
            (
                "object: User\nfields: {A__c: person.phone}\n",
                1,
                (
                    "'User': not an object that a mapping may write to; it may be Account,"
                    " Case, CampaignMember, Contact, ContactPointPhone, Lead"
                    " or a custom object, X__c"
                ),
            ),
            (
                "object: Lead\nphones: Phone\nfields: {A__c: person.phone}\n",
                2,
                "'phones:' wants a list, such as [MobilePhone, Phone]",
            ),
            (
                "object: Lead\nphones: [1]\nfields: {A__c: person.phone}\n",
                2,
                "'phones:' wants names of fields",
            ),
            (
                "object: Lead\nphones: [Phone, phone]\nfields: {A__c: person.phone}\n",
                2,
                "phone: stands twice in 'phones:'",
            ),
            (
                "object: Lead\nphones: ['Phone OR Id']\nfields: {A__c: person.phone}\n",
                2,
                "'Phone OR Id': not a field name",
            ),
            (
                "object: Lead\nphones: [A__c]\nfields: {a__c: person.phone}\n",
                3,
                "a__c: numbers are read from it",
            ),
            (
                "object: Lead\nfields:\n  A__c: person.phone\n  a__C: delivery.status\n",
                4,
                "a__C: this is A__c again, first in line 3; capitals do not count",
            ),
            (
                "object: Lead\nfields:\n  A__c: person.phone\n  A__c: delivery.status\n",
                4,
                "A__c: stands twice, first in line 3",
            ),
            (
                "object: Lead\nobject: Contact\nfields:\n  A__c: person.phone\n",
                2,
                "object: stands twice, first in line 1",
            ),
            (
                "object: Lead\n? [a]\n: b\nfields:\n  A__c: person.phone\n",
                2,
                "a key must be a single word",
            ),
            (
                "object: Lead\nfields:\n  A__c: !!python/name:os.system x\n",
                3,
                "'tag:yaml.org,2002:python/name:os.system': no tags, please",
            ),
            ("object: Lead\n<<: {}\nfields: {A__c: person.phone}\n", 2, "'<<': unknown key"),
        ],
    )
    def test_is_explained_with_its_line(self, write, text, line, complaint):
        assert (line, complaint) in complaints(write(text))

    def test_is_not_there(self, tmp_path):
        with pytest.raises(ConfigurationError, match=r"none\.yaml: No such file"):
            mapping.load(tmp_path / "none.yaml")

    def test_is_far_too_large(self, write):
        with pytest.raises(ConfigurationError, match="too large to be a mapping"):
            mapping.load(write(b"#" * 300_000))

    def test_shows_strange_words_on_one_line(self, write):
        path = write('object: Contact\nfields:\n  "a\\n\\u202e__c": person.phone\n')

        [(line, complaint)] = complaints(path)

        assert line == 3
        assert complaint.startswith(r"'a\n\u202e__c': not a field name")

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=60) | st.text(alphabet="aA_:{}[]\n \"'&*!#-,?|>", max_size=60))
    def test_raises_nothing_else(self, write, content):
        path = write(content if isinstance(content, bytes) else content.encode())

        with pytest.raises(ConfigurationError):
            mapping.load(path)


class TestLoadAll:
    def test_reads_the_files_of_a_folder(self, write, tmp_path):
        write(of_fields("A__c: person.phone"), "contact.yaml")
        write(of_fields("A__c: person.phone").replace("Contact", "Lead"), "lead.yml")
        write("not: a mapping", "notes.txt")

        assert list(mapping.load_all(tmp_path)) == ["Contact", "Lead"]

    def test_tells_of_all_files(self, write, tmp_path):
        first = write(of_fields("A__c: person.fone"), "a.yaml")
        second = write("", "b.yaml")

        with pytest.raises(ConfigurationError) as caught:
            mapping.load_all(tmp_path)

        assert str(caught.value).split("\n") == [
            f"{first}:3: A__c: unknown fact 'person.fone'; did you mean 'person.phone'?",
            f"{second}:1: empty; it wants 'object:' and 'fields:'",
        ]

    def test_refuses_two_files_for_one_object(self, write, tmp_path):
        first = write(of_fields("A__c: person.phone"), "a.yaml")
        second = write("\n" + of_fields("B__c: person.phone"), "b.yaml")

        with pytest.raises(ConfigurationError) as caught:
            mapping.load_all(tmp_path)

        assert str(caught.value) == (f"{second}:2: Contact has a mapping already, in {first}:1")

    def test_refuses_one_field_by_two_ways(self, write, tmp_path):
        contact = write(of_fields("A__c: person.phone"), "contact.yaml")
        text = of_fields("B__pc: delivery.status", "a__pc: person.phone")
        account = write(text.replace("Contact", "Account"), "account.yaml")

        with pytest.raises(ConfigurationError) as caught:
            mapping.load_all(tmp_path)

        assert str(caught.value) == (
            f"{account}:4: a__pc: {contact} writes the same field,"
            " as a__c of the person's Contact"
        )

    def test_wants_a_folder_with_mappings(self, tmp_path):
        with pytest.raises(ConfigurationError, match="no mapping here"):
            mapping.load_all(tmp_path)
        with pytest.raises(ConfigurationError, match="no such folder"):
            mapping.load_all(tmp_path / "none")
