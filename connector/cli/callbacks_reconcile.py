"""`connector callbacks reconcile`: ask gateways for what no callback has told."""

import re
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import click

from connector import gateways
from connector.cli.bars import bar
from connector.cli.moments import since as moment
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.message_apis import installed
from connector.message_apis.base import ConfiguredApi
from connector.pipeline.reconcile_since import Since, SinceReport
from connector.settings import Settings
from connector.store import Store
from connector.store.holders import own_name
from connector.store.reconciliations import LostOnTheWay
from connector.wiring.local import phone_reader
from connector.wiring.message_apis import needed, open_apis


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@click.command()
@click.option(
    "--since",
    "start",
    required=True,
    metavar="TIME",
    help="Since a day in UTC, a time, or a while ago: 2d.",
)
@click.option("--gateway", default="", metavar="NAME", help="One gateway only.")
@click.option("--dry-run", is_flag=True, help="Ask, and keep nothing of the answers.")
@json_option
def reconcile(start: str, gateway: str, *, dry_run: bool, as_json: bool) -> None:
    r"""
    Ask gateways for what no callback has told: ends of messages, whole messages.

    Needs the settings CONNECTOR_MESSAGE_API_...; a worker asks by itself for messages that
    stay open. Exit code 1: something was lost on the way, or a gateway could not be asked.

    \b
    Examples:
      connector callbacks reconcile --since 2026-11-20
      connector callbacks reconcile --since 6h --gateway twilio --dry-run
    """
    settings = Settings.from_environment()
    apis = _chosen(open_apis(settings, system_clock), gateway)
    now = system_clock()
    earliest = moment(f"{start}T00:00:00Z" if _DAY.fullmatch(start) else start, now)
    if earliest > now:
        raise ConfigurationError(f"--since {start}: is yet to come")
    with opened(settings) as store:
        reports = _asked(settings, store, apis, earliest, dry=dry_run)
        with store.transaction(reads=True) as transaction:
            lost = transaction.reconciliations.lost(earliest)
    lost = [each for each in lost if gateway in {"", each.gateway}]
    if as_json:
        print_json(
            {
                "since": earliest,
                "dry_run": dry_run,
                "accounts": [asdict(each) for each in reports],
                "lost": [asdict(each) for each in lost],
            }
        )
    else:
        _show(reports, lost, dry=dry_run)
    if any(each.ends or each.found or each.trouble for each in reports):
        sys.exit(1)


def _chosen(apis: Sequence[ConfiguredApi], gateway: str) -> Sequence[ConfiguredApi]:
    """Those of one gateway, or all; none is a mistake that can be mended."""
    if gateway:
        gateways.find(gateway)
        if gateway not in installed():
            known = ", ".join(installed())
            raise ConfigurationError(f"{gateway} cannot be asked; these can: {known}")
    found = [each for each in apis if gateway in {"", each.kind.gateway}]
    if not found:
        raise ConfigurationError("\n".join(["no gateway can be asked yet:", *needed(gateway)]))
    return found


def _asked(
    settings: Settings,
    store: Store,
    apis: Sequence[ConfiguredApi],
    since: datetime,
    *,
    dry: bool,
) -> list[SinceReport]:
    reports = []
    pausing = threading.Event()
    for each in apis:
        with store.transaction(reads=True) as transaction:
            counts = transaction.reconciliations.open_counts(
                each.kind.gateway, since, system_clock()
            )
        with bar(sum(counts.values()), each.name) as progress:
            asker = Since(
                store,
                gateways.installed(),
                phone_reader(settings),
                system_clock,
                holder=own_name(),
                wait=pausing.wait,
                progress=progress,
                dry=dry,
            )
            reports.append(asker.reconcile(each, since))
    return reports


def _show(reports: Sequence[SinceReport], lost: Sequence[LostOnTheWay], *, dry: bool) -> None:
    titles = ["gateway", "listed", "asked", "ends", "unheard of", "still open", "not known"]
    rows = [
        (r.name, *map(str, (r.listed, r.asked, r.ends, r.found, r.open, r.unknown)))
        for r in reports
    ]
    print_table(titles, rows)
    for each in reports:
        if each.trouble:
            click.echo(f"{each.name}: {each.trouble}")
    if dry:
        click.echo("nothing of this was kept")
    if lost:
        click.echo("\nlost on the way, by the day on which it was sent (UTC)")
        place = [f"{e.gateway}/{e.account}" if e.account else e.gateway for e in lost]
        print_table(
            ["gateway", "day", "ends", "whole messages"],
            [
                (name, str(each.day), str(each.ends), str(each.messages))
                for name, each in zip(place, lost, strict=True)
            ],
        )
