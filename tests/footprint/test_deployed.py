"""The footprint in an org: it takes every part, and describe then shows what is expected."""

from datetime import UTC, datetime

import pytest
import requests

from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.footprint import (
    API_VERSION,
    PARTS,
    everything,
    expected,
    footprint,
    same_formula,
    zip_of,
)
from connector.footprint.permission_sets import has_field_security
from connector.salesforce.describe import read_description


HOST = "https://acme.my.salesforce.com"
#: Ours are granted to these two; neither sees a new field before.
CONNECTOR, PERSON = "integration@example.com", "pat@example.com"
#: The objects whose fields are hidden until they are granted; those of events never are.
STORED = sorted({each.object for each in everything().fields if has_field_security(each)})


def deployed(org, components):
    return org.deploy(zip_of(components, api_version=API_VERSION))


def described(org, name, user):
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", WSGIAdapter(create_app(org)))
        session.headers["Authorization"] = f"Bearer {org.issue_token(user)}"
        path = f"{HOST}/services/data/v{API_VERSION}/sobjects/{name}/describe"
        answer = session.get(path)
    answer.raise_for_status()
    return answer.json()


@pytest.fixture
def empty():
    org = EmulatedOrg(clock=lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    yield org
    org.close()


@pytest.fixture(scope="module")
def org():
    """One that has everything, with the permission sets assigned."""
    org = EmulatedOrg(clock=lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    result = deployed(org, everything().components())
    assert result.success, result.failures
    org.add_user(PERSON)
    for name in everything().for_connector:
        org.assign(name, CONNECTOR)
    for name in everything().for_people:
        org.assign(name, PERSON)
    yield org
    org.close()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_taken_with_those_that_it_needs(empty, part):
    result = deployed(empty, footprint([part]).components())

    assert result.failures == ()
    assert result.success


def test_the_parts_are_taken_one_after_the_other(empty):
    for components in everything().by_part().values():
        assert deployed(empty, components).failures == ()


def test_the_second_time_changes_nothing(org):
    result = deployed(org, everything().components())

    assert result.success
    assert [each.full_name for each in result.messages if each.created] == []
    assert [each.full_name for each in result.messages if each.changed] == ["package.xml"]


@pytest.mark.parametrize("name", STORED)
class TestDescribe:
    def test_shows_the_connector_each_field_as_expected(self, org, name):
        found = read_description(described(org, name, CONNECTOR))

        for spec in everything().fields_of(name):
            field, wanted = found.field(spec.name), expected(spec)
            assert field is not None, spec.name
            assert (field.label, field.type, field.length) == (
                wanted.label,
                wanted.type,
                wanted.length,
            )
            assert (field.precision, field.scale) == (wanted.precision, wanted.scale)
            assert (field.values, field.restricted) == (wanted.values, wanted.restricted)
            assert (field.external_id, field.unique) == (wanted.external_id, wanted.unique)
            assert (field.nillable, field.references) == (wanted.nillable, wanted.references)
            assert field.calculated == wanted.calculated
            assert field.createable == field.updateable == wanted.writable, spec.name

    def test_shows_the_rest_of_it(self, org, name):
        told = {each["name"]: each for each in described(org, name, CONNECTOR)["fields"]}

        for spec in everything().fields_of(name):
            field, wanted = told[spec.name], expected(spec)
            assert same_formula(field["calculatedFormula"] or "", wanted.formula)
            assert field["inlineHelpText"] == wanted.help


@pytest.mark.parametrize("name", ["Contact", "Lead"])
def test_people_see_everything_and_may_change_the_opt_out(org, name):
    told = read_description(described(org, name, PERSON))
    ours = [told.field(each.name) for each in everything().fields_of(name)]

    assert None not in ours
    assert [each.name for each in ours if each and each.updateable] == ["SMS_Opt_Out__c"]


@pytest.mark.parametrize("user", [CONNECTOR, PERSON])
def test_nobody_sees_a_field_before_a_permission_set_is_assigned(empty, user):
    deployed(empty, footprint().components())
    if user == PERSON:
        empty.add_user(PERSON)

    told = read_description(described(empty, "Contact", user))

    assert not any(told.field(each.name) for each in footprint().fields_of("Contact"))
