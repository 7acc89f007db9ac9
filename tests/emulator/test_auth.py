"""Logging in as the documentation and other people's issue threads say."""

import re
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.emulator import ADMIN, INTEGRATION_USER


LOGIN = "https://login.salesforce.com/services/oauth2/token"
OWN = "https://acme.my.salesforce.com/services/oauth2/token"
FORM = {"grant_type": "client_credentials"}
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

pytestmark = pytest.mark.usefixtures("app")


def pem_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture(scope="module")
def keys():
    return pem_pair()


@pytest.fixture
def app(org, keys):
    return org.register_app("consumer-key", keys[1], secret="s3cret")


@pytest.fixture
def assertion(watch, keys):
    def make(key=keys[0], minutes=3, algorithm="RS256", **claims):
        whole = {
            "iss": "consumer-key",
            "sub": INTEGRATION_USER,
            "aud": "https://login.salesforce.com",
            "exp": str(int((watch.now + timedelta(minutes=minutes)).timestamp())),
            **claims,
        }
        return jwt.encode(whole, key, algorithm=algorithm)

    return make


def log_in(session, url=LOGIN, **form):
    answer = session.post(url, data=form)
    return answer.status_code, answer.json()


def refusal(answer):
    status, body = answer
    assert status == 400
    return body["error"], body["error_description"]


class TestJwtBearer:
    def test_a_good_assertion_gets_a_token_that_works(self, session, assertion):
        status, body = log_in(session, grant_type=JWT_BEARER, assertion=assertion())

        assert status == 200
        assert re.fullmatch(r"00D\w{12,15}![.\w]*", body["access_token"])
        assert set(body) == {"access_token", "scope", "instance_url", "id", "token_type"}
        assert body["instance_url"] == "https://acme.my.salesforce.com"
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        found = session.get(f"{body['instance_url']}/services/data/v66.0/", headers=headers)
        assert found.status_code == 200

    def test_milliseconds_are_let_in_as_the_command_line_tool_sends_them(
        self, session, assertion, watch
    ):
        given = assertion(exp=int(watch.now.timestamp() * 1_000) + 300)

        assert log_in(session, grant_type=JWT_BEARER, assertion=given)[0] == 200

    def test_the_orgs_own_address_is_an_audience(self, session, assertion):
        given = assertion(aud="https://acme.my.salesforce.com")

        assert log_in(session, OWN, grant_type=JWT_BEARER, assertion=given)[0] == 200

    @pytest.mark.parametrize(
        "claims,error,description",
        [
            ({"iss": "other"}, "invalid_client_id", "client identifier invalid"),
            (
                {"sub": "other@example.com"},
                "invalid_grant",
                "user hasn't approved this consumer",
            ),
            ({"sub": ADMIN}, "invalid_grant", "user hasn't approved this consumer"),
            ({"aud": "https://test.salesforce.com"}, "invalid_grant", "audience is invalid"),
            ({"aud": "https://example.com"}, "invalid_grant", "audience is invalid"),
            ({"minutes": -1}, "invalid_grant", "expired authorization code"),
            ({"minutes": 6}, "invalid_grant", "expired authorization code"),
            ({"exp": "soon"}, "invalid_grant", "invalid assertion"),
        ],
    )
    def test_a_wrong_claim_is_refused(self, session, assertion, claims, error, description):
        answer = log_in(session, grant_type=JWT_BEARER, assertion=assertion(**claims))

        assert refusal(answer) == (error, description)

    def test_another_key_is_refused(self, session, assertion):
        answer = log_in(session, grant_type=JWT_BEARER, assertion=assertion(key=pem_pair()[0]))

        assert refusal(answer) == ("invalid_grant", "invalid assertion")

    @pytest.mark.parametrize("text", ["", "nonsense", "a.b.c"])
    def test_what_is_no_assertion_is_refused(self, session, text):
        answer = log_in(session, grant_type=JWT_BEARER, assertion=text)

        assert refusal(answer) == ("invalid_grant", "invalid assertion")

    def test_other_algorithms_are_refused(self, session, assertion):
        unsigned = assertion(key="", algorithm="none")
        shared = assertion(key="s3cret" * 10, algorithm="HS256")

        for each in (unsigned, shared):
            answer = log_in(session, grant_type=JWT_BEARER, assertion=each)
            assert refusal(answer) == ("invalid_grant", "invalid assertion")

    def test_an_inactive_user_is_refused(self, org, session, assertion):
        org.update("User", org.users[INTEGRATION_USER], {"IsActive": False})

        answer = log_in(session, grant_type=JWT_BEARER, assertion=assertion())

        assert refusal(answer)[0] == "inactive_user"


class TestClientCredentials:
    def test_works_on_the_orgs_own_host_as_form_and_as_basic(self, session):
        form = {"client_id": "consumer-key", "client_secret": "s3cret", **FORM}

        status, body = log_in(session, OWN, **form)
        basic = session.post(OWN, data=FORM, auth=("consumer-key", "s3cret"))

        assert (status, basic.status_code) == (200, 200)
        assert {"issued_at", "signature"} <= set(body)
        assert "refresh_token" not in body

    def test_is_refused_on_the_login_host(self, session):
        form = {"client_id": "consumer-key", "client_secret": "s3cret", **FORM}

        assert refusal(log_in(session, LOGIN, **form)) == (
            "invalid_grant",
            "request not supported on this domain",
        )

    def test_a_wrong_secret_or_key_is_refused(self, session):
        wrong = log_in(session, OWN, client_id="consumer-key", client_secret="x", **FORM)
        unknown = log_in(session, OWN, client_id="x", client_secret="s3cret", **FORM)

        assert refusal(wrong) == ("invalid_client", "invalid client credentials")
        assert refusal(unknown) == ("invalid_client_id", "client identifier invalid")

    def test_needs_a_user_to_run_as(self, org, session):
        org.register_app("lonely", secret="s3cret", run_as="")
        form = {"client_id": "lonely", "client_secret": "s3cret", **FORM}

        assert refusal(log_in(session, OWN, **form))[1] == "no client credentials user enabled"


class TestRefresh:
    def form(self, token):
        return {
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": "consumer-key",
            "client_secret": "s3cret",
        }

    def test_gives_a_new_access_token(self, org, session):
        token = org.auth.issue_refresh_token(org.users[INTEGRATION_USER], "consumer-key")

        first = log_in(session, LOGIN, **self.form(token))
        again = log_in(session, LOGIN, **self.form(token))

        assert first[0] == again[0] == 200
        assert first[1]["access_token"] != again[1]["access_token"]

    def test_rotation_ends_the_old_one(self, org, session):
        org.auth.rotates_refresh_tokens = True
        token = org.auth.issue_refresh_token(org.users[INTEGRATION_USER], "consumer-key")
        _, body = log_in(session, LOGIN, **self.form(token))

        old = log_in(session, LOGIN, **self.form(token))
        new = log_in(session, LOGIN, **self.form(body["refresh_token"]))

        assert refusal(old) == ("invalid_grant", "expired access/refresh token")
        assert new[0] == 200


@pytest.mark.parametrize(
    "grant,error",
    [
        ("", "invalid_request"),
        ("password", "invalid_grant"),
        ("device", "unsupported_grant_type"),
    ],
)
def test_other_grants_are_refused(session, grant, error):
    assert refusal(log_in(session, grant_type=grant))[0] == error


class TestSession:
    def expired(self, client):
        answer = client.get("/limits")
        return answer.status_code, answer.json()[0]

    def test_ends_when_it_is_not_used(self, client, watch):
        watch.move(hours=2)

        assert self.expired(client) == (
            401,
            {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"},
        )

    def test_goes_on_while_it_is_used(self, client, watch):
        for _ in range(4):
            watch.move(minutes=90)
            assert client.get("/limits").status_code == 200

    def test_ends_on_demand(self, org, client):
        org.auth.revoke_all()

        assert self.expired(client)[0] == 401

    def test_ends_when_the_client_says_so(self, session, client):
        token = client.session.headers["Authorization"].removeprefix("Bearer ")

        session.post(
            "https://acme.my.salesforce.com/services/oauth2/revoke", data={"token": token}
        )

        assert self.expired(client)[0] == 401

    def test_no_token_is_401(self, session):
        answer = session.get("https://acme.my.salesforce.com/services/data/v66.0/limits")

        assert answer.status_code == 401

    def test_a_401_is_not_counted(self, org, client):
        org.auth.revoke_all()
        client.get("/limits")

        assert org.usage.used == 0


@pytest.mark.usefixtures("client")
def test_user_info_says_who_the_token_is(session, org):
    url = "https://acme.my.salesforce.com/services/oauth2/userinfo"

    info = session.get(url).json()
    stranger = session.get(url, headers={"Authorization": "Bearer x"})

    assert info["user_id"] == org.users[INTEGRATION_USER]
    assert info["organization_id"] == org.id
    assert info["preferred_username"] == INTEGRATION_USER
    assert stranger.status_code == 403
