"""Erasing a number from all that is kept; its opt-out still holds."""

import dataclasses
import sys
from pathlib import Path

import click

from connector import gateways
from connector.cli.acting import os_user, phone_of
from connector.cli.asking import is_asked, paragraph
from connector.cli.bars import bar
from connector.cli.erase_again import erase_named
from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.outgoing import written_file
from connector.cli.printing import json_option, json_text, print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.pipeline.erasure import Certificate, holders
from connector.pipeline.erasure import erase as erase_number
from connector.settings import Settings
from connector.store import Store
from connector.wiring.local import phone_reader, read_mappings


_POSTGRESQL = (
    "PostgreSQL writes over freed room in time; VACUUM FULL does at once. Its write-ahead log"
    " and replicas hold what was there until they are recycled."
)


@click.command()
@click.argument("phone", default="")
@click.option(
    "--again",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Whoever a certificate or an export of the audit names.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--certificate", default="", metavar="FILE", help="Where to write it, as JSON.")
@json_option
def erase(
    phone: str, files: tuple[Path, ...], certificate: str, *, yes: bool, as_json: bool
) -> None:
    r"""
    Erase a number: callbacks, messages, directory, what waits to be written, all of it.

    A keyed hash of it stays, so that an opt-out still holds. What Salesforce and the gateways
    hold is for you to erase there, Salesforce first: else the number comes back with the
    record's next change. Exit code 1: not all of it is gone, call again.

    After a backup was restored, --again erases once more who was erased since it was made.

    \b
    Examples:
      connector erase +447700900123 --certificate erased-4711.json
      connector erase --again erased-4711.json --again audit.jsonl
    """
    settings = Settings.from_environment()
    if bool(phone) == bool(files):
        raise ConfigurationError("say which number, or --again with a file")
    if files:
        erase_named(settings, files, as_json=as_json)
        return
    read_phone = phone_reader(settings)
    mappings = read_mappings(settings)
    number = phone_of(read_phone, phone)
    with opened(settings) as store:
        _ask(store, number, yes=yes)
        total = sum(store.size().rows.values())
        with bar(total, "erasing") as step:
            done = 0

            def progress(now: int, _total: int) -> None:
                nonlocal done
                step(now - done)
                done = now

            found = erase_number(
                store,
                gateways.installed(),
                read_phone,
                system_clock,
                number,
                actor=os_user(),
                mappings=mappings,
                progress=progress,
            )
        notes = _notes(found, shared=store.shared)
    facts = {**dataclasses.asdict(found), "notes": notes}
    if certificate:
        with written_file(Path(certificate), overwrite=False) as out:
            out.write(f"{json_text(facts)}\n")
    if as_json:
        print_json(facts)
    else:
        _tell(found, notes, certificate)
    if not found.done:
        sys.exit(1)


def _ask(store: Store, number: str, *, yes: bool) -> None:
    held = holders(store, number)
    if held and not yes:
        click.echo(paragraph(_held(held)), err=True)
    if yes:
        return
    if not is_asked():
        raise ConfigurationError("this cannot be undone: say --yes")
    click.confirm(f"Erase {number}? This cannot be undone", abort=True, err=True)


def _held(held: list[RecordRef]) -> str:
    named = ", ".join(f"{each.object} {each.id}" for each in held[:5])
    more = f" and {len(held) - 5} more" if len(held) > 5 else ""  # noqa: PLR2004
    return (
        f"Salesforce holds it in {named}{more}. Erase it there first: else it comes back with"
        " the next change of the record."
    )


def _notes(found: Certificate, *, shared: bool) -> list[str]:
    notes = [
        f"Backups made before may hold the number until {shown(found.backups_until)[:10]}.",
        "What the service logged or Salesforce and the gateways keep is not part of this.",
    ]
    if found.holders:
        notes.append(
            "Records of Salesforce that held the number when it was erased:"
            f" {found.holders}. It comes back with their next change unless it is erased there."
        )
    if shared:
        notes.append(_POSTGRESQL)
    if not found.pages_freed:
        notes.append("The freed pages could not be written over now: call again.")
    if found.unread:
        notes.append(f"{found.unread} callbacks with it came meanwhile: call again.")
    return notes


def _tell(found: Certificate, notes: list[str], certificate: str) -> None:
    click.echo("erased" if found.done else "NOT all of it is erased yet")
    for table, count in sorted(found.removed.items()):
        click.echo(f"{count:>9,}  {table.replace('_', ' ')}")
    if not found.removed:
        click.echo("           nothing but the ledger held it")
    held = "is opted out, and stays so" if found.opted_out else "is not opted out"
    click.echo(f"it {held}; version {found.version}, kept as {found.name[:10]}")
    click.echo(f"audit entry {found.audit_number}")
    for note in notes:
        click.echo(paragraph(note, label="-", hanging=2))
    if certificate:
        click.echo(f"certificate in {certificate}")
