"""The store: its schema, whether it is sound, and what it holds."""

import dataclasses
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from connector.cli.asking import paragraph
from connector.cli.moments import shown
from connector.cli.opening import must_exist, opened
from connector.cli.printing import json_option, print_json, print_table
from connector.cli.store_backup import backup, restore
from connector.cli.store_reopen import lost, reopen
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.settings import Settings
from connector.store import Store
from connector.store.inspection import DatabaseFacts
from connector.store.restoration import Restoration
from connector.store.schema import head, strands


_KIBI = 1024


@click.group()
def store() -> None:
    r"""
    Upgrade, check, measure, back up and restore the store.

    It is the embedded database in CONNECTOR_DATA_FOLDER, or CONNECTOR_DATABASE_URL.

    \b
    Example:
      connector store check
    """


for each in (backup, restore, lost, reopen):
    store.add_command(each)


@store.command()
@click.option("--all-stopped", is_flag=True, help="No process of an older version runs.")
@json_option
def upgrade(*, all_stopped: bool, as_json: bool) -> None:
    r"""
    Bring the store to the schema that this version wants; makes one where none is.

    Processes of the version before may run meanwhile, and go on afterwards. Where they cannot,
    because a version was left out, it wants --all-stopped. Broken off, it is called again. A
    newer schema that this version may run on stays as it is.

    \b
    Example:
      connector store upgrade
    """
    found = Store.connect(Settings.from_environment().store_url)
    try:
        before = found.revision()
        if (oldest := strands(before)) and not all_stopped:
            raise ConfigurationError(
                f"processes that run on schema {before} could not go on: after this upgrade"
                f" they have to know schema {oldest}. End all of them, then say --all-stopped;"
                " or upgrade to the versions in between first"
            )
        found.upgrade()
        after, engine = found.revision(), found.engine
    finally:
        found.close()
    if as_json:
        print_json({"engine": engine, "from": before or None, "to": after})
    elif before == after:
        newer = f", newer than the {head()} of this version, which may run on it"
        more = newer if after > head() else ""
        click.echo(f"{engine}: schema {after} already{more}, nothing to do")
    else:
        click.echo(f"{engine}: schema {before or 'none'} upgraded to {after}")


@store.command()
@json_option
def check(*, as_json: bool) -> None:
    r"""
    Check that the store is sound, durable, current and writable.

    Exit code 1: damaged, or cannot be written now. Exit code 2: change something.

    \b
    Example:
      connector store check
    """
    settings = Settings.from_environment()
    must_exist(settings)
    found = Store.connect(settings.store_url)
    try:
        databases, trouble = found.facts(), _trouble(found)
        restoration = None if trouble else _restoration(found)
    finally:
        found.close()
    if as_json:
        print_json(
            {
                "databases": databases,
                "wanted_schema": head(),
                "writable": trouble is None,
                "fault": str(trouble) if trouble else None,
                "restored": dataclasses.asdict(restoration) if restoration else None,
            }
        )
    else:
        for each in databases:
            _tell(each)
        click.echo(f"change  {trouble}" if trouble else f"ok      {_current(databases)}")
        if restoration:
            click.echo(paragraph(_restored(restoration), label="change", hanging=8))
    if trouble or restoration or any(each.faults for each in databases):
        sys.exit(2 if isinstance(trouble, ConfigurationError) else 1)


@store.command()
@json_option
def stats(*, as_json: bool) -> None:
    r"""
    Count what the store holds and what waits; reads all of it, so a big one takes a while.

    \b
    Example:
      connector store stats
    """
    with opened(Settings.from_environment()) as found:
        size, waiting = found.size(), _waiting(found)
    if as_json:
        print_json({"waiting": waiting, "rows": size.rows, "bytes": size.bytes})
        return
    since = waiting.oldest_pending
    age = f" (the oldest since {shown(since)} UTC)" if since else ""
    lines: list[tuple[str, object]] = [
        ("callbacks to be read", waiting.unread),
        ("callbacks that cannot be read", waiting.quarantined),
        ("messages to be matched", waiting.changed),
        ("messages without a record", waiting.unmatched),
        ("records to be worked out", waiting.marked),
        ("topics to be written", f"{waiting.pending}{age}"),
        ("records that Salesforce refused", waiting.refused),
    ]
    print_table(["waiting", ""], lines)
    click.echo()
    print_table(["table", "rows"], size.rows.items())
    click.echo()
    print_table(["database", "size"], ((name, _size(n)) for name, n in size.bytes.items()))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCounts:
    """How much has yet to be done, step by step."""

    unread: int
    quarantined: int
    changed: int
    unmatched: int
    marked: int
    pending: int
    oldest_pending: datetime | None
    refused: int


def _waiting(found: Store) -> WaitingCounts:
    with found.transaction(reads=True) as transaction:
        pending, oldest = transaction.outbox.size()
        return WaitingCounts(
            unread=transaction.unread.waiting(),
            quarantined=transaction.unread.quarantined_count(),
            changed=transaction.deliveries.changed_count(),
            unmatched=transaction.deliveries.unmatched_count(),
            marked=transaction.outbox.marked_count(),
            pending=pending,
            oldest_pending=oldest,
            refused=transaction.writes.refused_count(),
        )


def _trouble(found: Store) -> ConnectorError | None:
    try:
        found.check()
    except ConnectorError as error:
        return error
    return None


def _restoration(found: Store) -> Restoration | None:
    with found.transaction(reads=True) as transaction:
        return transaction.restorations.current()


def _restored(restoration: Restoration) -> str:
    return (
        f"restored at {shown(restoration.at)} UTC: opt-outs since"
        f" {shown(restoration.since)} UTC may be missing, so nobody is told that a number may"
        " be texted; see docs/operations.md, Restore, and `connector store reopen`"
    )


def _current(databases: Sequence[DatabaseFacts]) -> str:
    newest = max(each.schema for each in databases)
    if newest > head():
        return f"writable; newer than the schema {head()} of this version, which may run on it"
    return "current and writable"


def _tell(database: DatabaseFacts) -> None:
    for fault in database.faults:
        click.echo(f"change  {database.name}: {fault}")
    if not database.faults:
        settings = ", ".join(f"{name} {value}" for name, value in database.settings.items())
        click.echo(
            f"ok      {database.name}: {database.version}, schema {database.schema or 'none'}"
        )
        click.echo(f"        {settings}")


def _size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < _KIBI:
            return f"{count} {unit}"
        count //= _KIBI
    return f"{count} GiB"
