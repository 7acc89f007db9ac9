"""`connector consent lists`: the gateways' own block lists, and how far each is."""

import sys
from collections.abc import Sequence

import click

from connector.block_lists.base import ConfiguredList
from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.api_mood import Hold
from connector.pipeline.block_lists import READING, SENDING
from connector.pipeline.block_pull import PullState
from connector.settings import Settings
from connector.store import Store, Transaction
from connector.store.block_entries import EntryState
from connector.wiring.block_lists import open_lists


@click.command("lists")
@click.option("--refused", "refused", is_flag=True, help="Each number that a list refused.")
@click.option("--retry", default="", metavar="LIST", help="Send what this list refused again.")
@json_option
def lists(retry: str, *, refused: bool, as_json: bool) -> None:
    r"""
    Show the gateways' block lists: what waits for them, what failed, the last reading.

    Nothing is asked of the gateways. Exit code 1: a list is in trouble, or refused a number.

    \b
    Examples:
      connector consent lists
      connector consent lists --retry twilio/europe
    """
    settings = Settings.from_environment()
    found = open_lists(settings, system_clock)
    with opened(settings) as store:
        if retry:
            _retry(store, found, retry)
            return
        with store.transaction(reads=True) as transaction:
            facts = [list_facts(transaction, each) for each in found]
            numbers = [
                (each.name, entry.phone, entry.error)
                for each in found
                if refused
                for entry in transaction.block_entries.in_state(
                    each.name, EntryState.REFUSED, 1_000
                )
            ]
    if as_json:
        print_json(facts if not refused else _refused_facts(numbers))
    elif refused:
        print_table(["list", "number", "because"], numbers)
    elif facts:
        _show(facts)
    else:
        click.echo("no gateway has a block list set up: see docs/block-lists.md")
    if any(fact["error"] or fact["refused"] for fact in facts):
        sys.exit(1)


def list_facts(transaction: Transaction, of: ConfiguredList) -> dict[str, object]:
    """What there is to know of one list."""
    counts = transaction.block_entries.counts(of.name)
    pull = PullState.of(transaction, of.name)
    holds = [Hold.of(transaction, of.name, work) for work in (SENDING, READING)]
    errors = [hold.error for hold in holds if hold]
    return {
        "list": of.name,
        "can": [
            word
            for word, can in {
                "add": of.kind.adds,
                "remove": of.kind.removes,
                "list": of.kind.lists,
                "read back": of.kind.verifies,
            }.items()
            if can
        ],
        "brand": of.scope,
        **{state.value: counts.of(state) for state in EntryState},
        "waiting_since": counts.waiting_since,
        "error": next(filter(None, (*errors, pull.error)), ""),
        "refusal": counts.error,
        "pulled_at": pull.pulled_at,
        "listed": pull.last_listed,
        "found": pull.last_found,
    }


def _show(facts: Sequence[dict[str, object]]) -> None:
    rows = [
        (
            str(fact["list"]),
            *(str(fact[state.value]) for state in EntryState),
            shown(fact["pulled_at"])[:16],  # type: ignore[arg-type]  # a moment or None
            str(fact["listed"]) if fact["pulled_at"] else "",
            str(fact["found"]) if fact["pulled_at"] else "",
        )
        for fact in facts
    ]
    titles = ["list", *(state.value for state in EntryState), "last read", "listed", "new"]
    print_table(titles, rows)
    for fact in facts:
        for kind in ("error", "refusal"):
            if fact[kind]:
                click.echo(f"{fact['list']}: {fact[kind]}")


def _refused_facts(numbers: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    names = ("list", "number", "because")
    return [dict(zip(names, each, strict=True)) for each in numbers]


def _retry(store: Store, found: Sequence[ConfiguredList], name: str) -> None:
    if name not in {each.name for each in found}:
        known = ", ".join(each.name for each in found) or "none"
        raise ConfigurationError(f"no list {name!r} is set up; there is {known}")
    with store.transaction() as transaction:
        entries = transaction.block_entries
        again = entries.requeue(name, EntryState.REFUSED, system_clock())
    click.echo(f"{again} will be sent to {name} again")
