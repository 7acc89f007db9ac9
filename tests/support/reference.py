"""
Writes the reference pages of docs/ from the code: `make docs`.

A test compares them with the files, so that no page is out of date.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from connector import gateways
from connector.cli import root
from tests.support import (
    block_lists,
    doctor,
    fact_pages,
    gateway_pages,
    message_apis,
    salesforce,
    setting_pages,
)


DOCS = Path(__file__).parents[2] / "docs"


def pages() -> dict[Path, str]:
    """Each page with what it should hold."""
    return {
        setting_pages.PAGE: setting_pages.page(table),
        DOCS / "commands.md": commands_page(),
        DOCS / "gateways.md": gateways_page(),
        fact_pages.PAGE: fact_pages.page(table),
        block_lists.PAGE: block_lists.page(table),
        message_apis.PAGE: message_apis.page(table),
        salesforce.PAGE: salesforce.page(),
        doctor.PAGE: doctor.page(),
        **gateway_pages.pages(table),
    }


def commands_page() -> str:
    context = click.Context(root, info_name="connector", max_content_width=90)
    return page(
        "Commands",
        "Exit code 0 says that all is well, 1 that something was found or failed, "
        "2 that something must be changed before calling again.",
        *sections(root, context),
    )


def sections(command: click.Command, context: click.Context) -> Iterable[str]:
    yield f"## {context.command_path}" if context.parent else "## connector"
    yield f"```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            inner = click.Context(child, info_name=name, parent=context, max_content_width=90)
            yield from sections(child, inner)


def gateways_page() -> str:
    rows = [
        (
            code(each.name),
            f"[{each.title}](gateways/{each.name}.md)",
            each.signs,
            each.retries,
            each.cannot_tell,
        )
        for each in gateways.installed().values()
    ]
    return page(
        "Gateways",
        "The page of each says what to set up there, step by step, what its words and codes "
        "mean, and which troubles are known. `connector gateways show NAME` tells the most of "
        "it in a terminal, and `connector gateways url NAME` the address to enter at the "
        "gateway.",
        table(["name", "gateway", "how we know it is them", "repeats", "cannot tell"], rows),
    )


def page(title: str, *blocks: str) -> str:
    comment = "<!-- Written by `make docs` from the code: change it there. -->"
    return "\n\n".join([f"# {title}", comment, *blocks]) + "\n"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def write() -> None:
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    salesforce.write_project()


if __name__ == "__main__":
    write()
