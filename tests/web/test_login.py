"""People log in with the name and the secret of a key, and are known by a cookie."""

import re

import pytest

from connector.web.app import create_app
from connector.web.pages import Site
from tests.support.clock import NOON
from tests.web.visitors import HTML, SECRET, form_token, log_in, make_key


@pytest.fixture
def application(store, clock):
    make_key(store)
    site = Site(public_url="https://sms.example.org")
    return create_app(store=store, clock=clock, site=site)


@pytest.fixture
def client(application):
    return application.test_client()


def cookie(answer):
    return answer.headers["Set-Cookie"]


class TestLogin:
    def test_who_has_no_key_is_asked_for_one(self, client):
        answer = client.get("/status/jobs", headers=HTML)

        assert answer.status_code == 303
        assert answer.headers["Location"] == "/status/login?next=%2Fstatus%2Fjobs"
        assert "<form" in client.get(answer.headers["Location"]).text

    def test_name_and_secret_open_the_pages(self, client):
        answer = log_in(client, next="/status")

        assert answer.status_code == 303
        assert answer.headers["Location"] == "/status"
        page = client.get("/status", headers=HTML)
        assert page.status_code == 200
        assert "ann" in page.text

    def test_every_process_knows_who_is_logged_in(self, store, clock, client):
        token = re.match(r"connector_session=([^;]+);", cookie(log_in(client)))
        assert token
        other = create_app(store=store, clock=clock).test_client()
        other.set_cookie("connector_session", token[1], path="/status")

        assert other.get("/status").status_code == 200

    @pytest.mark.parametrize(
        "name, secret", [("ann", "wrong"), ("bob", SECRET), ("", ""), ("ann", "ä" * 9_000)]
    )
    def test_anything_else_does_not(self, client, name, secret):
        answer = log_in(client, name, secret)

        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
        assert secret[:3] not in answer.text or not secret
        assert client.get("/status").status_code == 401

    def test_a_key_for_something_else_does_not(self, store, client):
        make_key(store, "crm", "other", ["messages:write"])

        assert log_in(client, "crm", "other").status_code == 403

    @pytest.mark.parametrize(
        "target", ["https://example.com/", "//example.com", "/api", "/status\\..", "/status\n"]
    )
    def test_nobody_is_sent_elsewhere(self, client, target):
        assert log_in(client, next=target).headers["Location"] == "/status"


class TestCookie:
    def test_is_for_the_pages_of_this_site_alone(self, client):
        told = cookie(log_in(client))

        assert "HttpOnly" in told
        assert "SameSite=Strict" in told
        assert "Path=/status" in told
        assert "Secure" not in told

    @pytest.mark.parametrize(
        "headers", [{"Host": "sms.example.org"}, {"X-Forwarded-Proto": "https"}]
    )
    def test_goes_by_https_where_the_browser_came_by_it(self, client, headers):
        assert "; Secure" in cookie(log_in(client, headers=headers))

    def test_is_kept_as_a_hash_only(self, store, client):
        token = cookie(log_in(client)).split("=", 1)[1].split(";")[0]

        with store.transaction(reads=True) as t:
            assert t.sessions.find(token, NOON) is None

    def test_ends_after_a_working_day(self, client, clock):
        log_in(client)
        clock.advance(hours=12)

        assert client.get("/status").status_code == 401

    def test_ends_with_its_key(self, store, client, clock):
        log_in(client)
        with store.transaction() as t:
            t.keys.revoke("ann", clock())

        assert client.get("/status").status_code == 401

    def test_a_made_up_one_is_nothing(self, client):
        client.set_cookie("connector_session", "x" * 43, path="/status")

        assert client.get("/status").status_code == 401


class TestLogout:
    def test_ends_the_session_for_whoever_has_the_cookie(self, application, client):
        token = cookie(log_in(client)).split("=", 1)[1].split(";")[0]
        page = client.get("/status", headers=HTML).text

        answer = client.post("/status/logout", data={"form_token": form_token(page)})

        assert answer.status_code == 303
        thief = application.test_client()
        thief.set_cookie("connector_session", token, path="/status")
        assert thief.get("/status").status_code == 401

    @pytest.mark.parametrize("data", [{}, {"form_token": "0" * 64}, {"form_token": "é"}])
    def test_wants_the_form_of_the_session(self, client, data):
        log_in(client)

        assert client.post("/status/logout", data=data).status_code == 403
        assert client.get("/status").status_code == 200

    def test_is_not_for_a_link(self, client):
        log_in(client)

        assert client.get("/status/logout", headers=HTML).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.com"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_elsewhere_logs_nobody_in(client, headers):
    assert log_in(client, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.example.org"},
        {"Origin": "http://localhost"},
        {"Origin": "https://sms.example.org"},
    ],
)
def test_our_own_form_does(client, headers):
    assert log_in(client, headers=headers).status_code == 303


class TestPatience:
    def test_who_is_wrong_again_and_again_has_to_wait(self, client, clock):
        for _ in range(5):
            log_in(client, secret="wrong")

        answer = log_in(client)

        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "31"
        clock.advance(seconds=31)
        assert log_in(client).status_code == 303

    def test_others_do_not(self, client):
        for _ in range(9):
            log_in(client, secret="wrong")

        answer = client.post(
            "/status/login",
            data={"name": "ann", "secret": SECRET},
            environ_base={"REMOTE_ADDR": "192.0.2.7"},
        )

        assert answer.status_code == 303


def test_the_secret_stands_nowhere(client):
    log_in(client)
    page = client.get("/status", headers=HTML)

    assert SECRET not in page.text
    assert SECRET not in str(page.headers)


@pytest.mark.parametrize("page", ["/status", "/status/login"])
def test_a_page_is_for_nobody_elses_frame_cache_or_script(client, page):
    log_in(client)
    answer = client.get(page)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert "style=" not in answer.text
    assert "<script" not in answer.text
