"""What workers do by the clock: when each job ran last, and whether one is late."""

import dataclasses
import sys

import click

from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.jobs import JobFacts
from connector.pipeline.jobs import jobs as found_jobs
from connector.settings import Settings


@click.group()
def jobs() -> None:
    r"""
    See what the workers do by the clock.

    Each job has its slots of time. However many workers there are, one of them works off a
    slot, and what was missed while none ran is made up for.

    \b
    Example:
      connector jobs list
    """


@jobs.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    r"""
    List every job, when it ran last and what came of it; times are UTC.

    Exit code 1: a job is late, or fails.

    \b
    Example:
      connector jobs list
    """
    with opened(Settings.from_environment()) as store:
        found = found_jobs(store, system_clock())
    if as_json:
        print_json([_plain(each) for each in found])
    elif found:
        rows = (
            (
                each.name,
                each.every,
                shown(each.last_started_at),
                shown(each.last_finished_at),
                each.state,
                each.trouble or each.last_result,
            )
            for each in found
        )
        print_table(["job", "every", "started", "finished", "state", "told"], rows)
    else:
        click.echo("no worker has run yet")
    if any(each.needs_somebody for each in found):
        sys.exit(1)


@jobs.command()
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many."
)
@json_option
def show(name: str, limit: int, *, as_json: bool) -> None:
    r"""
    Show the last slots of one job, the newest first; times are UTC.

    \b
    Example:
      connector jobs show retention
    """
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        found = t.slots.newest(name, limit)
        known = [each.name for each in t.slots.jobs(system_clock())]
    if not found and name not in known:
        named = f"; there are {', '.join(known)}" if known else "; no worker has run yet"
        raise ConfigurationError(f"there is no job '{name}'{named}")
    if as_json:
        print_json(found)
        return
    rows = (
        (
            shown(each.start),
            shown(each.started_at),
            shown(each.finished_at),
            each.attempts,
            f"made up for at {shown(each.into)}" if each.into else each.result,
        )
        for each in found
    )
    print_table(["slot", "started", "finished", "tries", "told"], rows)


def _plain(facts: JobFacts) -> dict[str, object]:
    every = facts.every.total_seconds()
    named = {"name": facts.name, "state": facts.state, "every_seconds": every}
    rest = {each.name: getattr(facts, each.name) for each in dataclasses.fields(facts)}
    return {**named, **{name: value for name, value in rest.items() if name != "every"}}
