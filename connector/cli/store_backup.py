"""`connector store backup` and `restore`: all of it in one file, and back."""

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from connector.cli.acting import os_user
from connector.cli.bars import bar
from connector.cli.moments import shown
from connector.cli.opening import must_exist
from connector.cli.printing import json_option, print_json
from connector.clock import system_clock
from connector.settings import Settings
from connector.store.archive import Contents, Progress
from connector.store.backups import back_up
from connector.store.restoring import Restored, Restorer


_MEBI = 1 << 20
_NAMES = {
    "callbacks": "callbacks",
    "deliveries": "messages",
    "consent_events": "entries of the ledger",
    "consents": "states of consent",
    "audit": "entries of the audit",
}


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@json_option
def backup(file: Path, *, overwrite: bool, as_json: bool) -> None:
    r"""
    Write all that is committed by now into one file; the service may run.

    The copy is read from end to end and its audit is verified before the file gets its name.
    For PostgreSQL the server's pg_dump and pg_restore are wanted. The file holds phone numbers
    and what people wrote: only its owner can read it. Room for two copies is needed. Exit code
    1: the file is written, and the audit in it does not hold.

    \b
    Example:
      connector store backup /backup/connector-2026-11-24
    """
    settings = Settings.from_environment()
    must_exist(settings)
    with _bytes("copying") as progress:
        made = back_up(
            settings.store_url,
            file,
            system_clock,
            overwrite=overwrite,
            privacy_key=settings.privacy_key.value,
            progress=progress,
        )
    if as_json:
        print_json(
            {"file": str(file), "bytes": made.bytes, **dataclasses.asdict(made.contents)}
        )
    else:
        click.echo(f"{file}: {made.bytes / _MEBI:,.1f} MiB, all that was committed before")
        _tell(made.contents)
        if settings.privacy_key.value:
            click.echo("keep CONNECTOR_PRIVACY_KEY as well: it is not in the file")
    if made.contents.audit_fault:
        sys.exit(1)


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put the database aside that is there.")
@json_option
def restore(file: Path, *, replace: bool, as_json: bool) -> None:
    r"""
    Put a backup in the place of the database; nobody may use it meanwhile.

    All of the file is verified before anything is touched. Afterwards every check of a number
    that is not opted out says no, and no opt-out flag is cleared, until what came since the
    backup was read again, and `connector store reopen` says so. On PostgreSQL the database has
    to be empty.

    \b
    Example:
      connector store restore /backup/connector-2026-11-24
    """
    settings = Settings.from_environment()
    with _bytes("verifying") as progress:
        done = Restorer(
            file,
            system_clock,
            actor=os_user(),
            privacy_key=settings.privacy_key.value,
            progress=progress,
        ).restore(settings.store_url, replace=replace)
    if as_json:
        print_json(
            {
                "aside": str(done.aside) if done.aside else None,
                "keys": done.keys,
                **dataclasses.asdict(done.contents),
            }
        )
        return
    click.echo("restored: all that was committed before")
    _tell(done.contents)
    for line in _next(done):
        click.echo(line)


def _tell(contents: Contents) -> None:
    click.echo(f"  {shown(contents.made_at)} UTC")
    click.echo(
        f"  {contents.engine}, schema {contents.schema}, by version {contents.version},"
        f" org {contents.org or 'none yet'}"
    )
    for name, words in _NAMES.items():
        click.echo(f"  {contents.rows.get(name, 0):>12,}  {words}")
    click.echo(f"  last entry of the audit {contents.audit_number} {contents.audit_hash}")
    if contents.audit_fault:
        click.echo(f"BREAK of the audit: {contents.audit_fault}; see connector audit verify")


def _next(done: Restored) -> Iterator[str]:
    """What is left to people, in its order."""
    since = f"{done.contents.made_at:%Y-%m-%dT%H:%M:%SZ}"
    yield ""
    yield "Until `connector store reopen` nobody is told that a number may be texted. Next:"
    if done.aside:
        yield f"- What was there is in {done.aside}. Take over its opt-outs, if it can"
        yield "  be read: `connector consent export` there, `connector consent import` here."
    yield "- Erase again who was erased since: `connector erase --again CERTIFICATE..`."
    if done.keys:
        yield f"- Keys in force, also those revoked since: {', '.join(done.keys)}."
    yield "- Start the service. A worker reads Salesforce's flags and the block lists whole."
    yield f"- `connector callbacks reconcile --since {since}`, for what became of messages."
    yield "- Import the opt-outs since then of gateways whose block lists are not set up."
    yield "- `connector store reopen --reason ..`; it says what has not been read yet."


@contextmanager
def _bytes(what: str) -> Iterator[Progress]:
    """A bar of mebibytes; how many there will be nobody knows before."""
    with bar(0, f"{what} (MiB)") as step:
        left = 0.0

        def progress(count: int) -> None:
            nonlocal left
            left += count
            whole = int(left // _MEBI)
            left -= whole * _MEBI
            if whole:
                step(whole)

        yield progress
