"""How commands print facts: a table for people, JSON for programs."""

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text


#: For every command that prints facts; its parameter is `as_json`.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

#: Wide enough that nothing is folded where a program reads on.
_PIPE_WIDTH = 10_000


def print_json(value: object) -> None:
    """Dataclasses become objects, times ISO 8601."""
    click.echo(json_text(value))


def json_text(value: object) -> str:
    """What `print_json` prints."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows of values below their titles; on a terminal long values fold."""
    table = Table(box=None, pad_edge=False)
    for title in columns:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
