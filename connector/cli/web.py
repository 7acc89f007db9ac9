"""Serve the callbacks and the API; any number of processes."""

import click

from connector.cli.starting import WEB, prepare, say_state, who_supervises
from connector.web.server import serve
from connector.wiring.local import open_store


@click.command()
@click.option(
    "--processes", type=click.IntRange(1, 64), help="Instead of CONNECTOR_WEB_PROCESSES."
)
def web(processes: int | None) -> None:
    r"""
    Serve the callbacks and the API until SIGTERM.

    It checks, keeps and answers, and never waits for Salesforce; `connector worker` does the
    rest.

    \b
    Example:
      connector web --processes 2
    """
    notifier = who_supervises()
    settings = prepare(*WEB)
    # Here, once and with a clear word, rather than in each process.
    store = open_store(settings, upgrade=not settings.database_url)
    say_state(store)
    store.close()
    serve(settings.listen, processes or settings.web_processes, notifier)
