"""Whether the process beside this command is well: for containers and supervisors."""

import http.client
import sys

import click

from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.heartbeat import LONGEST_SILENCE, Heartbeat
from connector.settings import Address, Settings


SECONDS = 4.0
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (to be asked, not to listen at)


@click.command()
@click.argument("process", type=click.Choice(["web", "worker"]), default="web")
def health(process: str) -> None:
    r"""
    Ask the web process of this machine whether it is ready, or see when the worker last moved.

    The first asks /readyz at CONNECTOR_LISTEN, the second looks at CONNECTOR_HEARTBEAT_FILE.
    Exit code 1: it is not well. Exit code 2: change something.

    \b
    Example:
      connector health worker
    """
    settings = Settings.from_environment()
    fault = _of_web(settings.listen) if process == "web" else _of_worker(settings)
    click.echo(fault or "ok")
    sys.exit(1 if fault else 0)


def _of_web(listen: Address) -> str:
    host = _LOOPBACK.get(listen.host, listen.host)
    connection = http.client.HTTPConnection(host, listen.port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        told = answer.read(1_000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer at {listen}: {type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else told


def _of_worker(settings: Settings) -> str:
    if settings.heartbeat_file is None:
        raise ConfigurationError("set CONNECTOR_HEARTBEAT_FILE for the worker and for this")
    silence = Heartbeat(settings.heartbeat_file).silence(system_clock)
    if silence is None:
        return f"{settings.heartbeat_file}: no worker has begun"
    if silence > LONGEST_SILENCE:
        return f"the worker has not moved for {int(silence.total_seconds())} s"
    return ""
