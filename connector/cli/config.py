"""What is set, from where, and whether the service could work with it."""

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping

import click

from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import ConnectorError
from connector.settings import Settings
from connector.setup import binding
from connector.wiring.block_lists import open_lists
from connector.wiring.local import open_store, phone_reader, read_mappings, read_secrets
from connector.wiring.message_apis import open_apis
from connector.wiring.org import open_org


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What one check found: `found` when all is well, else a line for each thing to change."""

    check: str
    found: str = ""
    problems: tuple[str, ...] = ()


@click.group()
def config() -> None:
    r"""
    Show and check the settings: variables named CONNECTOR_...

    Secrets are read from NAME or from the file that NAME_FILE names.

    \b
    Example:
      CONNECTOR_LISTEN=127.0.0.1:9000 connector config show
    """


@config.command()
@json_option
def show(*, as_json: bool) -> None:
    r"""
    Show every setting, its value and where it comes from; secrets are masked.

    \b
    Example:
      connector config show
    """
    rows = Settings.from_environment().shown()
    if as_json:
        print_json(rows)
    else:
        table = [(row.name, row.value, row.source) for row in rows]
        print_table(["setting", "value", "from"], table)


@config.command()
@json_option
def check(*, as_json: bool) -> None:
    r"""
    Check settings, mappings, gateways, store and org; exit code 2 says: change something.

    \b
    Example:
      connector config check
    """
    reports = list(_reports())
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            for problem in report.problems:
                click.echo(f"change  {report.check}: {problem}")
            if not report.problems:
                click.echo(f"ok      {report.check}: {report.found}")
    if any(report.problems for report in reports):
        sys.exit(2)


def _reports() -> Iterable[CheckReport]:
    try:
        settings = Settings.from_environment()
    except ConnectorError as error:
        yield _to_change("settings", error)
        return
    yield CheckReport(
        check="settings", found="; ".join((f"{len(settings.sources)} set", *settings.warnings))
    )
    for name, look in CHECKS.items():
        try:
            yield CheckReport(check=name, found=look(settings))
        except ConnectorError as error:
            yield _to_change(name, error)


def _to_change(name: str, error: ConnectorError) -> CheckReport:
    return CheckReport(check=name, problems=tuple(str(error).splitlines()))


def _public_url(settings: Settings) -> str:
    settings.require("public_url")
    return f"gateways call {settings.public_url}"


def _mappings(settings: Settings) -> str:
    return ", ".join(read_mappings(settings))


def _gateways(settings: Settings) -> str:
    found = read_secrets(settings)
    phone_reader(settings)
    names = ["/".join(filter(None, place)) for place in found]
    return ", ".join(names) or "none has a secret yet, so no callback is trusted"


def _block_lists(settings: Settings) -> str:
    found = open_lists(settings, system_clock)
    return ", ".join(each.name for each in found) or "none is set up"


def _message_apis(settings: Settings) -> str:
    found = open_apis(settings, system_clock)
    return ", ".join(each.name for each in found) or "none is set up"


def _store(settings: Settings) -> str:
    with contextlib.closing(open_store(settings, upgrade=False)) as store:
        store.check()
        return store.engine


def _org(settings: Settings) -> str:
    settings.require_salesforce()
    with open_org(settings) as org:
        seen = org.check()
        binding.demand(_bound(settings), org.organization_id)
        return f"logged in as {seen.username or seen.user_id} at {seen.instance_url}"


def _bound(settings: Settings) -> str:
    """The org that the database belongs to; its own faults are told by its own check."""
    with contextlib.suppress(ConnectorError), opened(settings) as store:
        return binding.bound_org(store)
    return ""


#: In the order in which one would set things up.
CHECKS: Mapping[str, Callable[[Settings], str]] = {
    "public address": _public_url,
    "mappings": _mappings,
    "gateways": _gateways,
    "block lists": _block_lists,
    "message APIs": _message_apis,
    "store": _store,
    "Salesforce": _org,
}
