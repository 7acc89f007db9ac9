"""The plan beside an emulated org: what is created, changed, kept, and in the way."""

import dataclasses
from typing import Any

import pytest

from connector import footprint
from connector.domain.errors import ConfigurationError
from connector.emulator import ADMIN, INTEGRATION_USER
from connector.footprint import Component, FieldKind
from connector.footprint.fields import Choice
from connector.salesforce.connect import connect
from connector.setup.plan import Action, make_plan
from tests.setup.conftest import CORE, access, door, names_of, spec_of, step_of


STATUS = "Contact.SMS_Delivery_Status__c"
CODE = "Contact.SMS_Error_Code__c"


class TestEmptyOrg:
    def test_lacks_everything_of_the_parts_that_are_wanted(self, admin):
        plan = admin.plan()

        wanted = {component.name for component in CORE.components()}
        assert names_of(plan, Action.CREATE) == {*wanted, f"SMS_Connector to {ADMIN}"}
        assert list(plan.components) == list(CORE.components())
        assert not plan.is_done
        assert not plan.conflicts

    def test_is_not_changed_by_planning(self, admin, emulated):
        before = emulated.calls.copy()

        admin.plan()

        writes = {call for call in emulated.calls - before if not call.startswith("GET")}
        assert writes <= {"POST /services/oauth2/token", "POST /services/Soap/m listMetadata"}
        assert not emulated.schema.knows("SMS_Campaign_Stat__c")

    def test_lacks_more_with_more_parts(self, admin):
        plan = admin.plan(footprint.footprint(["messages"]))

        assert {"SMS_Message__c", "SMS_Connector_Messages"} <= names_of(plan, Action.CREATE)
        assert f"SMS_Connector_Messages to {ADMIN}" in names_of(plan, Action.CREATE)


@pytest.fixture
def ready(admin):
    """The administrator of an org in which all is applied."""
    admin.apply(admin.plan())
    return admin


class TestOrgThatHasIt:
    def test_keeps_everything(self, ready):
        plan = ready.plan()

        assert plan.is_done
        assert names_of(plan, Action.KEEP) == {step.name for step in plan.steps}
        assert (plan.components, plan.assignments) == ((), ())

    def test_another_user_needs_the_permission_set_too(self, ready):
        plan = ready.plan(assignee=INTEGRATION_USER)

        assert names_of(plan, Action.CREATE) == {
            f"SMS_Connector to {INTEGRATION_USER}",
            f"SMS_Viewer to {ADMIN}",  # who else would see the fields
        }
        assert plan.components == ()

    def test_what_the_admin_made_longer_or_freer_stays(self, ready):
        longer = dataclasses.replace(spec_of(CODE), length=200, label="Code of the carrier")
        ready.deploy(longer.component())
        free = dataclasses.replace(spec_of(STATUS), restricted=False)
        ready.deploy(free.component())

        assert ready.plan().is_done

    def test_a_list_view_that_is_gone_is_made_again_and_no_other(self, ready, emulated):
        emulated.deployments.registry.drop("ListView", "contact.sms_opted_out")

        plan = ready.plan()

        assert names_of(plan, Action.CREATE) == {"Contact.SMS_Opted_Out"}


class TestHiddenField:
    def test_is_not_planned_to_be_created_again(self, admin):
        admin.deploy(spec_of(STATUS).component())

        step = step_of(admin.plan(), STATUS)

        assert step.action is Action.KEEP
        assert "hidden from admin@example.com" in step.note

    def test_nor_is_one_of_a_hidden_object(self, admin):
        admin.deploy(*CORE.components())

        plan = admin.plan()

        assert names_of(plan, Action.CREATE) == {f"SMS_Connector to {ADMIN}"}
        assert step_of(plan, "SMS_Campaign_Stat__c.Messages__c").note


def seen(admin, spec, *more):
    """Deploy a field that the administrator sees."""
    name = f"Other_{spec.object}_{spec.name}"
    grant = footprint.PermissionSetSpec(
        name=name.removesuffix("__c"),
        label=name,
        description="",
        fields={spec.full_name: True},
        objects=dict.fromkeys(["Account", spec.object], frozenset({"allowRead"})),
    )
    admin.deploy(spec.component(), *more, grant.component())
    admin.emulated.assign(grant.name, ADMIN)


class TestChange:
    def test_a_field_that_is_too_short_is_made_longer(self, admin):
        seen(admin, dataclasses.replace(spec_of(CODE), length=20))

        plan = admin.plan()

        step = step_of(plan, CODE)
        assert (step.action, step.changes) == (Action.CHANGE, ("length 20 -> 40",))
        admin.apply(plan)
        assert admin.plan().is_done

    def test_a_missing_value_is_added_and_what_the_admin_added_stays(self, admin):
        ours = spec_of(STATUS).choices
        own = (Choice(value="Bounced", label="Bounced by us"), *ours[:3])
        seen(admin, dataclasses.replace(spec_of(STATUS), choices=own))

        plan = admin.plan()
        admin.apply(plan)

        missing = tuple(f"value {choice.value} is missing" for choice in ours[3:])
        assert step_of(plan, STATUS).changes == missing
        found = admin.org.describe("Contact").field("SMS_Delivery_Status__c")
        assert set(found.values) == {"Bounced", *(choice.value for choice in ours)}
        content = str(admin.org.read_metadata("CustomField", [STATUS])[STATUS]["valueSet"])
        assert "Bounced by us" in content

    def test_an_inactive_value_of_ours_is_made_active_and_no_other(self, admin):
        seen(admin, dataclasses.replace(spec_of(STATUS), choices=spec_of(STATUS).choices))
        values: Any = [
            {"fullName": "Old", "default": False, "isActive": False, "label": "Old"},
            *(
                {
                    "fullName": choice.value,
                    "default": False,
                    "isActive": choice.value != "Delivered",
                    "label": choice.label,
                }
                for choice in spec_of(STATUS).choices
            ),
        ]
        value_set: Any = {
            "restricted": True,
            "valueSetDefinition": {"sorted": False, "value": values},
        }
        body = {**spec_of(STATUS).component().body, "valueSet": value_set}
        admin.deploy(Component(kind="CustomField", name=STATUS, body=body))

        plan = admin.plan()
        admin.apply(plan)

        assert len(step_of(plan, STATUS).changes) == 1
        found = admin.org.describe("Contact").field("SMS_Delivery_Status__c")
        assert "Delivered" in found.values
        assert "Old" not in found.values

    def test_the_labels_and_help_of_the_admin_stay_and_its_history(self, admin):
        theirs = dataclasses.replace(spec_of(CODE), length=20, label="Code", help="Look it up.")
        seen(admin, theirs)
        component = theirs.component()
        admin.deploy(
            dataclasses.replace(component, body={**component.body, "trackHistory": True})
        )

        admin.apply(admin.plan())

        found = admin.org.describe("Contact").field("SMS_Error_Code__c")
        assert (found.label, found.length) == ("Code", 40)
        content = admin.org.read_metadata("CustomField", [CODE])[CODE]
        assert content["inlineHelpText"] == "Look it up."
        assert content["trackHistory"] == "true"

    def test_a_permission_set_gets_back_what_it_lacks_and_keeps_what_it_has_more(self, ready):
        spec = next(each for each in CORE.permission_sets if each.name == "SMS_Connector")
        fewer = {name: edit for name, edit in spec.fields.items() if name != STATUS}
        fewer["Account.Description"] = True
        ready.deploy(dataclasses.replace(spec, fields=fewer).component())

        plan = ready.plan()
        ready.apply(plan)

        assert step_of(plan, "SMS_Connector").changes == (f"{STATUS} may be edited",)
        assert [component.name for component in plan.components] == ["SMS_Connector"]
        rows = ready.org.query(
            "SELECT Field FROM FieldPermissions WHERE Parent.Name = 'SMS_Connector'"
        )
        assert {"Account.Description", STATUS} <= {row["Field"] for row in rows}


class TestConflict:
    def test_a_field_of_another_type_is_in_the_way(self, admin):
        text = dataclasses.replace(
            spec_of(STATUS), kind=FieldKind.TEXT, length=80, choices=(), restricted=False
        )
        seen(admin, text)

        plan = admin.plan()

        step = step_of(plan, STATUS)
        assert step.action is Action.CONFLICT
        assert step.changes == ("is Text, has to be Picklist",)
        assert "Rename" in step.cure
        assert STATUS not in {component.name for component in plan.components}
        assert plan.conflicts == (step,)


class TestUser:
    def test_one_who_may_not_change_the_org_is_told_which_permissions_are_missing(
        self, emulated, clock
    ):
        emulated.register_app("sms", secret="hush-hush", username=INTEGRATION_USER)
        with (
            connect(access(emulated, "sms"), clock=clock, adapter=door(emulated)) as org,
            pytest.raises(ConfigurationError, match="Customize Application"),
        ):
            make_plan(org, CORE, assignee=INTEGRATION_USER, user=INTEGRATION_USER)

    def test_an_unknown_assignee_is_told(self, admin):
        with pytest.raises(ConfigurationError, match="--assign"):
            admin.plan(assignee="nobody@example.com")
