"""listMetadata, the one question that is asked by SOAP."""

import pytest

from connector.domain.errors import OrgUnavailableError
from connector.salesforce.errors import OrgRefusedError
from tests.salesforce.answers import HOST, LOGIN, TOKEN, requests_to, token_answer


SOAP = f"{HOST}/services/Soap/m/66.0"
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body>{}</soapenv:Body>'
    "</soapenv:Envelope>"
)


def listed(*rows):
    results = "".join(
        f"<result><fullName>{name}</fullName><type>{kind}</type></result>"
        for kind, name in rows
    )
    return ENVELOPE.format(f"<listMetadataResponse>{results}</listMetadataResponse>")


def fault(code, text="no"):
    return ENVELOPE.format(
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{code}: {text}</faultstring></soapenv:Fault>"
    )


class TestComponents:
    def test_come_by_kind_three_kinds_a_call(self, org, logged_in):
        rows = [("CustomField", "Contact.A__c"), ("Flow", "F"), ("CustomField", "Lead.A__c")]
        logged_in.post(SOAP, body=listed(*rows))
        logged_in.post(SOAP, body=listed(("Report", "SMS/All")))

        found = org.components("CustomField", "Flow", "CustomTab", ("Report", "SMS & more"))

        assert found == {
            "CustomField": {"Contact.A__c", "Lead.A__c"},
            "Flow": {"F"},
            "CustomTab": frozenset(),
            "Report": {"SMS/All"},
        }
        first, second = (str(each.body) for each in requests_to(logged_in, SOAP))
        assert f"<sessionId>{TOKEN}</sessionId>" in first
        assert first.count("<queries>") == 3
        assert "<folder>SMS &amp; more</folder><type>Report</type>" in second

    def test_need_a_new_token_once_the_old_one_is_over(self, org, logged_in):
        logged_in.post(SOAP, status=500, body=fault("INVALID_SESSION_ID"))
        logged_in.post(LOGIN, json=token_answer("00Dxx0000001gPL!new"))
        logged_in.post(SOAP, body=listed(("Flow", "F")))

        assert org.components("Flow") == {"Flow": {"F"}}

    def test_a_user_who_may_not_ask_is_refused_with_the_code(self, org, logged_in):
        logged_in.post(SOAP, status=500, body=fault("INSUFFICIENT_ACCESS"))

        with pytest.raises(OrgRefusedError, match="INSUFFICIENT_ACCESS"):
            org.components("Flow")

    @pytest.mark.parametrize("body", ["<html>", "<html></html>", ""])
    def test_a_page_instead_of_an_answer_may_be_asked_again(self, org, logged_in, body):
        logged_in.post(SOAP, status=503, body=body)

        with pytest.raises(OrgUnavailableError, match="HTTP 503"):
            org.components("Flow")


class TestReading:
    def test_gives_what_components_hold_ten_a_call(self, org, logged_in):
        field = (
            "<records><fullName>Contact.P__c</fullName><label>P</label><valueSet><value>"
            "<fullName>A</fullName></value><value><fullName>B</fullName></value></valueSet>"
            "<description/></records><records/>"
        )
        told = ENVELOPE.format(
            f"<readMetadataResponse><result>{field}</result></readMetadataResponse>"
        )
        logged_in.post(SOAP, body=told)
        logged_in.post(
            SOAP, body=ENVELOPE.format("<readMetadataResponse><result/></readMetadataResponse>")
        )
        names = ["Contact.P__c", *(f"Contact.F{number}__c" for number in range(10))]

        found = org.read_metadata("CustomField", names)

        assert found == {
            "Contact.P__c": {
                "label": "P",
                "valueSet": {"value": [{"fullName": "A"}, {"fullName": "B"}]},
                "description": "",
            }
        }
        first, second = (str(each.body) for each in requests_to(logged_in, SOAP))
        assert (first.count("<fullNames>"), second.count("<fullNames>")) == (10, 1)
        assert "<type>CustomField</type>" in first
