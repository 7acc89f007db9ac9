"""Run everything with one command: web and worker, supervised."""

import sys

import click

from connector.cli.starting import WEB, WORKER, prepare, who_supervises
from connector.cli.supervisor import supervise
from connector.clock import system_clock
from connector.wiring.local import open_store


@click.command()
def run() -> None:
    r"""
    Take callbacks in and write fields out, until SIGTERM or Ctrl-C.

    Starts a web and a worker process and starts them again should they fall. Without
    CONNECTOR_DATABASE_URL everything is kept in the folder CONNECTOR_DATA_FOLDER, which the
    first start creates.

    \b
    Example:
      connector run
    """
    notifier = who_supervises()
    settings = prepare(*WEB, *WORKER)
    store = open_store(settings, upgrade=not settings.database_url)
    kept = "PostgreSQL" if store.shared else str(settings.data_folder.absolute())
    engine = store.engine
    store.close()
    click.echo(f"data      {kept} ({engine})")
    click.echo(f"callbacks {settings.public_url}/callbacks/<gateway>")
    click.echo(f"listening http://{settings.listen.host}:{settings.listen.port}")
    click.echo(f"writes to {settings.salesforce_login_url}")
    workers = [["worker"]] * settings.worker_processes
    sys.exit(supervise([["web"], *workers], system_clock, notifier))
