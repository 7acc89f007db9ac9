"""The pages that show the org: what is on them, and that nothing on them runs."""

import re

import pytest

from connector.emulator import seed_contacts


PAGES = "https://acme.my.salesforce.com/emulator/"


@pytest.fixture
def page(session):
    return lambda path="": session.get(PAGES + path)


def test_home_counts_the_records(page, org):
    seed_contacts(org, 3)

    text = page().text

    assert re.search(r'href="/emulator/Contact/"><b>3</b>', text)


def test_a_list_shows_names_and_status(page, org, contact):
    org.update("Contact", contact, {"SMS_Delivery_Status__c": "Delivered"})

    text = page("Contact/").text

    assert f'href="/emulator/Contact/{contact}">Brook</a>' in text
    assert '<span class="tag good">Delivered</span>' in text


def test_a_long_list_has_pages(page, org):
    seed_contacts(org, 120)

    assert "page 1 of 3" in page("Contact/").text
    assert 'href="?page=2"' in page("Contact/?page=3").text


def test_a_record_shows_its_history(page, org, contact, watch):
    watch.move(minutes=1)
    org.update("Contact", contact, {"SMS_Delivery_Status__c": "Failed"})

    text = page(f"Contact/{contact}").text

    assert "2026-11-23 10:01:00" in text
    assert 'title="SMS_Delivery_Status__c">SMS Delivery Status</td>' in text
    assert "admin@example.com" in text


def test_what_people_type_is_escaped(page, org):
    record = org.create("Contact", {"LastName": "<script>alert(1)</script>"})

    for path in ("Contact/", f"Contact/{record}"):
        assert "<script" not in page(path).text
        assert "&lt;script&gt;" in page(path).text


def test_nothing_is_loaded_from_elsewhere(page, contact):
    for path in (
        "",
        "Contact/",
        f"Contact/{contact}",
        "User/",
        "Organization/",
        "CampaignMember/",
    ):
        text = page(path).text
        assert "http://" not in text
        assert "https://" not in text


@pytest.mark.parametrize("path", ["Nope/", "Contact/003xx0000000000AAA", "Nope/x"])
def test_what_is_not_there_is_404(page, path):
    assert page(path).status_code == 404
