"""One call to the org: its token, its limits, and foreign errors made ours."""

import logging
import traceback

import pytest
import requests
import responses

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import ApiUsage
from connector.salesforce.connect import connect
from connector.salesforce.errors import ConcurrentLimitError, DailyLimitError, OrgRefusedError
from connector.salesforce.session import Meter, OrgSession
from tests.salesforce.answers import (
    COLLECTIONS,
    DATA,
    HOST,
    LOGIN,
    PHONE,
    TOKEN,
    change,
    done,
    refused,
    requests_to,
    token_answer,
)


LIMITS = f"{DATA}/limits"
QUERY = f"{DATA}/query/"
EXPIRED = {"status": 401, "json": refused("INVALID_SESSION_ID")}


def ask(org):
    return org.query("SELECT Id FROM Contact")


class TestToken:
    def test_nothing_is_sent_before_the_first_question(self, org, web):
        assert org.calls == 0
        assert len(web.calls) == 0

    def test_an_expired_one_is_renewed_and_the_call_repeated_with_the_same_headers(
        self, org, web
    ):
        web.post(LOGIN, json=token_answer("00D!first"))
        web.patch(COLLECTIONS, **EXPIRED)
        web.post(LOGIN, json=token_answer("00D!second"))
        web.patch(COLLECTIONS, json=[done(1)])

        (outcome,) = org.update([change(1)])

        first, second = requests_to(web, COLLECTIONS)
        assert outcome.written
        assert first.headers.pop("Authorization") == "Bearer 00D!first"
        assert second.headers.pop("Authorization") == "Bearer 00D!second"
        assert first.headers == second.headers
        assert first.body == second.body

    @pytest.mark.parametrize(
        "body",
        [{"json": refused("INVALID_SESSION_ID")}, {"json": {"error": "x"}}, {"body": "<p>"}],
    )
    def test_a_fresh_one_that_is_refused_too_ends_it(self, org, logged_in, clock, body):
        logged_in.get(QUERY, status=401, **body)

        for _ in range(3):
            with pytest.raises(ConfigurationError, match="fresh token"):
                ask(org)
        assert len(requests_to(logged_in, LOGIN)) == 2
        assert len(requests_to(logged_in, QUERY)) == 2

        logged_in.replace(responses.GET, QUERY, json={"done": True, "records": []})
        clock.advance(seconds=60)
        assert ask(org) == []

    def test_goes_to_the_instance_that_the_login_named(self, access, clock, web):
        web.post(LOGIN, json=token_answer(instance_url="https://acme.my.salesforce.com:8443"))
        there = "https://acme.my.salesforce.com:8443/services/data/v66.0/query/"
        web.get(there, json={"done": True, "records": []})

        with connect(access, clock=clock) as org:
            ask(org)

        assert len(requests_to(web, there)) == 1

    def test_an_org_that_moved_is_found_again_by_a_new_login(self, org, clock, web):
        moved = "https://acme2.my.salesforce.com"
        web.post(LOGIN, json=token_answer())
        web.post(LOGIN, json=token_answer(instance_url=moved))
        web.get(QUERY, status=420, body="")
        web.get(QUERY.replace(HOST, moved), json={"done": True, "records": []})
        clock.advance(minutes=1)
        with pytest.raises(OrgUnavailableError):
            ask(org)
        clock.advance(minutes=15)
        with pytest.raises(OrgUnavailableError):
            ask(org)

        assert ask(org) == []


class TestErrors:
    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 503, "body": "<html>Maintenance</html>"},
            {"status": 500, "json": refused("UNKNOWN_EXCEPTION")},
            {"status": 503, "json": refused("SERVER_UNAVAILABLE")},
            {"status": 502, "json": refused("A_CODE_OF_NEXT_YEAR")},
            {"status": 400, "json": refused("QUERY_TIMEOUT")},
            {"status": 403, "json": refused("API_CURRENTLY_DISABLED")},
            {"status": 404, "body": "<html>no such host</html>"},
            {"status": 403, "body": "<html>blocked</html>"},
            {"status": 420, "body": ""},
            {"status": 429, "body": ""},
            {"status": 200, "body": "<html>Maintenance</html>"},
            {"status": 200, "body": '{"done": true, "records": [{"Id"'},
            {"status": 200, "body": "null"},
            {"status": 200, "body": "7"},
            {"status": 200, "body": b"\xff\xfe\x00"},
            {"status": 200, "json": []},
            {"status": 200, "json": {"records": {}}},
            {"status": 200, "json": {"done": False, "records": []}},
            {"status": 204, "body": ""},
            {"body": requests.ConnectionError("reset")},
            {"body": requests.ReadTimeout("slow")},
            {"body": requests.exceptions.ChunkedEncodingError("broken")},
            {"body": requests.exceptions.SSLError("EOF")},
        ],
    )
    def test_what_waiting_can_help(self, org, logged_in, answer):
        logged_in.get(QUERY, **answer)

        with pytest.raises(OrgUnavailableError):
            ask(org)

    @pytest.mark.parametrize(
        "status, code",
        [
            (400, "MALFORMED_QUERY"),
            (403, "INSUFFICIENT_ACCESS"),
            (404, "NOT_FOUND"),
            (405, "METHOD_NOT_ALLOWED"),
        ],
    )
    def test_what_waiting_cannot_help_has_the_code(self, org, logged_in, status, code):
        logged_in.get(QUERY, status=status, json=refused(code, f"about {PHONE}"))

        with pytest.raises(OrgRefusedError) as caught:
            ask(org)

        assert (caught.value.status, caught.value.code) == (status, code)
        assert PHONE not in str(caught.value)
        assert PHONE not in repr(caught.value)

    @pytest.mark.parametrize(
        "status, code, told",
        [
            (410, "GONE", "API version 66.0"),
            (400, "UNSUPPORTED_API_VERSION", "API version 66.0"),
            (403, "API_DISABLED_FOR_ORG", "API Enabled"),
        ],
    )
    def test_what_the_operator_must_change(self, org, logged_in, status, code, told):
        logged_in.get(QUERY, status=status, json=refused(code))

        with pytest.raises(ConfigurationError, match=told):
            ask(org)

    def test_an_untrusted_certificate_is_for_the_operator(self, org, logged_in):
        logged_in.get(QUERY, body=requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"))

        with pytest.raises(ConfigurationError, match="CA file"):
            ask(org)

    def test_redirects_are_not_followed(self, org, logged_in):
        logged_in.get(QUERY, status=302, headers={"Location": "https://example.net/"})
        logged_in.get("https://example.net/", json={"done": True, "records": []})

        with pytest.raises(OrgUnavailableError):
            ask(org)

        assert not requests_to(logged_in, "https://example.net/")

    @pytest.mark.parametrize(
        "message, header, kind",
        [
            ("TotalRequests Limit exceeded.", "", DailyLimitError),
            ("ConcurrentPerOrgLongTxn Limit exceeded.", "api-usage=9/9", ConcurrentLimitError),
            ("Límite superado.", "api-usage=15000/15000", DailyLimitError),
            ("Límite superado.", "api-usage=18/15000", ConcurrentLimitError),
        ],
    )
    def test_the_two_limits_are_told_apart(self, org, logged_in, message, header, kind):
        logged_in.get(
            QUERY,
            status=403,
            json=refused("REQUEST_LIMIT_EXCEEDED", message),
            headers={"Sforce-Limit-Info": header},
        )

        with pytest.raises(kind) as caught:
            ask(org)

        assert caught.value.code == "REQUEST_LIMIT_EXCEEDED"

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 400, "json": refused("MALFORMED_QUERY", f"near {PHONE}")},
            {"status": 503, "body": f"<html>{PHONE}</html>"},
            {"status": 200, "body": f"<html>{PHONE}</html>"},
            {"body": requests.ConnectionError(f"{QUERY}?q={PHONE} {TOKEN}")},
            {"status": 401, "json": refused("INVALID_SESSION_ID", f"{TOKEN} {PHONE}")},
        ],
    )
    def test_no_error_tells_a_number_or_the_token(self, org, logged_in, caplog, answer):
        caplog.set_level(logging.INFO)
        logged_in.get(QUERY, **answer)
        logger = logging.getLogger("a caller")

        with pytest.raises(
            (OrgRefusedError, OrgUnavailableError, ConfigurationError)
        ) as caught:
            ask(org)
        logger.error("org refused", exc_info=caught.value)
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)

        for secret in (PHONE, TOKEN, "hush-hush"):
            assert secret not in shown
            assert secret not in caplog.text


class TestAnswers:
    def test_every_one_tells_the_usage_errors_too(self, org, logged_in):
        logged_in.get(
            QUERY,
            json={"done": True, "records": []},
            headers={"Sforce-Limit-Info": "api-usage=18/15000"},
        )
        logged_in.patch(
            COLLECTIONS, status=503, headers={"Sforce-Limit-Info": "api-usage=19/15000"}
        )

        told = [org.usage]
        ask(org)
        told.append(org.usage)
        with pytest.raises(OrgUnavailableError):
            org.update([change(1)])
        told.append(org.usage)

        assert told == [None, ApiUsage(18, 15_000), ApiUsage(19, 15_000)]
        assert org.calls == 3

    def test_one_without_usage_leaves_what_was_known(self, org, logged_in):
        headers = {"Sforce-Limit-Info": "api-usage=18/15000"}
        logged_in.get(QUERY, json={"done": True, "records": []}, headers=headers)
        logged_in.get(QUERY, json={"done": True, "records": []})

        ask(org)
        ask(org)

        assert org.usage == ApiUsage(18, 15_000)


class TestRequests:
    def test_carry_the_headers_that_keep_owners_and_lists_as_they_are(self, org, logged_in):
        logged_in.patch(COLLECTIONS, json=[done(1)])

        org.update([change(1)])

        (request,) = requests_to(logged_in, COLLECTIONS)
        expected = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
            "Sforce-Auto-Assign": "FALSE",
            "Sforce-Duplicate-Rule-Header": (
                "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"
            ),
            "Sforce-Mru": "updateMru=false",
            "Sforce-Call-Options": "client=SMSConnector",
        }
        assert expected.items() <= request.headers.items()
        assert "X-PrettyPrint" not in request.headers

    def test_have_time_limits_the_login_too(self, logged_in, clock, tmp_path):
        ca_file = tmp_path / "ca.pem"
        ca_file.write_text("")
        access = OrgAccess(
            login_url=HOST,
            client_id="key",
            client_secret="hush-hush",
            connect_timeout_seconds=3,
            read_timeout_seconds=30,
            ca_file=str(ca_file),
        )
        logged_in.get(QUERY, json={"done": True, "records": []})

        with connect(access, clock=clock) as org:
            ask(org)

        for call in logged_in.calls:
            assert call.request.req_kwargs["timeout"] == (3, 30)
            assert call.request.req_kwargs["verify"] == str(ca_file)

    def test_keep_no_cookies(self, access, logged_in):
        logged_in.get(HOST, headers={"Set-Cookie": "BrowserId=x; domain=.salesforce.com"})

        with OrgSession(access, meter=Meter()) as session:
            session.get(HOST)
            session.get(HOST)

        assert "Cookie" not in requests_to(logged_in, HOST)[1].headers

    def test_go_to_this_machine_without_a_proxy(self, logged_in):
        access = OrgAccess(login_url="https://localhost:8443", client_id="k", client_secret="s")
        logged_in.get("https://localhost:8443/")
        logged_in.get(HOST)

        with OrgSession(access, meter=Meter()) as session:
            session.proxies = {"https": "http://proxy.example.net:3128"}
            session.get("https://localhost:8443/")
            session.get(HOST)

        local, remote = (call.request.req_kwargs["proxies"] for call in logged_in.calls)
        assert local == {}
        assert remote["https"] == "http://proxy.example.net:3128"
