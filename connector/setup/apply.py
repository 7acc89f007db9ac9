"""Brings a plan into the org: one deployment, all of it or nothing, then the assignments."""

import dataclasses
from collections.abc import Callable, Iterator

from connector.domain.errors import ConfigurationError, OrgError, OrgUnavailableError
from connector.footprint import zip_of
from connector.salesforce.deploy import Deployment
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.setup.assignments import assign
from connector.setup.plan import Plan, may_not_set_up


#: Seconds between two looks at a deployment, longer and longer: it may take some minutes.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
#: Half an hour.
MOST_LOOKS = 900
#: Looks without an answer before it is given up; the deployment goes on in any case.
PATIENCE = 10
_MAY_NOT = frozenset({"INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is."""

    done: int
    total: int
    status: str


class DeploymentFailedError(OrgError):
    """The org took nothing; the deployment says what it did not like."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(
            f"Salesforce did not take it: {deployment.problem or deployment.status}"
        )
        self.deployment = deployment


def deploy(
    org: Org,
    plan: Plan,
    *,
    api_version: str,
    pause: Callable[[float], object],
    check_only: bool = False,
) -> Iterator[Progress]:
    """
    Deploy what the plan has, telling how far it is; raises DeploymentFailedError.

    With `check_only` the org tries everything and keeps nothing.
    """
    if not plan.components:
        return
    package = zip_of(plan.components, api_version=api_version)
    try:
        started = org.deploy(package, check_only=check_only)
    except OrgRefusedError as refusal:
        if refusal.code not in _MAY_NOT:
            raise
        raise ConfigurationError(may_not_set_up(refusal.code)) from None
    for deployment in _looks(org, started, pause):
        yield Progress(
            done=deployment.deployed + deployment.failed,
            total=max(deployment.total, len(plan.components)),
            status=deployment.status,
        )
        if deployment.done and not deployment.succeeded:
            raise DeploymentFailedError(deployment)
    org.forget_descriptions()


def _looks(org: Org, started: str, pause: Callable[[float], object]) -> Iterator[Deployment]:
    """The deployment again and again, until it is done."""
    silent = 0
    for count in range(MOST_LOOKS):
        try:
            found = org.deployment(started)
        except OrgUnavailableError:
            silent += 1
            if silent > PATIENCE:
                raise
        else:
            silent = 0
            yield found
            if found.done:
                return
        pause(min(FIRST_PAUSE * (count + 1), LONGEST_PAUSE))
    raise OrgUnavailableError(
        f"the deployment {started} still runs: see Setup > Deployment Status, and call again"
    )


def give_permission_sets(org: Org, plan: Plan) -> list[str]:
    """Make the assignments that are missing; returns what was given, in words."""
    for each in plan.assignments:
        assign(org, each)
    if plan.assignments:
        org.forget_descriptions()
    return [f"{each.permission_set} to {each.username}" for each in plan.assignments]
