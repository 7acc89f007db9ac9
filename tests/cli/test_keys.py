"""`connector keys`: a secret is shown once, and only its hash is kept."""

import json

import pytest

from connector.domain.errors import ConfigurationError, ConnectorError
from connector.web.keys import secret_hash


class TestCreate:
    def test_prints_the_secret_alone_and_keeps_its_hash(self, store, operate):
        answer = operate("keys", "create", "crm", "--scope", "messages:write")

        secret = answer.stdout.strip()
        assert answer.stdout.count("\n") == 1
        assert "may register sent messages" in answer.stderr
        assert secret not in answer.stderr
        assert store.find_key(secret_hash(secret)).scopes == {"messages:write"}

    def test_prints_json(self, operate):
        answer = operate(
            "keys",
            "create",
            "crm",
            "--scope",
            "messages:write",
            "--scope",
            "consent:read",
            "--json",
        )

        created = json.loads(answer.stdout)
        assert (created["name"], created["scopes"]) == (
            "crm",
            ["consent:read", "messages:write"],
        )
        assert answer.stderr == ""

    def test_makes_the_store_where_there_is_none_yet(self, operate_nowhere):
        created = operate_nowhere("keys", "create", "crm", "--scope", "messages:write")

        assert created.exit_code == 0
        assert "crm" in operate_nowhere("keys", "list").stdout

    @pytest.mark.parametrize(
        "arguments,told",
        [
            (["crm", "--scope", "message:write"], "did you mean 'messages:write'?"),
            (["crm", "--scope", "zzz"], "known are messages:write, messages:read"),
            (["crm"], "say what the key may do"),
            ([" ", "--scope", "messages:write"], "a key's name has"),
        ],
    )
    def test_says_what_to_change(self, operate_nowhere, arguments, told):
        answer = operate_nowhere("keys", "create", *arguments)

        assert isinstance(answer.exception, ConfigurationError)
        assert told in str(answer.exception)

    def test_a_name_is_given_once(self, operate):
        operate("keys", "create", "crm", "--scope", "messages:write")

        answer = operate("keys", "create", "crm", "--scope", "messages:read")

        assert isinstance(answer.exception, ConfigurationError)
        assert answer.stdout == ""


class TestRevoke:
    def test_a_revoked_key_is_in_force_no_more(self, store, operate):
        secret = operate("keys", "create", "crm", "--scope", "messages:read").stdout.strip()

        answer = operate("keys", "revoke", "crm")

        assert answer.stdout == "the key 'crm' is revoked\n"
        assert store.find_key(secret_hash(secret)).revoked
        (listed,) = json.loads(operate("keys", "list", "--json").stdout)
        assert (listed["name"], listed["scopes"]) == ("crm", ["messages:read"])
        assert listed["revoked_at"]
        assert "revoked 20" in operate("keys", "list").stdout

    def test_one_that_is_not_there_is_told_with_the_nearest(self, operate):
        operate("keys", "create", "crm", "--scope", "messages:read")

        answer = operate("keys", "revoke", "crn")

        assert isinstance(answer.exception, ConnectorError)
        assert str(answer.exception) == "there is no key 'crn'; did you mean 'crm'?"

    def test_revoking_twice_is_told(self, operate):
        operate("keys", "create", "crm", "--scope", "messages:read")
        operate("keys", "revoke", "crm")

        answer = operate("keys", "revoke", "crm")

        assert "was revoked already" in str(answer.exception)
