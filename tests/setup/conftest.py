"""An emulated org without anything of ours, and its administrator at work in it."""

import dataclasses
from collections.abc import Iterator

import pytest

from connector import footprint
from connector.emulator import ADMIN, EmulatedOrg, WSGIAdapter, create_app
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.salesforce.org import Org
from connector.setup import apply
from connector.setup.plan import Action, Plan, make_plan
from tests.support.clock import TestClock


CORE = footprint.footprint(())


@pytest.fixture
def emulated(clock: TestClock) -> Iterator[EmulatedOrg]:
    """An org without our fields."""
    org = EmulatedOrg(clock=clock)
    yield org
    org.close()


@dataclasses.dataclass(slots=True, kw_only=True)
class Admin:
    """What the administrator of an emulated org does with our commands' means."""

    emulated: EmulatedOrg
    org: Org

    def plan(self, wanted: footprint.Footprint = CORE, assignee: str = ADMIN) -> Plan:
        self.org.forget_descriptions()
        return make_plan(self.org, wanted, assignee=assignee, user=ADMIN)

    def apply(self, plan: Plan, *, check_only: bool = False) -> list[apply.Progress]:
        told = apply.deploy(
            self.org,
            plan,
            api_version="66.0",
            pause=lambda _seconds: None,
            check_only=check_only,
        )
        seen = list(told)
        if not check_only:
            apply.give_permission_sets(self.org, plan)
        return seen

    def deploy(self, *components: footprint.Component) -> None:
        """As a colleague would, past us."""
        result = self.emulated.deploy(footprint.zip_of(components, api_version="66.0"))
        assert result.success, result


@pytest.fixture
def admin(emulated: EmulatedOrg, clock: TestClock) -> Iterator[Admin]:
    emulated.register_app("admin", secret="hush-hush", username=ADMIN)
    with connect(access(emulated, "admin"), clock=clock, adapter=door(emulated)) as org:
        yield Admin(emulated=emulated, org=org)


def access(emulated: EmulatedOrg, app: str) -> OrgAccess:
    return OrgAccess(login_url=emulated.my_domain, client_id=app, client_secret="hush-hush")


def door(emulated: EmulatedOrg) -> WSGIAdapter:
    return WSGIAdapter(create_app(emulated))


def spec_of(full_name: str) -> footprint.FieldSpec:
    return next(each for each in CORE.fields if each.full_name == full_name)


def step_of(plan: Plan, name: str):
    return next(step for step in plan.steps if step.name == name)


def names_of(plan: Plan, action: Action) -> set[str]:
    return {step.name for step in plan.steps if step.action is action}
