"""What else is asked of an org: records by id, its limits, and whether all is well."""

import pytest
import responses

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.budget import ApiUsage
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.facts import Limit
from tests.salesforce.answers import COLLECTIONS, DATA, HOST, person, refused, requests_to, sent


CONTACTS = f"{COLLECTIONS}/Contact"
VERSIONS = f"{HOST}/services/data/"
USER = f"{HOST}/services/oauth2/userinfo"
LIMITS = f"{DATA}/limits"


class TestRecords:
    def test_come_in_the_order_asked_for_with_gaps(self, org, logged_in):
        found = {"Id": person(1).id, "SMS_Opt_Out__c": True}
        logged_in.post(CONTACTS, json=[None, found])
        ids = [person(2).id, person(1).id]

        assert org.records("Contact", ids, ["Id", "SMS_Opt_Out__c"]) == [None, found]

        (request,) = requests_to(logged_in, CONTACTS)
        assert sent(request) == {"ids": ids, "fields": ["Id", "SMS_Opt_Out__c"]}

    def test_none_cost_no_call(self, org, web):
        assert org.records("Contact", [], ["Id"]) == []
        assert len(web.calls) == 0

    def test_too_many_are_not_asked_for(self, org):
        with pytest.raises(ValueError, match="2000"):
            org.records("Contact", [person(1).id] * 2_001, ["Id"])

    @pytest.mark.parametrize("answer", [[], [None, None], {}])
    def test_another_number_of_them_is_an_unclear_answer(self, org, logged_in, answer):
        logged_in.post(CONTACTS, json=answer)

        with pytest.raises(OrgUnavailableError):
            org.records("Contact", [person(1).id], ["Id"])

    def test_a_bad_field_is_refused(self, org, logged_in):
        logged_in.post(CONTACTS, status=400, json=refused("INVALID_FIELD"))

        with pytest.raises(OrgRefusedError, match="INVALID_FIELD"):
            org.records("Contact", [person(1).id], ["Nope__c"])


class TestCheck:
    @pytest.fixture
    def healthy(self, logged_in):
        versions = [{"version": "9.0"}, {"version": "66.0"}, {"version": "68.0"}]
        logged_in.get(VERSIONS, json=versions)
        logged_in.get(USER, json={"preferred_username": "sms@example.com", "active": True})
        limits = {
            "DailyApiRequests": {"Max": 15_000, "Remaining": 14_998},
            "Odd": {"Max": None},
            "Odder": 1,
        }
        usage = {"Sforce-Limit-Info": "api-usage=2/15000"}
        logged_in.get(LIMITS, json=limits, headers=usage)
        return logged_in

    def test_tells_who_we_are_and_what_is_left(self, org, healthy):
        facts = org.check()

        assert facts.instance_url == HOST
        assert facts.organization_id == "00Dxx0000001gPLEAY"
        assert facts.user_id == "005xx000001SyhGAAS"
        assert facts.username == "sms@example.com"
        assert (facts.api_version, facts.newest_version) == ("66.0", "68.0")
        assert facts.usage == ApiUsage(2, 15_000)
        assert facts.limits == {"DailyApiRequests": Limit(15_000, 14_998)}
        assert len(healthy.calls) == 4

    def test_does_without_what_our_user_may_not_ask_for(self, org, healthy):
        healthy.replace(responses.GET, USER, status=403, body="")
        healthy.replace(
            responses.GET, LIMITS, status=403, json=refused("FUNCTIONALITY_NOT_ENABLED")
        )

        facts = org.check()

        assert (facts.username, facts.limits) == ("", {})

    def test_a_version_that_the_org_does_not_speak_is_for_the_operator(self, org, logged_in):
        logged_in.get(VERSIONS, json=[{"version": "67.0"}, {"version": "68.0"}])

        with pytest.raises(ConfigurationError, match=r"67\.0 to 68\.0"):
            org.check()

    @pytest.mark.parametrize("answer", [[], {}, [{"label": "x"}], ["x"], [{"version": "x"}]])
    def test_no_versions_are_an_unclear_answer(self, org, logged_in, answer):
        logged_in.get(VERSIONS, json=answer)

        with pytest.raises(OrgUnavailableError):
            org.check()

    def test_limits_can_be_asked_for_alone(self, org, healthy):
        assert org.limits() == {"DailyApiRequests": Limit(15_000, 14_998)}
        assert len(healthy.calls) == 2
