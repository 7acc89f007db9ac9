"""What is wrong with campaigns and gateways, since when, and who was told."""

import sys
from collections.abc import Sequence

import click

from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.domain.alerts import Alert
from connector.settings import Settings
from connector.store.alert_messages import AlertMessage


@click.group()
def alerts() -> None:
    r"""
    See what the connector rings for: campaigns, spikes of failures, late opt-outs.

    Each alert starts once and ends once. It stands in the row of its campaign in Salesforce,
    and goes out as a platform event and as a post where the settings say so.

    \b
    Example:
      connector alerts list
    """


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many with --all.",
)
@json_option
def list_all(limit: int, *, everything: bool, as_json: bool) -> None:
    r"""
    List what is wrong now, the newest first; times are UTC.

    Exit code 1: something is.

    \b
    Examples:
      connector alerts list
      connector alerts list --all --json
    """
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        found = t.alerts.recent(limit) if everything else t.alerts.open()
        messages = t.alert_messages.of(found)
    if as_json:
        print_json([_facts(alert, messages.get(alert.id, [])) for alert in found])
    elif found:
        rows = [
            (
                alert.trouble.kind.value,
                alert.trouble.subject,
                shown(alert.since),
                *([shown(alert.ended_at)] if everything else []),
                _told(messages.get(alert.id, [])),
                alert.trouble.text,
            )
            for alert in found
        ]
        ended = ["ended"] if everything else []
        print_table(["kind", "about", "since", *ended, "told", "says"], rows)
    else:
        click.echo("nothing was ever wrong" if everything else "nothing is wrong now")
    if any(alert.is_open for alert in found):
        sys.exit(1)


def _facts(alert: Alert, messages: Sequence[AlertMessage]) -> dict[str, object]:
    trouble = alert.trouble
    return {
        "id": alert.key(""),
        "kind": trouble.kind.value,
        "subject": trouble.subject,
        "what": trouble.what,
        "text": trouble.text,
        "since": alert.since,
        "ended_at": alert.ended_at,
        "figures": dict(trouble.figures),
        "told": [
            {
                "step": each.step.value,
                "way": each.way.value,
                "done_at": each.done_at,
                "attempts": each.attempts,
                "cause": each.cause,
            }
            for each in messages
        ],
    }


def _told(messages: Sequence[AlertMessage]) -> str:
    """By which ways, and what has not been told."""
    found = []
    for way in dict.fromkeys(each.way for each in messages):
        own = [each for each in messages if each.way is way]
        waits = any(each.done_at is None for each in own)
        failed = next((each.cause for each in own if each.cause), "")
        state = f" {'waits' if waits else 'not told'}: {failed}" if failed else ""
        found.append(f"{way}{state or (' waits' if waits else '')}")
    return ", ".join(found)
