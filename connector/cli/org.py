"""The Salesforce org: who we are there, what it lets us do, and one to try things on."""

import contextlib
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from connector.cli.org_bind import bind
from connector.cli.org_limits import limits
from connector.cli.org_login import login
from connector.cli.org_view import look, print_org
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.emulator import EmulatedOrg, OrgServer, serve
from connector.emulator.prepared import PreparedOrg, open_empty, open_prepared
from connector.footprint import API_VERSION, everything, zip_of
from connector.salesforce.org import Org
from connector.settings import Settings
from connector.wiring.org import open_org


_STOPPING = {signal.SIGINT, signal.SIGTERM}


@click.group()
def org() -> None:
    r"""
    Log in to the org, show it and its limits, or start an emulated one.

    \b
    Example:
      connector org login
    """


org.add_command(login)
org.add_command(bind)
org.add_command(limits)


@org.command()
@json_option
def show(*, as_json: bool) -> None:
    r"""
    Log in, and show which org it is and who we are there.

    \b
    Example:
      connector org show
    """
    with _opened(Settings.from_environment()) as found:
        told = look(found)
    if as_json:
        print_json(told)
    else:
        print_org(told)


@org.command()
@click.option(
    "--http",
    "http_port",
    type=click.IntRange(0, 65_535),
    default=8_090,
    show_default=True,
    help="Port of the pages and of plain HTTP; 0 for a free one.",
)
@click.option(
    "--https",
    "https_port",
    type=click.IntRange(0, 65_535),
    default=8_490,
    show_default=True,
    help="Port of the API; 0 for a free one.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="emulated-org",
    show_default=True,
    help="Where the org is kept.",
)
@click.option(
    "--empty", is_flag=True, help="Without our fields and without an app: to set it all up."
)
def emulate(http_port: int, https_port: int, folder: Path, *, empty: bool) -> None:
    r"""
    Run an emulated org with some people in it, until Ctrl-C.

    Prints the settings with which `connector run` writes to it; with --empty, how to begin
    setting it up. What is written stays in the folder; delete it for a new org.

    \b
    Example:
      connector org emulate --folder /tmp/org
      connector org emulate --folder /tmp/org --empty
    """
    # Before any thread starts: all of them are to leave these to us.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    folder = folder.absolute()
    with (
        _opened_emulator(folder, empty=empty) as prepared,
        _served(_org_of(prepared), http_port, https_port, folder) as server,
    ):
        for line in _greeting(prepared, server):
            click.echo(line)
        sys.stdout.flush()
        signal.sigwait(_STOPPING)


def _greeting(prepared: PreparedOrg | EmulatedOrg, server: OrgServer) -> Iterator[str]:
    yield f"# The emulated org is at {server.http_url}/emulator/ (its records) until Ctrl-C."
    if isinstance(prepared, PreparedOrg):
        yield "# In another terminal:"
        for name, value in exports(prepared, server).items():
            yield f"export {name}={shlex.quote(value)}"
        return
    yield f"# Its Setup, to make the app in: {server.http_url}/emulator/apps"
    yield f"# Its users: {', '.join(sorted(prepared.users))}"
    yield "# In another terminal:"
    yield f"connector org login --login-url {server.https_url} \\"
    yield f"  --ca-file {shlex.quote(str(server.ca_file))}"


def _org_of(prepared: PreparedOrg | EmulatedOrg) -> EmulatedOrg:
    return prepared.org if isinstance(prepared, PreparedOrg) else prepared


@contextlib.contextmanager
def _opened_emulator(folder: Path, *, empty: bool) -> Iterator[PreparedOrg | EmulatedOrg]:
    prepared: PreparedOrg | EmulatedOrg
    try:
        if empty:
            prepared = open_empty(folder, system_clock)
        else:
            package = zip_of(everything().components(), api_version=API_VERSION)
            prepared = open_prepared(folder, system_clock, package)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: {error.strerror}: choose another --folder"
        ) from error
    try:
        yield prepared
    finally:
        _org_of(prepared).close()


@contextlib.contextmanager
def _served(
    org: EmulatedOrg, http_port: int, https_port: int, folder: Path
) -> Iterator[OrgServer]:
    try:
        server = serve(org, http_port, https_port, folder=folder)
    except OSError as error:
        raise ConfigurationError(
            f"ports {http_port} and {https_port}: {error.strerror}; choose others with --http"
            " and --https"
        ) from error
    with server:
        yield server


def exports(prepared: PreparedOrg, server: OrgServer) -> dict[str, str]:
    """The settings with which the service writes to this org."""
    return {
        "CONNECTOR_SALESFORCE_LOGIN_URL": server.https_url,
        "CONNECTOR_SALESFORCE_CLIENT_ID": prepared.consumer_key,
        "CONNECTOR_SALESFORCE_USERNAME": prepared.username,
        "CONNECTOR_SALESFORCE_PRIVATE_KEY_FILE": str(prepared.key_file),
        "CONNECTOR_SALESFORCE_CA_FILE": str(server.ca_file),
    }


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Org]:
    settings.require_salesforce()
    with open_org(settings) as found:
        yield found
