"""Serve the callbacks and the API; any number of processes."""

import click

from connector import gateways, logs
from connector.settings import Settings, gateway_secrets
from connector.store import Store
from connector.web.server import serve


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
    settings = Settings.from_environment()
    logs.setup(level=settings.log_level, format=settings.log_format)
    settings.require("public_url")
    keys = {name: gateway.secrets for name, gateway in gateways.installed().items()}
    gateway_secrets(settings.gateways, keys)
    # Here, once and with a clear word, rather than in each process.
    Store.open(settings.store_url, upgrade=not settings.database_url).close()
    serve(settings.listen, processes or settings.web_processes)
