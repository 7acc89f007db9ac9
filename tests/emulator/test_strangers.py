"""Whatever a client sends, the org answers; it never falls over."""

import json
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from tests.emulator.conftest import DATA, Client, Watch
from tests.support.sms_org import install_sms_fields


WORST = 501
relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
printable = st.characters(exclude_categories=["Cc", "Cs"])
NAMES = (
    "LastName id Id attributes SMS_Opt_Out__c SMS_Status_At__c AccountId Account Email type"
    " SMS_Consecutive_Failures__c Birthdate records allOrNone compositeRequest referenceId url"
    " method body ids fields"
)
names = st.sampled_from(NAMES.split())
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["Contact", "Lead", "2026-11-23T10:00:00Z", "003xx000015ftgHAAQ", "@{a.b}"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
records = st.builds(
    lambda fields, kind: {**fields, "attributes": {"type": kind}},
    st.dictionaries(names, values, max_size=4),
    st.sampled_from(["Contact", "Lead", "CampaignMember", "SMS_Campaign_Stat__c", "User", "X"]),
)
parts = st.fixed_dictionaries(
    {},
    optional={
        "referenceId": scalars,
        "method": scalars | st.sampled_from(["GET", "PATCH", "POST"]),
        "url": scalars
        | st.sampled_from(
            ["/services/data/v66.0/limits", "/services/data/v66.0/sobjects/Lead"]
        ),
        "body": values,
        "httpHeaders": values,
        "richInput": values,
    },
)
lists = values | st.lists(parts | values, max_size=3) | st.lists(records | values, max_size=3)
bodies = values | st.dictionaries(
    st.sampled_from(
        ["records", "allOrNone", "compositeRequest", "batchRequests", "ids", "fields"]
    ),
    lists | scalars,
    max_size=3,
)
paths = st.sampled_from(
    [
        "/composite/sobjects",
        "/composite/sobjects/Contact",
        "/composite/sobjects/SMS_Campaign_Stat__c/Key__c",
        "/composite/sobjects/Contact/Id",
        "/composite",
        "/composite/batch",
        "/sobjects/Contact",
        "/sobjects/Contact/003xx000015ftgHAAQ",
        "/sobjects/SMS_Campaign_Stat__c/Key__c/a",
    ]
)
WORDS = (
    "SELECT FROM WHERE AND OR NOT IN LIKE ORDER BY LIMIT OFFSET GROUP Id LastName Account.Name"
    " Contact Lead COUNT ( ) , = != < 'x' 'y% 5 -1.5 true null 2026-01-01 TODAY LAST_N_DAYS:3"
    " 2026-01-01T00:00:00Z FIELDS(ALL) FIND {x} RETURNING PHONE \\ \u0000"
)
words = st.sampled_from(WORDS.split(" "))


@pytest.fixture(scope="module")
def client():
    org = EmulatedOrg(clock=Watch())
    install_sms_fields(org)
    org.create("Contact", {"LastName": "Brook"})
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", WSGIAdapter(create_app(org)))
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        yield Client(session, DATA)
    org.close()


@relaxed
@given(method=st.sampled_from(["POST", "PATCH", "DELETE", "GET"]), path=paths, body=bodies)
def test_any_json_is_answered(client, method, path, body):
    headers = {"Content-Type": "application/json"}

    answer = client.call(method, path, data=json.dumps(body), headers=headers)

    assert answer.status_code <= WORST
    if answer.status_code >= 400:
        assert set(answer.json()[0]) >= {"message", "errorCode"}


@relaxed
@given(body=st.binary(max_size=40))
def test_any_bytes_are_answered(client, body):
    assume(b"records" not in body)  # no record at all is a batch, too
    headers = {"Content-Type": "application/json"}

    answer = client.call("PATCH", "/composite/sobjects", data=body, headers=headers)

    assert answer.status_code == 400


@relaxed
@given(
    soql=st.lists(words, max_size=14).map(" ".join) | st.text(max_size=30),
    path=st.sampled_from(["/query", "/queryAll", "/search"]),
)
def test_any_query_is_answered(client, soql, path):
    assert client.query(soql, path).status_code in {200, 400, 501}


@relaxed
@given(st.lists(words, max_size=8).map(" ".join))
def test_any_filter_is_answered(client, where):
    soql = f"SELECT Id FROM Contact WHERE {where}"  # noqa: S608 - SOQL

    assert client.query(soql).status_code in {200, 400, 501}


@relaxed
@given(st.text(max_size=30))
def test_any_address_is_answered(client, path):
    assert client.get(f"/sobjects/{path}").status_code <= WORST


@relaxed
@given(st.text(printable, max_size=20))
def test_any_text_comes_back_as_it_was_sent_but_for_its_ends(client, text):
    record = client.call("POST", "/sobjects/Contact", {"LastName": f"x{text}x"}).json()

    if isinstance(record, dict):
        assert client.get(f"/sobjects/Contact/{record['id']}").json()["LastName"] == f"x{text}x"


@relaxed
@given(st.text(printable, min_size=1, max_size=20))
def test_any_key_finds_its_own_record(client, key):
    path = f"/sobjects/SMS_Campaign_Stat__c/Key__c/{quote(key, safe='')}"
    answer = client.call("PATCH", path, {"Messages__c": 1})

    if answer.status_code in {200, 201} and key.strip() == key:
        assert client.get(path).json()["Key__c"].lower() == key.lower()
