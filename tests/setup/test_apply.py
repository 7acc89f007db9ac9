"""Applying a plan to an emulated org: all or nothing, told while it goes, safe to repeat."""

import dataclasses

import pytest

from connector import footprint
from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.emulator import ADMIN, INTEGRATION_USER
from connector.salesforce.connect import connect
from connector.setup import apply
from connector.setup.assignments import Assignment, assign
from tests.setup.conftest import CORE, access, door, spec_of


class TestApply:
    def test_brings_everything_and_tells_how_far_it_is(self, admin):
        progress = admin.apply(admin.plan())

        assert admin.plan().is_done
        last = progress[-1]
        assert (last.done, last.status) == (last.total, "Succeeded")
        assert last.total >= len(CORE.components())

    def test_again_there_is_nothing_to_do_and_nothing_is_sent(self, admin, emulated):
        admin.apply(admin.plan())
        plan = admin.plan()
        before = emulated.calls.copy()

        assert admin.apply(plan) == []

        assert emulated.calls == before

    def test_the_user_sees_the_fields_afterwards(self, admin, emulated, clock):
        admin.apply(admin.plan(assignee=INTEGRATION_USER))
        emulated.register_app("sms", secret="hush-hush", username=INTEGRATION_USER)

        with connect(access(emulated, "sms"), clock=clock, adapter=door(emulated)) as org:
            field = org.describe("Contact").field("SMS_Delivery_Status__c")

        assert field is not None
        assert field.updateable

    def test_parts_may_come_later(self, admin):
        admin.apply(admin.plan())

        admin.apply(admin.plan(footprint.footprint(["messages"])))

        assert admin.plan(footprint.footprint(["messages"])).is_done
        assert admin.plan().is_done

    def test_a_dry_run_changes_nothing(self, admin):
        before = admin.plan()

        assert admin.apply(before, check_only=True)[-1].status == "Succeeded"

        assert admin.plan() == before


class TestFailure:
    def test_nothing_stays_and_the_component_is_named(self, admin, emulated):
        broken = dataclasses.replace(spec_of("Contact.SMS_Error_Code__c"), length=999)
        good = admin.plan()
        plan = dataclasses.replace(good, components=(*good.components[:5], broken.component()))

        with pytest.raises(apply.DeploymentFailedError) as failed:
            admin.apply(plan)

        failures = failed.value.deployment.failures
        assert "Contact.SMS_Error_Code__c" in {failure.name for failure in failures}
        assert all(failure.problem for failure in failures)
        assert not emulated.schema.knows("SMS_Campaign_Stat__c")

    def test_a_user_who_may_not_deploy_is_told_what_is_missing(self, admin, emulated, clock):
        plan = admin.plan()
        emulated.register_app("sms", secret="hush-hush", username=INTEGRATION_USER)
        with connect(access(emulated, "sms"), clock=clock, adapter=door(emulated)) as org:
            progress = apply.deploy(org, plan, api_version="66.0", pause=lambda _seconds: None)

            with pytest.raises(ConfigurationError, match="Modify Metadata"):
                list(progress)

    def test_a_silent_org_is_asked_again(self, admin, emulated):
        plan = admin.plan()
        emulated.faults.unavailable(method="GET", path="deployRequest", times=3)

        assert admin.apply(plan)[-1].status == "Succeeded"

    def test_an_org_that_stays_silent_is_given_up(self, admin, emulated):
        plan = admin.plan()
        emulated.faults.unavailable(method="GET", path="deployRequest", times=None)

        with pytest.raises(OrgUnavailableError):
            admin.apply(plan)


class TestAssigning:
    def test_what_somebody_did_meanwhile_is_as_good(self, admin, emulated):
        plan = admin.plan()
        admin.apply(dataclasses.replace(plan, assignments=()))
        emulated.assign("SMS_Connector", ADMIN)

        apply.give_permission_sets(admin.org, plan)

        assert admin.plan().is_done

    def test_a_refused_one_tells_of_licences(self, admin):
        admin.apply(admin.plan())
        nobody = Assignment(
            permission_set="SMS_Connector",
            username="gone@example.com",
            user_id="005xx0000000999AAA",
            made=False,
        )

        with pytest.raises(ConfigurationError, match="Permission Set License Assignments"):
            assign(admin.org, nobody)

    def test_a_permission_set_that_is_not_there_is_told(self, admin):
        missing = Assignment(
            permission_set="SMS_Connector", username=ADMIN, user_id="", made=False
        )

        with pytest.raises(ConfigurationError, match="no permission set"):
            assign(admin.org, missing)
