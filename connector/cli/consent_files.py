"""Files of opt-outs: exported to other systems, imported from them."""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from connector.cli.acting import brand_named, os_user, plain, said_at, scope_option
from connector.cli.bars import bar
from connector.cli.opening import opened
from connector.cli.outgoing import written_file
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.consent_export import COLUMNS, cells, harmless, opt_outs
from connector.pipeline.consent_file import PROOF, Importing, import_rows, read_rows
from connector.pipeline.consent_outcome import Outcome, Result
from connector.settings import Settings
from connector.store import Store
from connector.store.audit import Act
from connector.wiring.local import phone_reader


_BLOCK = 1 << 20


@click.command("export")
@click.argument("file", metavar="FILE.csv")
@click.option("--quote-numbers", is_flag=True, help="Mark numbers as texts for a spreadsheet.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@json_option
def export_file(file: str, *, quote_numbers: bool, overwrite: bool, as_json: bool) -> None:
    r"""
    Write all opted-out numbers to a file.

    With scope, since when, source and evidence. Numbers that were erased cannot be in it. What
    a spreadsheet would take for a formula is marked as a text. The export is in the audit.

    \b
    Example:
      connector consent export opt-outs.csv
    """
    path = Path(file)
    with opened(Settings.from_environment()) as store:
        with store.transaction(reads=True) as transaction:
            total = transaction.consents.opted_out_count()
            erased = transaction.consents.erased_count()
        rows = 0
        with written_file(path, overwrite=overwrite) as out, bar(total, "exporting") as step:
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            for page in opt_outs(store):
                writer.writerows(cells(each, quote=quote_numbers) for each in page)
                rows += len(page)
                step(len(page))
        _note(store, "consent.export", f"rows={rows}")
    if as_json:
        print_json({"file": str(path), "rows": rows, "erased": erased})
        return
    click.echo(f"{rows} opt-outs written to {path}")
    if erased:
        click.echo(f"{erased} more are not in it: their numbers were erased")


@click.command("import")
@click.argument("file", metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would become of it.")
@click.option(
    "--column", default="phone", show_default=True, help="The column with the numbers."
)
@click.option("--source-note", default="", metavar="TEXT", help="Whose list it is.")
@click.option(
    "--at",
    default="",
    metavar="TIME",
    help="When the list was drawn up; else when the file was changed last.",
)
@click.option(
    "--opt-ins", is_flag=True, help=f"Take opt-ins too; they want {', '.join(PROOF)}."
)
@scope_option
@json_option
def import_file(
    file: str,
    column: str,
    source_note: str,
    at: str,
    scope: str,
    *,
    dry_run: bool,
    opt_ins: bool,
    as_json: bool,
) -> None:
    r"""
    Take in opt-outs from a file.

    They come from another system, or a gateway's console. What became of each row is told in
    FILE.report.csv. The same file again changes nothing, so an import that was broken off is
    simply begun again. Exit code 1: some rows were not taken.

    \b
    Examples:
      connector consent import opt-outs.csv --dry-run
      connector consent import console.csv --column 'Phone Number' --source-note 'old CRM'
    """
    path = Path(file)
    settings = Settings.from_environment()
    read_phone = phone_reader(settings)
    lines, digest, changed_at = _looked_at(path)
    now = system_clock()
    how = Importing(
        actor=os_user(),
        at=said_at(at, now) or min(changed_at, now),
        note=plain(source_note, "--source-note") or path.name,
        column=column,
        scope=brand_named(scope, settings.brands),
        opt_ins=opt_ins,
    )
    counts: Counter[Result] = Counter()
    report = path.with_name(f"{path.stem}.report.csv")
    with opened(settings) as store, _readable(path) as text:
        names, rows = read_rows(text, column)
        _check(names, opt_ins=opt_ins)
        with written_file(report, overwrite=True) as out, bar(lines - 1, "importing") as step:
            writer = csv.writer(out)
            writer.writerow(("row", "phone", "outcome", "detail"))
            chunks = import_rows(store, rows, how, read_phone, system_clock, dry=dry_run)
            for told in chunks:
                writer.writerows(map(_reported, told))
                counts.update(each.result for each in told)
                step(len(told))
        if not dry_run:
            _note(store, "consent.import", f"sha256={digest} rows={counts.total()}")
    _tell(counts, report, how.at, dry_run=dry_run, as_json=as_json)


def _looked_at(path: Path) -> tuple[int, str, datetime]:
    """How many lines it has, its hash, and when it was changed last."""
    lines, digest = 0, hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                lines += block.count(b"\n")
                digest.update(block)
            changed = os.fstat(file.fileno()).st_mtime
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    return lines + 1, digest.hexdigest(), datetime.fromtimestamp(int(changed), UTC)


def _check(names: Sequence[str], *, opt_ins: bool) -> None:
    if opt_ins and not set(PROOF).issubset(names):
        raise ConfigurationError(f"--opt-ins wants columns {', '.join(PROOF)}")


@contextmanager
def _readable(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise ConfigurationError(f"{path}: is no CSV file: {error}") from error


def _reported(told: Outcome) -> tuple[object, ...]:
    return (told.row, told.phone or harmless(told.given), told.result.value, told.detail)


def _note(store: Store, action: str, detail: str) -> None:
    with store.transaction() as transaction:
        act = Act(at=system_clock(), actor=os_user(), action=action, detail=detail)
        transaction.audit.append([act])


def _tell(
    counts: Counter[Result], report: Path, at: datetime, *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        told = {result.value: counts[result] for result in Result}
        print_json({"dry_run": dry_run, "as_of": at, "report": str(report), "rows": told})
    else:
        click.echo(f"{'would be' if dry_run else 'taken'} as of {at:%Y-%m-%d %H:%M:%S} UTC")
        for result in Result:
            if counts[result]:
                click.echo(f"{counts[result]:>9,}  {result.value}")
        click.echo(f"row by row in {report}")
    if any(counts[each] for each in (Result.NO_NUMBER, Result.NOT_TAKEN, Result.CHANGED)):
        raise click.exceptions.Exit(1)
