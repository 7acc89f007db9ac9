"""What Salesforce refused: changes that wait until somebody mends the reason."""

import json
from collections.abc import Mapping

import click

from connector.cli.moments import shown
from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json, print_table
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.domain.records import FieldValue, long_id, names_record
from connector.pipeline.retry import Choice
from connector.pipeline.retry import retry as try_again
from connector.settings import Settings
from connector.store.writes import Refused, StoppedLane, Write


_object_option = click.option("--object", "name", default="", help="Of one object, as Contact.")
_code_option = click.option("--code", default="", help="With one of Salesforce's error codes.")
#: Answers that `show` prints.
_MOST_WRITES = 20
_LONGEST_TOLD = 60


@click.group()
def refused() -> None:
    r"""
    List, show and retry the changes that Salesforce refused.

    Rejections of single records wait here; an object whose every write would fail is stopped
    as a whole and tried again from time to time.

    \b
    Example:
      connector refused list --object Contact
    """


@refused.command("list")
@_object_option
@_code_option
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many."
)
@json_option
def list_all(name: str, code: str, limit: int, *, as_json: bool) -> None:
    r"""
    List stopped objects, then refused records, the oldest first; times are UTC.

    \b
    Example:
      connector refused list --code FIELD_CUSTOM_VALIDATION_EXCEPTION
    """
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        choice = Choice(error_code=code, object=name)
        lanes = [lane for lane in t.writes.stopped_lanes() if choice.takes(lane)]
        found = t.writes.refused(error_code=code, name=name, limit=limit)
        total = t.writes.refused_count()
    if as_json:
        print_json({"stopped": lanes, "refused": found, "total": total})
        return
    for lane in lanes:
        _tell_lane(lane)
    if not found:
        click.echo(
            "no record is refused" if not (name or code) else "no refused record like that"
        )
        return
    if lanes:
        click.echo()
    rows = [
        (
            each.record.object,
            each.record.id,
            shown(each.since),
            each.error_code,
            _short(each.message),
        )
        for each in found
    ]
    print_table(["object", "record", "since", "code", "Salesforce says"], rows)
    if not (name or code) and total > len(found):
        click.echo(f"and {total - len(found)} more: see --limit")


@refused.command()
@click.argument("record_id")
@json_option
def show(record_id: str, *, as_json: bool) -> None:
    r"""
    Show what was refused of a record, why, and every answer about it.

    \b
    Example:
      connector refused show 003000000000001AAA
    """
    record_id = _id(record_id)
    with opened(Settings.from_environment()) as store, store.transaction(reads=True) as t:
        found = t.writes.refused(record_id=record_id, limit=1)
        writes = t.writes.of_record(record_id, limit=_MOST_WRITES)
        lanes = t.writes.stopped_lanes()
    if not found:
        raise ConnectorError(_not_refused(record_id))
    (one,) = found
    lane = next((lane for lane in lanes if lane.object == one.record.object), None)
    if as_json:
        print_json({"refused": one, "writes": writes, "stopped": lane})
        return
    if lane:
        _tell_lane(lane)
    _tell(one)
    for write in writes:
        _tell_write(write)


@refused.command()
@click.argument("record_ids", nargs=-1, metavar="[RECORD-ID]...")
@_object_option
@_code_option
@click.option("--all", "everything", is_flag=True, help="All of them.")
@json_option
def retry(
    record_ids: tuple[str, ...], name: str, code: str, *, everything: bool, as_json: bool
) -> None:
    r"""
    Try refused records again with what they should show now; start stopped objects.

    A running worker writes them. Exit code 1: there was nothing to try.

    \b
    Examples:
      connector refused retry 003000000000001AAA
      connector refused retry --code FIELD_CUSTOM_VALIDATION_EXCEPTION
      connector refused retry --all
    """
    if not (record_ids or name or code or everything):
        raise ConfigurationError("say which: record ids, --object, --code or --all")
    if everything and (record_ids or name or code):
        raise ConfigurationError("--all is for all of them: leave it or the others out")
    wanted = [_id(each) for each in record_ids]
    with opened(Settings.from_environment()) as store:
        with store.transaction(reads=True) as transaction:
            for each in wanted:
                if not transaction.writes.refused(record_id=each, limit=1):
                    raise ConnectorError(_not_refused(each))
        report = try_again(store, Choice(record_ids=wanted, error_code=code, object=name))
    if not (report.records or report.lanes):
        raise ConnectorError("nothing like that is refused; see `connector refused list`")
    if as_json:
        print_json(report)
        return
    noun = "record" if report.records == 1 else "records"
    click.echo(f"{report.records} {noun} to be written again")
    for started in report.lanes:
        click.echo(f"started {started}")


def _id(text: str) -> str:
    if not names_record(text):
        raise ConfigurationError(f"{text}: a record id has 15 or 18 letters and digits")
    return long_id(text)


def _not_refused(record_id: str) -> str:
    return f"nothing of {record_id} is refused; try `connector explain {record_id}`"


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST_TOLD else f"{line[: _LONGEST_TOLD - 1]}…"


def _tell_lane(lane: StoppedLane) -> None:
    what = f"opt-outs of {lane.object}" if lane.urgent else lane.object
    click.echo(
        f"STOPPED {what} since {shown(lane.since)}, next try {shown(lane.retry_at)}:"
        f" {lane.error_code} {lane.message}".rstrip()
    )


def _tell(one: Refused) -> None:
    click.echo(f"{one.record.object} {one.record.id}, refused since {shown(one.since)} UTC")
    click.echo(f"  code     {one.error_code}")
    click.echo(f"  says     {one.message}")
    if one.error_fields:
        click.echo(f"  about    {one.error_fields}")
    click.echo("  refused")
    for line in _fields(one.fields):
        click.echo(f"    {line}")


def _tell_write(write: Write) -> None:
    names = ", ".join(write.fields)
    answer = f"{write.verdict} {write.error_code}".rstrip()
    click.echo(f"  {shown(write.at)}  {answer}: {names}")


def _fields(fields: Mapping[str, FieldValue]) -> list[str]:
    return [
        f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()
    ]
