"""What can be told wrong about an org's address and credentials before any call."""

import dataclasses

import pytest

from connector.domain.errors import ConfigurationError
from connector.salesforce.access import OrgAccess, is_loopback


MY_DOMAIN = "https://acme.my.salesforce.com"


def access(**changes):
    values = {"login_url": MY_DOMAIN, "client_id": "key", "client_secret": "hush-hush"}
    return OrgAccess(**{**values, **changes})


class TestCheck:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"client_secret": "", "private_key": "pem", "username": "a@example.com"},
            {"login_url": "https://acme--dev.sandbox.my.salesforce.com/"},
            {"login_url": "https://localhost:8443"},
            {"login_url": "http://127.0.0.1:8080"},
        ],
    )
    def test_takes_what_can_work(self, changes):
        access(**changes).check()

    @pytest.mark.parametrize(
        "changes, told",
        [
            ({"login_url": "http://acme.my.salesforce.com"}, "https://"),
            ({"login_url": "acme.my.salesforce.com"}, "https://"),
            ({"login_url": ""}, "https://"),
            ({"login_url": "https://acme.my.salesforce.com:x"}, "https://"),
            ({"login_url": f"{MY_DOMAIN}/services/oauth2/token"}, "must be like"),
            ({"login_url": "https://user@acme.my.salesforce.com"}, "must be like"),
            ({"client_id": ""}, "client id"),
            ({"client_secret": ""}, "private key"),
            ({"private_key": "pem"}, "username"),
            ({"login_url": "https://login.salesforce.com"}, "My Domain"),
            ({"ca_file": "/nowhere/ca.pem"}, "/nowhere/ca.pem"),
        ],
    )
    def test_says_what_to_change(self, changes, told):
        with pytest.raises(ConfigurationError) as caught:
            access(**changes).check()

        assert told in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "hush-hush" not in str(caught.value)


class TestTrusts:
    @pytest.mark.parametrize(
        "login, instance, trusted",
        [
            (MY_DOMAIN, MY_DOMAIN, True),
            ("https://login.salesforce.com", MY_DOMAIN, True),
            (MY_DOMAIN, "https://acme.my.site.force.com", True),
            ("https://crm.example.com", "https://crm.example.com:8443", True),
            ("https://localhost:8443", "https://127.0.0.1:8443", True),
            (MY_DOMAIN, "https://127.0.0.1:8443", False),
            (MY_DOMAIN, "http://acme.my.salesforce.com", False),
            (MY_DOMAIN, "https://acme.my.salesforce.com.example.net", False),
            (MY_DOMAIN, "https://evilsalesforce.com", False),
            (MY_DOMAIN, "https://acme.my.salesforce.com@example.net", False),
            (MY_DOMAIN, "https://x@acme.my.salesforce.com", False),
            ("https://localhost:8443", "https://example.net", False),
            (MY_DOMAIN, "", False),
            (MY_DOMAIN, "https://[::1", False),
        ],
    )
    def test_only_the_org_and_salesforce(self, login, instance, trusted):
        assert access(login_url=login).trusts(instance) is trusted


@pytest.mark.parametrize(
    "host, loopback",
    [
        ("localhost", True),
        ("org.localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("localhost.example.net", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_is_this_machine_only(host, loopback):
    assert is_loopback(host) is loopback


def test_its_text_has_no_secret():
    shown = repr(dataclasses.replace(access(), private_key="pem-text"))

    assert "hush-hush" not in shown
    assert "pem-text" not in shown
