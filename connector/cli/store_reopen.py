"""`connector store lost` and `reopen`: when opt-outs may be missing, and when none are."""

import click

from connector.cli.acting import os_user
from connector.cli.moments import since as moment
from connector.cli.opening import opened
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.restored import reopen as reopen_store
from connector.pipeline.restored import unread
from connector.settings import Settings
from connector.store.dump import Server
from connector.store.restoration import Restoration
from connector.store.restoring import begin
from connector.wiring.block_lists import open_lists
from connector.wiring.local import read_mappings


@click.command()
@click.option(
    "--since", "start", required=True, metavar="TIME", help="2026-11-24T10:00:00Z, or 3h."
)
def lost(start: str) -> None:
    r"""
    Say that what came since a moment was lost: the database was put back by other means.

    As after a base backup of PostgreSQL, or a failover to a server that was behind. Then all is
    as after `connector store restore`. To be called before the service starts.

    \b
    Example:
      connector store lost --since 2026-11-24T10:00:00Z
    """
    settings = Settings.from_environment()
    now = system_clock()
    since = moment(start, now)
    if since > now:
        raise ConfigurationError("--since has to be in the past")
    if settings.database_url and (others := Server(settings.store_url).others()):
        raise ConfigurationError(
            f"the database is in use by {others} connections: end the service first"
        )
    with opened(settings) as store:
        begin(store, Restoration(at=now, since=since), os_user())
    click.echo(
        "Until `connector store reopen` nobody is told that a number may be texted; start the"
        " service, it reads Salesforce's flags and the block lists anew."
    )


@click.command()
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the audit.")
@click.option("--nothing-lost", is_flag=True, help="Nothing came since the backup.")
def reopen(reason: str, *, nothing_lost: bool) -> None:
    r"""
    Trust a restored store again: numbers that are not opted out may be texted.

    Salesforce's opt-out flags and the block lists have to be read whole before, unless nothing
    was lost: the service had ended before the backup was made. What no list tells, such as
    replies to gateways without one, you have to import first.

    \b
    Example:
      connector store reopen --reason 'lists and flags are read, console of X imported'
    """
    settings = Settings.from_environment()
    mappings = read_mappings(settings)
    lists = open_lists(settings, system_clock)
    with opened(settings) as store:
        with store.transaction(reads=True) as transaction:
            left = unread(transaction, mappings, lists)
        reopen_store(
            store,
            left,
            system_clock(),
            actor=os_user(),
            reason=reason,
            nothing_lost=nothing_lost,
        )
    click.echo("open again: checks answer from the ledger")
