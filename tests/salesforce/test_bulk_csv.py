"""The CSV of Bulk API 2.0: what is written comes back, and errors are taken apart."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.errors import OrgUnavailableError
from connector.salesforce import bulk_csv
from tests.salesforce.answers import person


def written(*rows):
    names = bulk_csv.columns(rows)
    lines = [bulk_csv.line(person(n).id, row, names) for n, row in enumerate(rows)]
    return bulk_csv.head(names) + "".join(lines)


class TestWriting:
    def test_every_field_of_any_record_has_a_column(self):
        text = written({"B__c": "x"}, {"A__c": 1})

        assert text == (f'Id,A__c,B__c\n"{person(0).id}",,"x"\n"{person(1).id}","1",\n')

    @pytest.mark.parametrize(
        "value, cell",
        [
            (None, '"#N/A"'),
            ("", '"#N/A"'),
            (True, '"true"'),
            (False, '"false"'),
            (0, '"0"'),
            (1.5, '"1.5"'),
            ("2026-11-23T10:00:00.000Z", '"2026-11-23T10:00:00.000Z"'),
            ("  two spaces", '"  two spaces"'),
            ('say "no", please', '"say ""no"", please"'),
            ("line\r\nbreak", '"line\r\nbreak"'),
        ],
    )
    def test_a_value_is_written_so_that_salesforce_takes_it_as_it_is(self, value, cell):
        assert written({"A__c": value}).split("\n", 1)[1] == f'"{person(0).id}",{cell}\n'

    @given(
        st.dictionaries(
            st.sampled_from(["A__c", "B__c", "C__c"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
        )
    )
    def test_any_text_that_fits_comes_back(self, fields):
        if not bulk_csv.fits(fields):
            return

        (row,) = csv.DictReader(io.StringIO(written(fields), newline=""))

        assert {name: row[name] for name in fields} == fields

    @pytest.mark.parametrize("value", ["#N/A", "x" * 32_001, "a\0b", "\ud800", float("nan")])
    def test_what_a_csv_cannot_say_does_not_fit(self, value):
        assert not bulk_csv.fits({"A__c": value})

    def test_all_else_fits(self):
        assert bulk_csv.fits(
            {"A__c": None, "B__c": True, "C__c": 1.5, "D__c": " #N/A", "E__c": 1}
        )


class TestReading:
    def test_rows_are_read_by_column(self):
        content = b'"sf__Id","sf__Created","Id","A__c"\n"1","false","2","x\ny"\n'

        (row,) = bulk_csv.read(content)

        assert row == {"sf__Id": "1", "sf__Created": "false", "Id": "2", "A__c": "x\ny"}

    def test_a_row_that_was_cut_off_is_left_out(self):
        content = b'"sf__Id","sf__Created","Id"\n"1","false","2"\n"3","fal'

        assert [row["Id"] for row in bulk_csv.read(content)] == ["2"]

    def test_an_empty_list_has_no_rows(self):
        assert list(bulk_csv.read(b"")) == []

    @pytest.mark.parametrize(
        "content", [b'"Id"\n"\xff"\n', b'"Id"\n"' + b"x" * 200_000 + b'"\n']
    )
    def test_what_is_no_csv_is_asked_for_again(self, content):
        with pytest.raises(OrgUnavailableError):
            list(bulk_csv.read(content))


@pytest.mark.parametrize(
    "text, code, message, fields",
    [
        (
            "UNABLE_TO_LOCK_ROW:unable to obtain access to this record or 1 records: 001xx:--",
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain access to this record or 1 records: 001xx",
            (),
        ),
        (
            "STRING_TOO_LONG:SMS Error: data value too large (max length=20):SMS_Error__c --",
            "STRING_TOO_LONG",
            "SMS Error: data value too large (max length=20)",
            ("SMS_Error__c",),
        ),
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [A__c, B__c]:A__c B__c --",
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [A__c, B__c]",
            ("A__c", "B__c"),
        ),
        (
            "FIELD_INTEGRITY_EXCEPTION:No -- never: 1:A__c --DUPLICATE_VALUE:no:B__c --",
            "FIELD_INTEGRITY_EXCEPTION",
            "No -- never: 1",
            ("A__c",),
        ),
        (
            "ENTITY_IS_DELETED:entity is deleted:--",
            "ENTITY_IS_DELETED",
            "entity is deleted",
            (),
        ),
        ("MALFORMED_ID:bad id", "MALFORMED_ID", "bad id", ()),
        ("something else", "UNKNOWN_ERROR", "something else", ()),
        ("two\nlines", "UNKNOWN_ERROR", "two\nlines", ()),
    ],
)
def test_an_error_has_code_message_and_fields(text, code, message, fields):
    assert bulk_csv.read_error(text) == (code, message, fields)
