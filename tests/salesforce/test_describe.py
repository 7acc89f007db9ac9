"""What an object looks like to our user."""

import pytest

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.errors import OrgRefusedError
from tests.salesforce.answers import COLLECTIONS, DATA, change, failed, refused, requests_to


DESCRIBE = f"{DATA}/sobjects/Contact/describe"
STATUS = {
    "name": "SMS_Delivery_Status__c",
    "label": "SMS Delivery Status",
    "type": "picklist",
    "length": 255,
    "updateable": True,
    "createable": True,
    "nillable": True,
    "custom": True,
    "restrictedPicklist": True,
    "externalId": False,
    "unique": False,
    "picklistValues": [
        {"value": "Pending", "active": True},
        {"value": "Delivered", "active": True},
        {"value": "Sent", "active": False},
    ],
    "referenceTo": [],
}
ACCOUNT = {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]}
CONTACT = {
    "name": "Contact",
    "label": "Contact",
    "updateable": True,
    "fields": [STATUS, ACCOUNT],
}


class TestDescribe:
    def test_reads_what_a_mapping_is_checked_against(self, org, logged_in):
        logged_in.get(DESCRIBE, json=CONTACT)

        contact = org.describe("Contact")

        status = contact.field("sms_delivery_status__C")
        assert status is not None
        assert (contact.name, contact.updateable) == ("Contact", True)
        assert (status.name, status.type, status.length) == (STATUS["name"], "picklist", 255)
        assert status.updateable
        assert status.restricted
        assert status.values == ("Pending", "Delivered")
        assert contact.fields["accountid"].references == ("Account",)

    def test_what_it_lacks_is_not_known(self, org, logged_in):
        logged_in.get(DESCRIBE, json=CONTACT)

        contact = org.describe("Contact")

        assert contact.field("DoNotCall") is None
        assert contact.known("accountid", "DoNotCall", "AccountId") == ["AccountId"]

    def test_is_asked_once_an_hour(self, org, logged_in, clock):
        logged_in.get(DESCRIBE, json=CONTACT)

        org.describe("Contact")
        org.describe("contact")
        clock.advance(minutes=59)
        org.describe("Contact")
        assert len(requests_to(logged_in, DESCRIBE)) == 1

        clock.advance(minutes=1)
        org.describe("Contact")
        assert len(requests_to(logged_in, DESCRIBE)) == 2

    def test_is_asked_again_when_the_org_contradicts_it(self, org, logged_in):
        logged_in.get(DESCRIBE, json=CONTACT)
        logged_in.patch(COLLECTIONS, json=[failed("INVALID_FIELD")])
        org.describe("Contact")

        org.update([change(1)])
        org.describe("Contact")

        assert len(requests_to(logged_in, DESCRIBE)) == 2

    @pytest.mark.parametrize("status, code", [(404, "NOT_FOUND"), (400, "INVALID_TYPE")])
    def test_an_object_that_is_not_there_is_for_the_operator(
        self, org, logged_in, status, code
    ):
        logged_in.get(DESCRIBE, status=status, json=refused(code))

        with pytest.raises(ConfigurationError, match="no object Contact"):
            org.describe("Contact")

    def test_another_refusal_keeps_its_code(self, org, logged_in):
        logged_in.get(DESCRIBE, status=403, json=refused("INSUFFICIENT_ACCESS"))

        with pytest.raises(OrgRefusedError, match="INSUFFICIENT_ACCESS"):
            org.describe("Contact")

    @pytest.mark.parametrize("answer", [{}, [], {"name": "Contact"}, {"fields": {}}])
    def test_an_unclear_answer_is_for_later(self, org, logged_in, answer):
        logged_in.get(DESCRIBE, json=answer)

        with pytest.raises(OrgUnavailableError):
            org.describe("Contact")

    def test_a_name_that_is_none_is_not_asked_for(self, org, web):
        with pytest.raises(ValueError, match="API name"):
            org.describe("../limits")

        assert len(web.calls) == 0
