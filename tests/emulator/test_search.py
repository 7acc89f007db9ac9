"""SOSL: which phones a search finds, and which it does not."""

import pytest


@pytest.mark.parametrize(
    "stored,sought,found",
    [
        ("+12015550101", "12015550101", True),
        ("+12015550101", r"\+12015550101", True),
        ("+12015550101", "1201*", True),
        ("(201) 555-0101", "201", True),
        ("(201) 555-0101", "201 555", True),
        ("(201) 555-0101", "2015550101", False),
        ("+12015550101", "5550101", False),
        ("2015550101x3", "2015550101", True),
    ],
)
def test_phones_are_found_by_whole_pieces(client, org, stored, sought, found):
    org.create("Contact", {"LastName": "Brook", "MobilePhone": stored})
    text = f"FIND {{{sought}}} IN PHONE FIELDS RETURNING Contact(Id, MobilePhone)"

    hits = client.query(text, "/search").json()["searchRecords"]

    assert [hit["MobilePhone"] for hit in hits] == ([stored] if found else [])


def test_every_object_has_its_own_filter(client, org, contact):
    lead = org.create("Lead", {"LastName": "X", "Company": "Y", "Phone": "+12015550100"})
    org.convert_lead(
        org.create("Lead", {"LastName": "Z", "Company": "Y", "Phone": "+12015550100"})
    )
    text = (
        "FIND {12015550100} IN PHONE FIELDS RETURNING Contact(Id WHERE LastName = 'Brook'),"
        " Lead(Id WHERE IsConverted = false ORDER BY Id LIMIT 5) LIMIT 200"
    )

    hits = client.query(text, "/search").json()["searchRecords"]

    assert [hit["Id"] for hit in hits] == [contact, lead]


@pytest.mark.parametrize(
    "text", ["FIND me", "FIND {x} IN PHONE FIELDS", "FIND {12} IN NO FIELDS RETURNING Contact"]
)
def test_nonsense_is_malformed(client, text):
    answer = client.query(text, "/search")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_SEARCH")
