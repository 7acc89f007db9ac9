"""The emulated External Client App Manager: a form for people, a route for scripts."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connector.emulator import ADMIN, INTEGRATION_USER, EmulatedOrg, create_app
from tests.support.clock import TestClock


NAMED = {"name": "SMS Connector", "contact": "me@example.com"}


@pytest.fixture
def org():
    emulated = EmulatedOrg(clock=TestClock())
    yield emulated
    emulated.close()


@pytest.fixture
def client(org):
    return create_app(org).test_client()


@pytest.fixture(scope="module")
def certificate():
    """A public key will do instead of a certificate."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class TestScript:
    def test_gets_a_key_and_a_secret(self, client, org):
        body = {**NAMED, "client_credentials": True, "run_as": INTEGRATION_USER}

        answer = client.post("/emulator/apps", json=body)

        told = answer.get_json()
        assert answer.status_code == 201
        app = org.auth.app(told["consumer_key"])
        assert (app.secret, app.run_as) == (told["consumer_secret"], INTEGRATION_USER)

    @pytest.mark.parametrize(
        "change, problem",
        [
            ({"name": " "}, "must enter a value"),
            ({"contact": "me"}, "invalid e-mail"),
            ({"client_credentials": False}, "upload a certificate"),
            ({"certificate": "nonsense"}, "not an X.509 certificate"),
            ({"run_as": "nobody@example.com"}, "there is no user nobody"),
            ({"users": ["nobody@example.com"]}, "there is no user nobody"),
        ],
    )
    def test_is_told_what_is_wrong(self, client, org, change, problem):
        body = {**NAMED, "client_credentials": True, **change}

        answer = client.post("/emulator/apps", json=body)

        assert answer.status_code == 400
        assert problem in answer.get_json()["error"]
        assert org.auth.apps() == []

    def test_cannot_give_a_name_twice(self, client):
        body = {**NAMED, "client_credentials": True}
        client.post("/emulator/apps", json=body)

        assert "already" in client.post("/emulator/apps", json=body).get_json()["error"]


class TestPage:
    def test_takes_a_certificate_as_a_file(self, client, org, certificate):
        form = {
            **NAMED,
            "users": [ADMIN, INTEGRATION_USER],
            "certificate_file": (io.BytesIO(certificate.encode()), "salesforce.crt"),
        }

        answer = client.post("/emulator/apps", data=form, follow_redirects=True)

        (app,) = org.auth.apps()
        assert app.public_key_pem == certificate
        assert app.usernames == (ADMIN, INTEGRATION_USER)
        assert app.consumer_key in answer.text

    def test_or_pasted(self, client, org, certificate):
        client.post("/emulator/apps", data={**NAMED, "certificate": certificate})

        assert org.auth.apps()[0].public_key_pem == certificate

    def test_keeps_what_was_typed_when_something_is_wrong(self, client):
        form = {**NAMED, "name": "My own name", "certificate": "nonsense"}

        answer = client.post("/emulator/apps", data=form)

        assert answer.status_code == 400
        assert "not an X.509 certificate" in answer.text
        assert "My own name" in answer.text

    @pytest.mark.parametrize("address", ["/emulator/apps", "/emulator/apps/"])
    def test_begins_empty(self, client, address):
        answer = client.get(address)

        assert answer.status_code == 200
        assert "No apps yet" in answer.text
