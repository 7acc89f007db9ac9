"""The API does what its description says, whatever is sent to it."""

import json
from collections.abc import Iterator

import flask
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from connector.gateways import installed
from connector.pipeline.suppression import Rule
from connector.store import Store
from connector.web import openapi
from connector.web.app import create_app
from connector.web.keys import SCOPES, new_secret, secret_hash
from tests.support.clock import NOON


@pytest.fixture(scope="module")
def app_and_key(tmp_path_factory) -> Iterator[tuple[flask.Flask, str]]:
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store')}")
    secret = new_secret()
    with store.transaction() as transaction:
        transaction.keys.create("crm", secret_hash(secret), list(SCOPES), NOON)
    yield (
        create_app(store=store, clock=lambda: NOON, public_url="https://sms.example.org"),
        secret,
    )
    store.close()


OPERATIONS = [
    (path, method)
    for path, methods in openapi.document("")["paths"].items()
    for method in methods
]


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_every_answer_is_one_that_is_described(app_and_key, path, method):
    app, secret = app_and_key
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", app)

    @settings(
        max_examples=40,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method].as_strategy())
    def ask(case):
        # What is no number or id, and which members belong together, no schema can say.
        case.call_and_validate(
            headers={"Authorization": f"Bearer {secret}"},
            excluded_checks=[positive_data_acceptance],
        )

    ask()


def test_every_route_of_the_api_is_described(app_and_key):
    app, _ = app_and_key
    rules = {
        (str(rule).replace("<path:", "{").replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if str(rule).startswith("/api/") and str(rule) != "/api/openapi.json"
    }

    paths = openapi.document("")["paths"]

    assert rules == {(path, method) for path, methods in paths.items() for method in methods}


class TestForSalesforce:
    """What External Services makes of it (Salesforce help, "External Services")."""

    @pytest.fixture
    def told(self):
        return openapi.document("https://sms.example.org")

    def test_names_are_those_of_apex(self, told):
        names = [
            name
            for schema in told["components"]["schemas"].values()
            for name in schema.get("properties", {})
        ]

        assert all(name.replace("_", "").isalnum() and "__" not in name for name in names)
        assert not {name.lower() for name in names} & {"object", "class", "select", "limit"}

    def test_operations_have_names_of_their_own(self, told):
        names = [
            each["operationId"] for path in told["paths"].values() for each in path.values()
        ]

        assert len(set(names)) == len(names) == 7

    def test_it_is_short_enough(self, told):
        assert len(json.dumps(told)) < 100_000

    def test_choices_are_those_of_the_code(self, told):
        schemas = told["components"]["schemas"]

        assert schemas["SentMessage"]["properties"]["gateway"]["enum"] == list(installed())
        assert set(schemas["Answer"]["properties"]["rule"]["enum"]) == set(Rule)
