"""Logging in: two flows, one login per expiry, and errors that say what to change."""

import dataclasses
import threading
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.access import OrgAccess
from connector.salesforce.errors import WrongOrgError
from connector.salesforce.session import Meter, OrgSession
from connector.salesforce.token import TokenProvider
from tests.salesforce.answers import HOST, LOGIN, TOKEN, AnsweringAdapter, claims, token_answer
from tests.support.clock import NOON


@pytest.fixture
def session(access):
    with OrgSession(access, meter=Meter()) as opened:
        yield opened


@pytest.fixture
def provider(access, session, clock):
    return TokenProvider(access, session, clock=clock)


def jwt_access(private_key, **changes):
    values = {
        "login_url": HOST,
        "client_id": "consumer-key",
        "username": "sms@example.com",
        "private_key": private_key,
    }
    return OrgAccess(**{**values, **changes})


def form(call):
    return {key: values[0] for key, values in parse_qs(call.request.body).items()}


class TestClientCredentials:
    def test_sends_key_and_secret(self, provider, logged_in):
        token = provider.token()

        assert (token.access, token.instance_url) == (TOKEN, HOST)
        assert form(logged_in.calls[0]) == {
            "grant_type": "client_credentials",
            "client_id": "key",
            "client_secret": "hush-hush",
        }

    @pytest.mark.usefixtures("logged_in")
    def test_knows_org_and_user_from_the_answer(self, provider):
        token = provider.token()

        assert token.organization_id == "00Dxx0000001gPLEAY"
        assert token.user_id == "005xx000001SyhGAAS"


class TestJwtBearer:
    @pytest.mark.parametrize(
        "audience, aud",
        [("", HOST), ("https://login.salesforce.com", "https://login.salesforce.com")],
    )
    def test_signs_who_logs_in_for_three_minutes(
        self, private_key, session, clock, logged_in, audience, aud
    ):
        access = jwt_access(private_key, audience=audience, login_url=f"{HOST}/")

        TokenProvider(access, session, clock=clock).token()

        sent = form(logged_in.calls[0])
        assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert claims(sent["assertion"]) == {
            "iss": "consumer-key",
            "sub": "sms@example.com",
            "aud": aud,
            "exp": int((NOON + timedelta(minutes=3)).timestamp()),
        }

    @pytest.mark.parametrize(
        "pem",
        [
            "no key",
            ec.generate_private_key(ec.SECP256R1())
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            .decode(),
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass"))
            .decode(),
            rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            .decode(),
        ],
        ids=["no key", "not RSA", "with passphrase", "too short"],
    )
    def test_a_key_that_cannot_sign_is_told_at_once(self, session, clock, pem):
        with pytest.raises(ConfigurationError, match="private key") as caught:
            TokenProvider(jwt_access(pem), session, clock=clock)

        assert pem not in str(caught.value)


class TestCaching:
    def test_logs_in_once(self, provider, logged_in):
        assert provider.token() is provider.token()

        assert len(logged_in.calls) == 1

    def test_renewing_a_token_that_is_no_longer_current_gives_the_current(
        self, provider, logged_in
    ):
        first = provider.token()
        second = provider.renew(first)

        assert provider.renew(first) is second
        assert len(logged_in.calls) == 2

    def test_threads_with_the_same_old_token_share_one_login(self, access, clock):
        org = SlowOrg()
        with OrgSession(access, meter=Meter(), adapter=org) as session:
            provider = TokenProvider(access, session, clock=clock)

            renewed = in_threads(8, provider, org)

        assert org.logins == 2
        assert renewed == [provider.token()] * 8

    def test_threads_share_a_failed_login_too(self, access, clock):
        org = SlowOrg()
        with OrgSession(access, meter=Meter(), adapter=org) as session:
            provider = TokenProvider(access, session, clock=clock)
            provider.token()
            org.status = 503

            failures = in_threads(8, provider, org)

        assert org.logins == 2
        assert [type(failure) for failure in failures] == [OrgUnavailableError] * 8

    @pytest.mark.usefixtures("logged_in")
    def test_an_older_token_of_an_org_that_is_away_is_given_up(self, provider, clock):
        token = provider.token()

        provider.forget(token)
        assert provider.token() is token

        clock.advance(minutes=15)
        provider.forget(token)
        assert provider.token() is not token


class TestRefusals:
    @pytest.mark.parametrize(
        "error, description, told",
        [
            ("invalid_grant", "user hasn't approved this consumer", "pre-authorize"),
            ("invalid_grant", "no client credentials user enabled", "Run As"),
            ("invalid_grant", "request not supported on this domain", "My Domain"),
            ("invalid_grant", "expired access/refresh token", "revoked"),
            ("invalid_grant", "audience is invalid", "audience"),
            ("invalid_grant", "authentication failure", "Login History"),
            ("invalid_grant", None, "Login History"),
            ("invalid_app_access", "user is not admin approved", "permission set"),
            ("app_not_found", "", "My Domain"),
            ("invalid_client_id", "client identifier invalid", "client id"),
            ("invalid_client", "invalid client credentials", "client secret"),
            ("inactive_user", "", "activate"),
            ("unsupported_grant_type", "", "enable the flow"),
            ("invalid_scope", "", "scope"),
            ("invalid_request", "", "Login History"),
            ("new_error", "", "new_error"),
        ],
    )
    def test_say_what_to_change_in_one_line(self, provider, web, error, description, told):
        web.post(LOGIN, status=400, json={"error": error, "error_description": description})

        with pytest.raises(ConfigurationError) as caught:
            provider.token()

        assert told in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_repeat_nothing_of_a_strange_answer(self, provider, web):
        strange = {"error": "hush-hush\nERROR forged", "error_description": "hush-hush"}
        web.post(LOGIN, status=400, json=strange)

        with pytest.raises(ConfigurationError, match="an unknown error") as caught:
            provider.token()

        assert "hush-hush" not in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_are_not_asked_for_again_at_once(self, provider, clock, web):
        web.post(LOGIN, status=400, json={"error": "invalid_client"})
        for _ in range(3):
            with pytest.raises(ConfigurationError, match="client secret"):
                provider.token()
        assert len(web.calls) == 1

        web.replace(responses.POST, LOGIN, json=token_answer())
        clock.advance(seconds=60)

        assert provider.token().access == TOKEN


class TestUnavailability:
    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 503, "body": "<html>Maintenance</html>"},
            {"status": 500, "json": {"error": "server_error"}},
            {"status": 400, "body": "<html>Bad</html>"},
            {"status": 429, "body": ""},
            {"status": 200, "body": "<html>Maintenance</html>"},
            {"status": 200, "json": []},
            {"status": 200, "json": {"access_token": TOKEN}},
            {"status": 200, "json": {"instance_url": HOST}},
            {"body": requests.ConnectionError("reset")},
            {"body": requests.ReadTimeout(f"{TOKEN}")},
        ],
    )
    def test_is_for_later_and_tried_again(self, provider, web, answer):
        web.post(LOGIN, **answer)
        for _ in range(2):
            with pytest.raises(OrgUnavailableError) as caught:
                provider.token()
            assert TOKEN not in str(caught.value)
            assert caught.value.__context__ is None

        web.replace(responses.POST, LOGIN, json=token_answer())

        assert provider.token().access == TOKEN

    def test_an_untrusted_certificate_is_for_the_operator(self, provider, web):
        failure = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
        web.post(LOGIN, body=failure)

        with pytest.raises(ConfigurationError, match="CA file"):
            provider.token()

    def test_a_broken_handshake_is_for_later(self, provider, web):
        web.post(LOGIN, body=requests.exceptions.SSLError("UNEXPECTED_EOF_WHILE_READING"))

        with pytest.raises(OrgUnavailableError):
            provider.token()


class TestTrust:
    @pytest.mark.parametrize(
        "instance_url",
        ["https://example.net", "http://acme.my.salesforce.com", "https://127.0.0.1"],
    )
    def test_a_foreign_instance_gets_no_token(self, provider, web, instance_url):
        web.post(LOGIN, json=token_answer(instance_url=instance_url))

        with pytest.raises(ConfigurationError, match="not Salesforce's"):
            provider.token()

    def test_redirects_are_not_followed(self, provider, web):
        web.post(LOGIN, status=302, headers={"Location": "https://example.net/"})
        web.get("https://example.net/", json=token_answer())

        with pytest.raises(ConfigurationError, match="redirects"):
            provider.token()

        assert len(web.calls) == 1

    @pytest.mark.usefixtures("logged_in")
    def test_the_token_is_in_no_text_and_no_log(self, provider, caplog):
        caplog.set_level("DEBUG")

        token = provider.token()

        assert TOKEN not in repr(token)
        assert TOKEN not in caplog.text
        assert "hush-hush" not in caplog.text


class SlowOrg(AnsweringAdapter):
    """A login that is answered when the gate is open."""

    def __init__(self):
        super().__init__(self.log_in)
        self.logins = 0
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()

    def log_in(self, _request):
        self.logins += 1
        self.gate.wait(timeout=10)
        return self.status, token_answer(access_token=f"{TOKEN}{self.logins}")


class Queue:
    """A lock that opens the gate when so many threads stand at it."""

    def __init__(self, length, gate):
        self.length, self.gate = length, gate
        self.lock, self.counter, self.waiting = threading.Lock(), threading.Lock(), 0

    def __enter__(self):
        with self.counter:
            self.waiting += 1
            if self.waiting == self.length:
                self.gate.set()
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()


def in_threads(count, provider, org):
    """What `count` threads got or failed with, all of them waiting for the same login."""
    old = provider.token()
    org.gate.clear()
    provider._lock = Queue(count, org.gate)  # noqa: SLF001 (to see who waits)
    got = []

    def run():
        try:
            got.append(provider.renew(old))
        except OrgUnavailableError as failure:
            got.append(failure)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    return got


class TestOrgGuard:
    OTHER = "00Dxx0000009zzzAAA"
    FOUND = "00Dxx0000001gPLEAY"

    @pytest.mark.usefixtures("logged_in")
    @pytest.mark.parametrize("wanted", [FOUND, FOUND[:15]])
    def test_the_org_that_is_set_is_let_through_in_either_form(
        self, access, session, clock, wanted
    ):
        access = dataclasses.replace(access, organization_id=wanted)

        token = TokenProvider(access, session, clock=clock).token()

        assert token.organization_id == self.FOUND

    @pytest.mark.usefixtures("logged_in")
    def test_another_org_is_refused_with_both_ids(self, access, session, clock):
        access = dataclasses.replace(access, organization_id=self.OTHER)

        with pytest.raises(WrongOrgError) as refusal:
            TokenProvider(access, session, clock=clock).token()

        assert self.FOUND in str(refusal.value)
        assert self.OTHER in str(refusal.value)

    def test_an_answer_that_names_no_org_is_refused_where_one_is_set(
        self, access, session, clock, web
    ):
        web.post(LOGIN, json=token_answer(id=""))
        access = dataclasses.replace(access, organization_id=self.OTHER)

        with pytest.raises(WrongOrgError, match="without an id"):
            TokenProvider(access, session, clock=clock).token()

    def test_a_guard_hears_of_every_login_and_may_refuse_it(self, provider, web):
        web.post(LOGIN, json=token_answer())
        heard: list[str] = []
        first = provider.token()
        provider.guard(heard.append)

        second = provider.token()
        provider.token()

        assert heard == [self.FOUND]
        assert second is not first
        provider.guard(refuse)
        with pytest.raises(WrongOrgError, match="not this one"):
            provider.token()


def refuse(_org_id):
    raise WrongOrgError("not this one")
