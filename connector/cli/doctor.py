"""`connector setup doctor`: a line for each check, then the cure of what is not ok."""

import contextlib
import dataclasses
import functools
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from connector.cli.opening import opened
from connector.cli.printing import json_option, print_json
from connector.cli.setup_options import parts_option
from connector.clock import system_clock
from connector.domain.errors import ConnectorError
from connector.footprint import Footprint
from connector.settings import Settings
from connector.setup.binding import bound_org
from connector.setup.doctor import Check, DoctorContext, Finding, Level, diagnose
from connector.wiring.local import read_mappings
from connector.wiring.org import open_org


_WIDTH = 80
_CHECK_WIDTH, _LEVEL_WIDTH = 14, 9
_COLOURS = {Level.BROKEN: "red", Level.WARNING: "yellow", Level.OK: "green"}
_SHOWN = {Level.BROKEN: "BROKEN"}
_CANNOT_RUN = "settings"


@click.command("doctor")
@parts_option
@click.option(
    "--env",
    "env_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An administrator's salesforce.env, for what the connector's user may not ask.",
)
@click.option(
    "--write-test",
    metavar="RECORD-ID",
    default="",
    help="Write to this record what it holds already.",
)
@json_option
def doctor_command(
    *, wanted: Footprint, env_file: Path | None, write_test: str, as_json: bool
) -> None:
    r"""
    Look at everything that makes the connection to Salesforce fail in practice.

    A line for each check; then, for each that is not ok, what to do and where to click. Nothing
    is changed, in the org or here. With --write-test one record is written the values that it
    has: that shows flows and rules that refuse, and starts them.

    Exit code 0: all is well, or there are warnings only. 1: something is broken. 2: it cannot
    run, because a setting is missing. More on each finding is in docs/doctor.md.

    \b
    Examples:
      connector setup doctor
      connector setup doctor --env salesforce/admin.env
      connector setup doctor --write-test 003000000000001AAA
    """
    context = _context(Settings.from_environment(), wanted, env_file, write_test)
    try:
        found = []
        for check, findings in diagnose(context):
            found += findings
            if not as_json:
                click.echo(_line(check, findings))
    finally:
        context.close()
    if as_json:
        print_json({"summary": _counts(found), "findings": found})
    else:
        _tell(found)
    sys.exit(_exit_code(found))


def _context(
    settings: Settings, wanted: Footprint, env_file: Path | None, write_test: str
) -> DoctorContext:
    # Without the guard: that it is another org is for the doctor to say.
    unguarded = dataclasses.replace(settings, salesforce_org_id="")
    admin = Settings.from_file(env_file) if env_file else None
    if admin:
        admin.require_salesforce()
    return DoctorContext(
        settings=settings,
        open_org=functools.partial(open_org, unguarded),
        open_asker=functools.partial(open_org, admin) if admin else None,
        read_mappings=functools.partial(read_mappings, settings),
        footprint=wanted,
        clock=system_clock,
        bound_org=_bound(settings),
        write_test=write_test,
    )


def _bound(settings: Settings) -> str:
    """The org that the database belongs to; empty where there is no database to ask yet."""
    with contextlib.suppress(ConnectorError), opened(settings) as store:
        return bound_org(store)
    return ""


def _line(check: Check, findings: Sequence[Finding]) -> str:
    level = _worst(findings)
    said = [each for each in findings if each.level is level]
    text = said[0].what
    if len(said) > 1:
        text = f"{len(said)} things, see below"
        if level is Level.OK:
            text = "; ".join(each.what for each in said)
    head = f"{_mark(level)}{check.name:<{_CHECK_WIDTH}}"
    room = _WIDTH - _LEVEL_WIDTH - _CHECK_WIDTH
    return head + textwrap.shorten(text, room, placeholder=" ...")


def _mark(level: Level) -> str:
    word = f"{_SHOWN.get(level, level.value):<{_LEVEL_WIDTH}}"
    return click.style(word, fg=_COLOURS[level]) if level in _COLOURS else word


def _tell(found: Sequence[Finding]) -> None:
    for (name, cure, where), same in _grouped(found).items():
        click.echo()
        mark = _mark(same[0].level)
        for each in same:
            click.echo(mark + _folded(f"{each.check}: {each.what}", _LEVEL_WIDTH))
            mark = " " * _LEVEL_WIDTH
        for word, text in (("do", cure), ("click", where), ("more", f"docs/doctor.md#{name}")):
            if text:
                label = " " * _LEVEL_WIDTH + f"{word:<7}"
                click.echo(label + _folded(text, len(label)))
    counts = _counts(found)
    click.echo()
    click.echo(", ".join(f"{number} {word}" for word, number in counts.items() if number))


def _grouped(found: Sequence[Finding]) -> Mapping[tuple[str, str, str], list[Finding]]:
    """What needs the same to be done, together; the worst first."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for each in sorted(found, key=lambda finding: -finding.level.weight):
        if each.level in (Level.BROKEN, Level.WARNING):
            groups.setdefault((each.name, each.cure, each.where), []).append(each)
    return groups


def _folded(text: str, indent: int) -> str:
    lines = textwrap.wrap(text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many checks ended so."""
    worst = {name: _worst(findings) for name, findings in _by_check(found)}
    return {level.value: list(worst.values()).count(level) for level in Level}


def _by_check(found: Sequence[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    for name in dict.fromkeys(each.check for each in found):
        yield name, [each for each in found if each.check == name]


def _worst(findings: Sequence[Finding]) -> Level:
    return max((each.level for each in findings), key=lambda level: level.weight)


def _exit_code(found: Sequence[Finding]) -> int:
    broken = {each.check for each in found if each.level is Level.BROKEN}
    if _CANNOT_RUN in broken:
        return 2
    return 1 if broken else 0
