"""The audit: who did what to consent, and whether nobody changed it since."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from connector.cli.acting import os_user, phone_of
from connector.cli.bars import bar
from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.outgoing import written_file
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.settings import Settings
from connector.store import Store
from connector.store.audit import Act, Break, Entry, Walk
from connector.wiring.local import phone_reader


_PAGE = 2_000
#: Breaks that are told; the first says enough.
_MOST_BREAKS = 50
_after_option = click.option(
    "--after", type=click.IntRange(0), default=0, metavar="N", help="Beyond this entry."
)


@click.group()
def audit() -> None:
    r"""
    Show, verify and export the audit: each entry holds the hash of the one before it.

    \b
    Example:
      connector audit verify
    """


@audit.command()
@click.argument("phone", required=False)
@_after_option
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many."
)
@json_option
def show(phone: str | None, after: int, limit: int, *, as_json: bool) -> None:
    r"""
    Show entries, the oldest first; of one number only, if it is given. Times are UTC.

    No number stands in the audit: the hash that only this database's key makes of it does.

    \b
    Examples:
      connector audit show +447700900123
      connector audit show --after 1200 --limit 100
    """
    settings = Settings.from_environment()
    number = phone_of(phone_reader(settings), phone) if phone else ""
    with opened(settings) as store, store.transaction(reads=True) as t:
        subject = t.pseudonym(number) if number else ""
        found = t.audit.entries(after=after, subject=subject, limit=limit)
        last, _ = t.audit.head()
    if as_json:
        print_json([_facts(each) for each in found])
        return
    if not found:
        click.echo("no entries like that")
        return
    rows = [
        (
            each.number,
            shown(each.act.at),
            each.act.actor,
            each.act.action,
            _versions(each.act),
            each.act.subject[:10],
        )
        for each in found
    ]
    print_table(["entry", "at", "who", "what", "version", "about"], rows)
    if len(found) == limit and found[-1].number < last:
        click.echo(f"{last} entries in all; go on with --after {found[-1].number}")


@audit.command()
@json_option
def verify(*, as_json: bool) -> None:
    r"""
    Walk the whole chain, and tell each place where it does not hold.

    Note down the number and the hash of the last entry where nobody can change them who can
    change the database: only then it shows if the end was cut off. Exit code 1: a break.

    \b
    Example:
      connector audit verify
    """
    with opened(Settings.from_environment()) as store:
        with store.transaction(reads=True) as t:
            number, own = t.audit.head()
        broken = list(_breaks(store, (number, own)))
    if as_json:
        print_json({"entries": number, "hash": own, "breaks": broken})
    else:
        for each in broken[:_MOST_BREAKS]:
            click.echo(f"BREAK  entry {each.number} {each.fault}")
        if len(broken) > _MOST_BREAKS:
            click.echo(f"and {len(broken) - _MOST_BREAKS} more")
        if not broken:
            click.echo("the chain holds")
        click.echo(f"last entry {number}")
        click.echo(f"hash       {own}")
    if broken:
        sys.exit(1)


@audit.command("export")
@click.argument("file", metavar="FILE.jsonl")
@_after_option
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@json_option
def export_file(file: str, after: int, *, overwrite: bool, as_json: bool) -> None:
    r"""
    Write the entries to a file, one JSON object a line, with their hashes.

    The export is in the audit too.

    \b
    Example:
      connector audit export audit-2026.jsonl --after 1200
    """
    path = Path(file)
    with opened(Settings.from_environment()) as store:
        with written_file(path, overwrite=overwrite) as out:
            written = _write(store, after, out)
        with store.transaction() as transaction:
            act = Act(
                at=system_clock(),
                actor=os_user(),
                action="audit.export",
                detail=f"entries={written} after={after}",
            )
            transaction.audit.append([act])
    if as_json:
        print_json({"file": str(path), "entries": written})
    else:
        click.echo(f"{written} entries written to {path}")


def _pages(store: Store, after: int, last: int, what: str) -> Iterator[list[Entry]]:
    """Entries up to the last, in readings so short that nobody waits for them."""
    with bar(last - after, what) as step:
        while after < last:
            with store.transaction(reads=True) as transaction:
                page = transaction.audit.entries(after=after, limit=_PAGE)
            page = [each for each in page if each.number <= last]
            if not page:
                return
            yield page
            step(page[-1].number - after)
            after = page[-1].number


def _write(store: Store, after: int, out: TextIO) -> int:
    with store.transaction(reads=True) as transaction:
        last, _ = transaction.audit.head()
    written = 0
    for page in _pages(store, after, last, "exporting"):
        out.writelines(f"{json.dumps(_facts(each))}\n" for each in page)
        written += len(page)
    return written


def _breaks(store: Store, head: tuple[int, str]) -> Iterator[Break]:
    walk = Walk()
    for page in _pages(store, 0, head[0], "verifying"):
        yield from walk.along(page)
    yield from walk.end(head)


def _versions(act: Act) -> str:
    if act.version_before == act.version_after:
        return str(act.version_after or "")
    return f"{act.version_before} to {act.version_after}"


def _facts(entry: Entry) -> dict[str, object]:
    act = entry.act
    return {
        "number": entry.number,
        "at": act.at.isoformat(),
        "actor": act.actor,
        "action": act.action,
        "subject": act.subject or None,
        "detail": act.detail,
        "version_before": act.version_before,
        "version_after": act.version_after,
        "previous": entry.previous,
        "hash": entry.hash,
    }
