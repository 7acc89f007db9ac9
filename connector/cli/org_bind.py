"""Giving the database to another org: after a sandbox was refreshed, or for a copy."""

import contextlib

import click

from connector.cli.asking import is_asked, must_give, paragraph
from connector.cli.opening import opened
from connector.cli.org_view import look
from connector.cli.printing import json_option, print_json
from connector.settings import Settings
from connector.setup import binding
from connector.wiring.org import open_org


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def bind(*, yes: bool, as_json: bool) -> None:
    r"""
    Give the database to the org that the login leads to, and work all out anew.

    The database belongs to the first org it was used with; the service refuses any other: a
    copied database would write to the wrong org, and a refreshed sandbox lost what was written
    to it. This forgets what Salesforce has, where numbers are, and what waits; messages and
    consent stay and are looked up and written again. Stop the service first.

    \b
    Example:
      connector org bind
    """
    settings = Settings.from_environment()
    settings.require_salesforce()
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(opened(settings))
        told = look(stack.enter_context(open_org(settings)))
        org_id, before = str(told["organization_id"] or ""), binding.bound_org(store)
        changes = before != org_id
        if changes and before and not yes:
            _confirm(told, before)
        if changes:
            binding.bind(store, org_id)
    if as_json:
        print_json({"before": before or None, "bound": org_id, "changed": changes})
    elif changes:
        click.echo(
            f"The database belongs to {told['organization'] or 'the org'} ({org_id}) now."
        )
    else:
        click.echo(f"Nothing to do: the database belongs to this org ({org_id}) already.")


def _confirm(told: dict[str, object], before: str) -> None:
    if not is_asked():
        must_give({"--yes": f"the database belongs to {before}, the login leads to another"})
    kind = "a sandbox" if told["sandbox"] else "production"
    text = (
        f"The database belongs to the org {before}. The login leads to"
        f" {told['organization_id']}: {told['organization']}, {kind}. Everything that the"
        " database knows of the first will be forgotten and worked out anew for the second."
    )
    click.echo(paragraph(text, hanging=0))
    click.confirm("Go on? The service must be stopped.", abort=True)
