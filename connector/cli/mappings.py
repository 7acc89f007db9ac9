"""The mappings: which facts go to which fields, whether they are right, and trying one."""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from connector import mapping
from connector.cli.callback_file import read_callback
from connector.cli.mapping_report import FileReport, look
from connector.cli.mappings_new import new_mapping
from connector.cli.printing import json_option, print_json, print_table
from connector.domain.records import FieldValue
from connector.gateways import find
from connector.pipeline.mapping_trial import trials
from connector.settings import Settings
from connector.setup.existence import existing_fields
from connector.wiring.local import phone_reader, read_mappings
from connector.wiring.org import open_org


@click.group()
def mappings() -> None:
    r"""
    List, check, try and propose mappings: files that say which fact goes to which field.

    Those in use lie in CONNECTOR_MAPPINGS, else they are the ones shipped with the service.

    \b
    Example:
      connector mappings list
    """


mappings.add_command(new_mapping)


@mappings.command("list")
@click.option("--facts", is_flag=True, help="List what a mapping may name instead.")
@json_option
def list_all(*, facts: bool, as_json: bool) -> None:
    r"""
    List the mappings in use, or every fact with --facts.

    \b
    Examples:
      connector mappings list
      connector mappings list --facts
    """
    if facts:
        _list_facts(as_json=as_json)
        return
    in_use = read_mappings(Settings.from_environment()).values()
    if as_json:
        print_json([_facts_of(each) for each in in_use])
        return
    for each in in_use:
        click.echo(f"{each.object}: {len(each.fields)} fields")
        for label, text in _found_by(each):
            click.echo(f"  {label:7}  {text}")
        click.echo(f"  file     {each.path}")


@mappings.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--org", "with_org", is_flag=True, help="Compare with the fields in Salesforce.")
@json_option
def check(paths: tuple[Path, ...], *, with_org: bool, as_json: bool) -> None:
    r"""
    Check files, or folders of them; else those in use.

    With --org, each field is looked up in Salesforce: whether it is there, may be written, and
    holds what it gets. Exit code 2: change something. Exit code 1: only doubts.

    \b
    Examples:
      connector mappings check mappings/contact.yaml
      connector mappings check --org
    """
    files = [file for path in paths or (_folder(),) for file in _files(path)]
    if with_org:
        with open_org(Settings.from_environment()) as org:
            reports = look(files, org.describe, functools.partial(existing_fields, org))
    else:
        reports = look(files)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            _tell(report)
    if any(report.problems for report in reports):
        sys.exit(2)
    if any(report.doubts for report in reports):
        sys.exit(1)


@mappings.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--callback", "request", required=True, metavar="FILE", help="The callback.")
@click.option("--gateway", "name", required=True, metavar="NAME", help="Whose callback it is.")
@click.option("--at", default="", metavar="TIME", help="The moment of receipt; else now.")
@json_option
def test(files: tuple[Path, ...], *, request: str, name: str, at: str, as_json: bool) -> None:
    r"""
    Show the fields that a callback would write.

    Nothing is kept, and no signature is checked. The callback file is one of `connector
    gateways read`. Without mapping files, those in use are tried. Exit code 1: nothing would be
    written, or a part cannot be read.

    \b
    Example:
      connector mappings test mappings/contact.yaml --gateway kannel \
        --callback callback.json
    """
    gateway = find(name)
    chosen = mapping.load_files(list(files) or mapping.files(_folder()))
    callback = read_callback(gateway, request, at, "")
    found, fault = trials(callback, gateway, phone_reader(Settings.from_environment()))
    written = [
        (trial.about, each.object, fields)
        for trial in found
        for each in chosen.values()
        if (fields := trial.fields(each))
    ]
    if as_json:
        print_json([{"about": a, "object": o, "fields": f} for a, o, f in written])
    else:
        for about, of_object, fields in written:
            click.echo(f"{about}: {of_object}")
            print_table(
                ["  field", "value"], [(f"  {k}", _shown(v)) for k, v in fields.items()]
            )
    if fault or not written:
        click.echo(f"connector: {fault or 'nothing would be written'}", err=True)
        sys.exit(1)


def _folder() -> Path:
    return Settings.from_environment().mappings or mapping.packaged()


def _files(path: Path) -> list[Path]:
    return mapping.files(path) if path.is_dir() else [path]


def _list_facts(*, as_json: bool) -> None:
    facts = mapping.FACTS.values()
    if as_json:
        print_json(
            [
                {
                    "name": fact.name,
                    "kind": fact.kind,
                    "says": fact.describe,
                    "values": fact.values,
                    "length": fact.longest or None,
                }
                for fact in facts
            ]
        )
        return
    for fact in facts:
        click.echo(f"{fact.name} ({fact.kind})")
        click.echo(f"  {fact.describe}")


def _found_by(each: mapping.Mapping) -> Iterator[tuple[str, str]]:
    """How its records are found."""
    if rule := each.message:
        how = "made" if rule.create else "looked for"
        yield "message", f"{rule.key} = {rule.value}, {how}"
        yield "of", ", ".join(rule.gateways) or "all gateways"
    elif each.of_member:
        yield "members", "looked for by campaign and person"
    else:
        yield "phones", ", ".join(each.phones) or "none"
        yield "holders", str(each.holders)


def _facts_of(each: mapping.Mapping) -> dict[str, object]:
    return {
        "object": each.object,
        "file": str(each.path),
        "phones": each.phones,
        "holders": each.holders,
        "message": each.message,
        "fields": {rule.field: rule.fact.name for rule in each.fields},
    }


def _tell(report: FileReport) -> None:
    for problem in report.problems:
        click.echo(f"change  {problem}")
    for doubt in report.doubts:
        click.echo(f"doubt   {doubt}")
    if not (report.problems or report.doubts):
        click.echo(f"ok      {report.file}: {report.object}, {report.fields} fields")


def _shown(value: FieldValue) -> str:
    if value is None:
        return "(cleared)"
    return str(value).lower() if isinstance(value, bool) else str(value)
