"""Numbers that no longer work, as far as their messages show: listed, exported, reported."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

import click

from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.delivery import Reason
from connector.domain.hygiene import COUNTED, Hygiene
from connector.domain.hygiene_report import Line, Quarter, newly_flagged_share
from connector.phones import country
from connector.pipeline.hygiene_report import count
from connector.settings import Settings
from connector.store import Store


_PAGE = 5_000
_COLUMNS = (
    "phone",
    "country",
    "failures",
    "reason",
    "since",
    "last_failure_at",
    "needs_review",
)
_by_reason = click.option(
    "--reason",
    type=click.Choice(sorted(each.value for each in COUNTED)),
    help="Only numbers that were flagged for this reason.",
)
_by_country = click.option(
    "--country", "region", metavar="CC", default="", help="Only numbers of this country, as GB."
)
_with_all = click.option(
    "--all", "everyone", is_flag=True, help="Numbers that failed and are not flagged, too."
)


@click.group()
def hygiene() -> None:
    r"""
    See which numbers should be checked with the people who gave them.

    It says nothing of consent: who may be texted is told by `connector consent`.

    \b
    Example:
      connector hygiene list
    """


@hygiene.command("list")
@_by_reason
@_by_country
@_with_all
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many."
)
@json_option
def list_numbers(
    reason: str | None, region: str, limit: int, *, everyone: bool, as_json: bool
) -> None:
    r"""
    List numbers that are flagged for review; times are UTC.

    \b
    Examples:
      connector hygiene list
      connector hygiene list --reason landline --country US --json
    """
    with opened(Settings.from_environment()) as store:
        chosen = _numbers(store, reason, region, everyone=everyone)
        found = [each for each, _ in zip(chosen, range(limit), strict=False)]
    if as_json:
        print_json([_facts(each) for each in found])
    elif found:
        rows = [
            (e.phone, country(e.phone), e.failures, e.review_reason, shown(e.since))
            for e in found
        ]
        print_table(["number", "country", "failures", "because", "since"], rows)
    else:
        click.echo("no number is flagged")


@hygiene.command()
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@_by_reason
@_by_country
@_with_all
def export(file: TextIO, reason: str | None, region: str, *, everyone: bool) -> None:
    r"""
    Write flagged numbers to a CSV file, or to standard output.

    \b
    Example:
      connector hygiene export numbers-to-check.csv
    """
    with opened(Settings.from_environment()) as store:
        found = _numbers(store, reason, region, everyone=everyone)
        _write(file, _COLUMNS, ([_cell(_facts(e)[c]) for c in _COLUMNS] for e in found))


@hygiene.command()
@click.option("--quarter", "name", metavar="QUARTER", help="Such as 2026Q3; else this one.")
@click.option("--list", "kept", is_flag=True, help="The quarters whose report was kept.")
@json_option
def report(name: str | None, *, kept: bool, as_json: bool) -> None:
    r"""
    Report a quarter as CSV: flagged, cleared, by reason and country; no numbers.

    The report of a quarter is kept soon after its end and stays the same from then on.

    \b
    Examples:
      connector hygiene report
      connector hygiene report --quarter 2026Q3 --json
    """
    quarter = Quarter.read(name) if name else Quarter.of(system_clock())
    with opened(Settings.from_environment()) as store:
        if kept:
            _list_reports(store, as_json=as_json)
            return
        lines = count(store, quarter)
    if as_json:
        share = newly_flagged_share(lines)
        print_json({"quarter": str(quarter), "newly_flagged_percent": share, "lines": lines})
    else:
        _write(sys.stdout, ("quarter", "figure", "of", "count"), _rows(quarter, lines))


def _list_reports(store: Store, *, as_json: bool) -> None:
    with store.transaction(reads=True) as transaction:
        found = transaction.hygiene_reports.kept()
    if as_json:
        print_json([{"quarter": quarter, "made_at": made_at} for quarter, made_at in found])
    else:
        print_table(["quarter", "made"], [(quarter, shown(at)) for quarter, at in found])


def _rows(quarter: Quarter, lines: Iterable[Line]) -> Iterator[Sequence[object]]:
    return ((str(quarter), line.figure, line.of, line.count) for line in lines)


def _numbers(
    store: Store, reason: str | None, region: str, *, everyone: bool
) -> Iterator[Hygiene]:
    after, wanted = "", Reason(reason) if reason else None
    while True:
        with store.transaction(reads=True) as transaction:
            page = transaction.hygiene.page(
                after=after, limit=_PAGE, reason=wanted, everyone=everyone
            )
        yield from (e for e in page if region.upper() in {"", country(e.phone)})
        if len(page) < _PAGE:
            return
        after = page[-1].phone


def _facts(known: Hygiene) -> dict[str, object]:
    return {
        "phone": known.phone,
        "country": country(known.phone),
        "failures": known.failures,
        "needs_review": known.needs_review,
        "reason": known.reason,
        "since": known.since,
        "last_failure_at": known.last_failure_at,
        "cleared_at": known.cleared_at,
    }


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _write(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
