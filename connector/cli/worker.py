"""Read what was kept, write it to Salesforce; any number of processes on PostgreSQL."""

import click

from connector.cli.starting import WORKER, prepare, say_state, who_supervises
from connector.clock import system_clock
from connector.traces import following
from connector.wiring.local import open_store
from connector.wiring.org import build_steps, open_org
from connector.worker import run


@click.command()
def worker() -> None:
    r"""
    Read callbacks, work out states and write fields until SIGTERM.

    `connector web` takes the callbacks in. On PostgreSQL any number of workers share the work;
    the embedded database takes one.

    \b
    Example:
      connector worker
    """
    notifier = who_supervises()
    settings = prepare(*WORKER)
    store = open_store(settings, upgrade=not settings.database_url)
    say_state(store)
    with open_org(settings) as org, following(settings, store):
        run(build_steps(settings, store, org), settings, system_clock, notifier)
