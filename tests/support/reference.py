"""
Writes the reference pages of docs/ from the code: `make docs`.

A test compares them with the files, so that no page is out of date.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from connector import gateways, mapping
from connector.cli import root
from connector.settings import ADDRESSES, REGION, declared, secret_name
from connector.settings.declaration import GATEWAY_PREFIX
from tests.support import block_lists, doctor, gateway_pages, message_apis, salesforce


DOCS = Path(__file__).parents[2] / "docs"


def pages() -> dict[Path, str]:
    """Each page with what it should hold."""
    return {
        DOCS / "settings.md": settings_page(),
        DOCS / "commands.md": commands_page(),
        DOCS / "gateways.md": gateways_page(),
        DOCS / "facts.md": facts_page(),
        block_lists.PAGE: block_lists.page(table),
        message_apis.PAGE: message_apis.page(table),
        salesforce.PAGE: salesforce.page(),
        doctor.PAGE: doctor.page(),
        **gateway_pages.pages(table),
    }


def settings_page() -> str:
    rows = [
        (code(each.name), each.kind.words, code(each.default), each.help) for each in declared()
    ]
    secrets = ", ".join(code(each.name) for each in declared() if each.kind.secret)
    return page(
        "Settings",
        "Every setting is an environment variable, read once at the start. A name that is not "
        "listed here is an error, so that a misspelt one does not go unnoticed. "
        "`connector config show` prints what is set and from where, `connector config check` "
        "whether the service could work with it.",
        table(["name", "value", "default", "what it does"], rows),
        f"Secrets ({secrets} and those of the gateways) may stand in a file instead, which the "
        "same name with `_FILE` names. Nobody but the user of the service may read that file. "
        "Setting both is an error.",
        "## Gateways",
        "`CONNECTOR_GATEWAY_<NAME>_<KEY>` is a secret of a gateway. A second one, "
        "`CONNECTOR_GATEWAY_<NAME>_<KEY>_PREVIOUS`, is valid too while it is being changed. "
        "`CONNECTOR_GATEWAY_<NAME>__<ACCOUNT>_<KEY>` "
        "belongs to callbacks at `/callbacks/<name>/<account>`; an account `eu-west` is "
        "written `EU_WEST`.",
        "Each of these accounts may have options, which are no secrets, by the same rule. An "
        "account has its own: none is passed on from the account without a name.",
        table(
            ["name", "value", "what it does"],
            [
                (code(f"{GATEWAY_PREFIX}<NAME>_{each.word}"), each.kind.words, each.help)
                for each in (REGION, ADDRESSES)
            ],
        ),
        "The address of a caller is that of the connection. Only where it is one of "
        "`CONNECTOR_TRUSTED_PROXIES`, the nearest address in `X-Forwarded-For` that is none of "
        "them counts; `Forwarded` is not read. A caller whose address cannot be told is kept "
        "out.",
        table(
            ["gateway", "names"],
            [
                (
                    code(gateway.name),
                    "<br>".join(
                        code(secret_name(gateway.name, "", key)) for key in gateway.secrets
                    ),
                )
                for gateway in gateways.installed().values()
            ],
        ),
        "## Block lists",
        "`CONNECTOR_BLOCK_LIST_<GATEWAY>_<KEY>` belongs to the list of opt-outs that a gateway "
        "keeps itself; [block-lists.md](block-lists.md) has all of them.",
        "## Message APIs",
        "`CONNECTOR_MESSAGE_API_<GATEWAY>_<KEY>` belongs to the API that a gateway is asked by "
        "for what no callback told; [reconcile.md](reconcile.md) has all of them.",
    )


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


def facts_page() -> str:
    rows = [(code(each.name), each.kind, each.describe) for each in mapping.FACTS.values()]
    return page(
        "Facts",
        "What a mapping file may put into a Salesforce field. The list is closed: a mapping is "
        "data, never code.",
        table(["fact", "kind", "what it is"], rows),
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
