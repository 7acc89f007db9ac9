"""Campaigns: their delivery figures, rolled up, shown and counted again."""

import contextlib
import sys
from collections.abc import Iterator

import click

from connector.cli.bars import bar
from connector.cli.campaign_view import (
    Listed,
    print_campaign,
    print_campaigns,
    print_differences,
)
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.domain.records import is_campaign_id, long_id
from connector.pipeline.campaign_check import check_campaigns, count_again, mend
from connector.pipeline.campaign_rows import PERIODS
from connector.pipeline.campaign_view import NO_CAMPAIGN, document, shown, view, wholes
from connector.pipeline.roll_up import LEASE
from connector.pipeline.roll_up import roll_up as add_up
from connector.pipeline.tenure import Held, Tenure
from connector.settings import Settings
from connector.store import Store
from connector.store.holders import own_name
from connector.wiring.local import build_counting, read_mappings


@click.group()
def campaigns() -> None:
    r"""
    See campaigns' figures, roll them up, and check them.

    The figures of messages without a campaign are those of `none`.

    \b
    Example:
      connector campaigns list
    """


@campaigns.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many."
)
@json_option
def list_all(limit: int, *, as_json: bool) -> None:
    r"""
    List the campaigns that have figures, and how each is doing.

    \b
    Example:
      connector campaigns list --json
    """
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        found = ["", *t.figures.campaigns(limit)]
        figures = wholes(t, found)
        health = t.alerts.health_of(found)
        names = t.campaign_names.of(found)
    rows = [
        Listed(
            campaign=each, name=names.get(each, ""), figures=figures[each], health=health[each]
        )
        for each in found
        if each in figures
    ]
    if as_json:
        print_json(
            [
                {
                    "campaign": each.campaign or NO_CAMPAIGN,
                    "name": each.name or None,
                    "health": each.health.health.value if each.health.health else None,
                    **shown(each.figures),
                }
                for each in rows
            ]
        )
    else:
        print_campaigns(rows)


@campaigns.command()
@click.argument("campaign")
@click.option(
    "--by",
    type=click.Choice(["day", "hour", "gateway", "country", "sender", "object"]),
    default="day",
    show_default=True,
    help="What the messages are divided by.",
)
@json_option
def show(campaign: str, by: str, *, as_json: bool) -> None:
    r"""
    Show the figures of one campaign, by its id.

    \b
    Example:
      connector campaigns show 701000000000001AAA --by country
    """
    wanted = _campaign(campaign)
    settings = Settings.from_environment()
    with opened(settings) as store:
        found = view(store, wanted)
    if found is None:
        raise ConnectorError(
            f"{campaign}: nothing was counted of it yet; `connector campaigns list` shows"
            " what was"
        )
    if as_json:
        print_json(document(found))
    else:
        print_campaign(found, by, settings.campaign_time_zone)


@campaigns.command("roll-up")
@click.option(
    "--recount", is_flag=True, help="Have the workers count every message anew before that."
)
@json_option
def roll_up(*, recount: bool, as_json: bool) -> None:
    r"""
    Add up what was counted since the last time, now.

    A worker does that every CONNECTOR_ROLL_UP_SECONDS. Counting anew is needed after a change
    of CONNECTOR_CAMPAIGN_TIME_ZONE; it takes a worker as long as matching all messages.

    \b
    Example:
      connector campaigns roll-up
    """
    settings = Settings.from_environment()
    with opened(settings) as store:
        messages = 0
        if recount:
            with bar(0, "messages") as progress:
                messages = count_again(store, progress=progress)
        with _alone(store) as held:
            report = add_up(held, PERIODS[settings.campaign_rows])
    if as_json:
        print_json({"to_count_anew": messages, "rolled_up": report})
        return
    if recount:
        click.echo(f"{messages} messages will be counted anew by a worker")
    click.echo(f"added up: {report}")


@campaigns.command()
@click.argument("campaign", required=False, default="")
@click.option("--mend", "mending", is_flag=True, help="Have what is amiss put right.")
@json_option
def check(campaign: str, *, mending: bool, as_json: bool) -> None:
    r"""
    Count again from the messages and compare; everything, or one campaign.

    Exit code 1: the figures are not those of the messages.

    \b
    Example:
      connector campaigns check 701000000000001AAA
    """
    if campaign == NO_CAMPAIGN:
        raise ConfigurationError(f"{campaign}: name a campaign, or none at all for everything")
    settings = Settings.from_environment()
    counting = build_counting(settings, read_mappings(settings))
    with opened(settings) as store:
        with bar(0, "messages") as progress:
            report = check_campaigns(
                store, counting, _campaign(campaign) if campaign else "", progress=progress
            )
        if mending and report.differences and not report.waiting:
            mend(store, report.differences)
    if as_json:
        print_json(report)
    else:
        print_differences(report, mended=mending)
    if report.differences:
        sys.exit(1)


def _campaign(text: str) -> str:
    if text == NO_CAMPAIGN:
        return ""
    if not is_campaign_id(text):
        raise ConfigurationError(
            f"{text}: no id of a Campaign: that is 701 and 12 or 15 characters more, as in"
            f" the address of its page; `{NO_CAMPAIGN}` stands for messages without one"
        )
    return long_id(text)


@contextlib.contextmanager
def _alone(store: Store) -> Iterator[Held]:
    """The right to roll up, unless a worker is at it."""
    with store.transaction() as transaction:
        lease = transaction.leases.take("job:roll-up", own_name(), system_clock(), LEASE)
    if lease is None:
        raise ConnectorError("a worker is rolling up right now: try again in a minute")
    tenure = Tenure(lease, store, system_clock, LEASE)
    try:
        yield tenure.renewed
    finally:
        tenure.give_back()
