"""The Salesforce side of the set-up: what it takes, bringing it there, whether it is right."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from connector.cli.asking import is_asked, must_give, paragraph
from connector.cli.doctor import doctor_command
from connector.cli.org_view import look
from connector.cli.printing import json_option, print_json
from connector.cli.setup_options import parts_option
from connector.cli.setup_view import plan_lines
from connector.domain.errors import ConfigurationError
from connector.domain.records import long_id
from connector.footprint import DEFAULT_PARTS, Footprint
from connector.salesforce.deploy import Deployment
from connector.salesforce.org import Org
from connector.settings import Settings
from connector.setup.apply import (
    DeploymentFailedError,
    Progress,
    deploy,
    give_permission_sets,
)
from connector.setup.plan import Action, Plan, make_plan
from connector.setup.walkthrough import remaining
from connector.wiring.org import open_org


@click.group()
def setup() -> None:
    r"""
    Plan, apply and check what the service needs in Salesforce.

    \b
    Example:
      connector setup plan
    """


setup.add_command(doctor_command)


_env_option = click.option(
    "--env",
    "env_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An administrator's login, as `org login --save-as` wrote it.",
)
_assign_option = click.option(
    "--assign",
    "assignee",
    default="",
    metavar="USERNAME",
    help="The user that the connector logs in as; else the one of the login in force.",
)


@setup.command()
@parts_option
@_env_option
@_assign_option
@click.option("--all", "every", is_flag=True, help="List what is as it should be, too.")
@json_option
def plan(
    *, wanted: Footprint, env_file: Path | None, assignee: str, every: bool, as_json: bool
) -> None:
    r"""
    Show what the org lacks of our fields, objects, permission sets, flows and reports.

    + is created, ~ changed, ! in conflict: a field of that name with another type. Nothing is
    deleted, and no layout of yours is touched. It takes an administrator's login (--env).
    Exit code 1: there is something to do.

    \b
    Example:
      connector setup plan
      connector setup plan --env salesforce/admin.env --parts core,reports
    """
    with _visit(env_file, assignee) as visit:
        made = _plan(visit, wanted)
        if as_json:
            print_json(_json(visit, made))
        else:
            visit.greet()
            for line in plan_lines(made, every=every):
                click.echo(line)
            if not made.is_done and not made.conflicts:
                options = _same_options(wanted, env_file, assignee)
                click.echo(f"To do it: connector setup apply{options}")
    sys.exit(0 if made.is_done else 1)


@setup.command()
@parts_option
@_env_option
@_assign_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--check-only", is_flag=True, help="Have the org try it, and keep nothing.")
@json_option
def apply(
    *,
    wanted: Footprint,
    env_file: Path | None,
    assignee: str,
    yes: bool,
    check_only: bool,
    as_json: bool,
) -> None:
    r"""
    Do what the plan says: one deployment, all of it or nothing, then the permission sets.

    Shows the plan and asks first. Called again it does only what is still missing.

    \b
    Example:
      connector setup apply
      connector setup apply --env salesforce/admin.env --assign sms@acme.com --yes
    """
    with _visit(env_file, assignee) as visit:
        made = _plan(visit, wanted)
        if not as_json:
            visit.greet()
            for line in plan_lines(made, every=False):
                click.echo(line)
        _refuse_conflicts(made)
        if not made.is_done:
            _confirm(visit, yes=yes or check_only)
            _deploy(visit, made, check_only=check_only)
        given = [] if check_only else give_permission_sets(visit.org, made)
        hidden = bool(given) and any(step.note for step in made.steps)
        if as_json:
            print_json({**_json(visit, made), "applied": not check_only, "assigned": given})
        else:
            _report(visit, made, given, check_only=check_only)
        if hidden and not _plan(visit, wanted).is_done:
            raise ConfigurationError(
                "fields that were hidden can be compared now, and some differ: apply again"
            )


class _Visit:
    """The org that a command works on, who we are there, and for whom."""

    def __init__(self, org: Org, settings: Settings, assignee: str) -> None:
        self.org = org
        self.uses_key = bool(settings.salesforce_private_key)
        self.api_version = settings.salesforce_api_version
        self.told = look(org)
        self.user = str(self.told["user"] or self.told["user_id"] or "our user")
        self.assignee = assignee or self.user

    @property
    def name(self) -> str:
        kind = "a sandbox" if self.told["sandbox"] else "production"
        return f"{self.told['organization'] or 'the org'} ({kind})"

    def greet(self) -> None:
        click.echo(f"{self.name}, as {self.user}")
        if self.assignee == self.user:
            text = "The connector logs in as this user too; if not, say --assign USERNAME."
        else:
            text = f"The connector logs in as {self.assignee}."
        click.echo(f"{paragraph(text, hanging=0)}\n")


def _plan(visit: _Visit, wanted: Footprint) -> Plan:
    return make_plan(visit.org, wanted, assignee=visit.assignee, user=visit.user)


@contextmanager
def _visit(env_file: Path | None, assignee: str) -> Iterator[_Visit]:
    own = Settings.from_environment()
    settings = Settings.from_file(env_file) if env_file else own
    settings.require_salesforce()
    if env_file and not assignee and own.salesforce_login_url:
        assignee = _own_user(own)
    with open_org(settings) as org:
        visit = _Visit(org, settings, assignee)
        if env_file:
            _refuse_another_org(visit, own)
        yield visit


def _refuse_another_org(visit: _Visit, own: Settings) -> None:
    """An administrator's login that leads elsewhere than the service's sets up nothing."""
    found, wanted = str(visit.told["organization_id"] or ""), own.salesforce_org_id
    if found and wanted and long_id(found) != long_id(wanted):
        raise ConfigurationError(
            f"--env leads to the org {found}, and the service belongs to {wanted}"
            " (CONNECTOR_SALESFORCE_ORG_ID): log in to the same org"
        )


def _same_options(wanted: Footprint, env_file: Path | None, assignee: str) -> str:
    default = set(wanted.parts) == set(DEFAULT_PARTS)
    options = {
        "--parts": "" if default else ",".join(wanted.parts),
        "--env": env_file,
        "--assign": assignee,
    }
    return "".join(f" {option} {value}" for option, value in options.items() if value)


def _own_user(own: Settings) -> str:
    """The user of the login in force, while an administrator's is used to set things up."""
    if own.salesforce_username:
        return own.salesforce_username
    own.require_salesforce()
    with open_org(own) as org:
        return str(look(org)["user"] or "")


def _refuse_conflicts(made: Plan) -> None:
    if made.conflicts:
        names = ", ".join(step.name for step in made.conflicts)
        raise ConfigurationError(f"in conflict: {names}: see above; nothing was changed")


def _confirm(visit: _Visit, *, yes: bool) -> None:
    if yes:
        return
    if not is_asked():
        must_give({"--yes": "there is nobody to ask"})
    click.confirm(f"Do this in {visit.name}?", abort=True)


def _deploy(visit: _Visit, made: Plan, *, check_only: bool) -> None:
    progress = deploy(
        visit.org,
        made,
        api_version=visit.api_version,
        pause=threading.Event().wait,
        check_only=check_only,
    )
    try:
        _watch(progress, len(made.components))
    except DeploymentFailedError as error:
        _explain(error.deployment)
        raise ConfigurationError(f"{error}; nothing was changed") from None


def _watch(progress: Iterator[Progress], total: int) -> None:
    """A bar on a terminal; nothing where a program reads on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("deploying", total=total)
        for each in progress:
            bar.update(task, completed=each.done, total=each.total, description=each.status)


def _explain(deployment: Deployment) -> None:
    for failure in deployment.failures:
        place = f", line {failure.line}" if failure.line else ""
        click.echo(f"! {failure.kind} {failure.name}{place}", err=True)
        click.echo(paragraph(failure.problem, label="    "), err=True)


def _report(visit: _Visit, made: Plan, given: list[str], *, check_only: bool) -> None:
    if check_only:
        click.echo("\nThe org would take all of it; nothing was changed.")
        return
    if made.is_done:
        click.echo("Nothing to do.")
        return
    click.echo(f"\nDone: {len(made.components)} components are in the org.")
    for each in given:
        click.echo(f"Assigned: {each}")
    click.echo("\nWhat is left for you to click:\n")
    for number, text in enumerate(remaining(made.parts), 1):
        click.echo(paragraph(text, label=f"{number:2}"))
    if visit.assignee != visit.user:
        who = f"--username {visit.assignee}" if visit.uses_key else "--flow client-credentials"
        click.echo("\nThen log in as the connector's user, if that is not done:")
        click.echo(f"  connector org login {who}")
    click.echo("\nThen look whether all is well: connector setup doctor")


def _json(visit: _Visit, made: Plan) -> dict[str, object]:
    return {
        "organization": visit.told["organization"],
        "organization_id": visit.told["organization_id"],
        "sandbox": visit.told["sandbox"],
        "user": visit.user,
        "assignee": visit.assignee,
        "parts": made.parts,
        "counts": {action.value: made.count(action) for action in Action},
        "steps": made.steps,
    }
