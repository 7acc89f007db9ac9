"""Whether the commands that a page names exist, with the options that it gives them."""

import functools
import importlib.util
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from connector.cli import root
from tests.documentation.page import Page


ROOT = Path(__file__).parents[2]
TARGETS = frozenset(
    re.findall(r"^([a-z]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)

#: Where a shell begins a command: a line, what follows an operator, what another one starts.
_STARTS = (
    r"(?:^|[|;&(]\s*|-- |docker exec (?:-\S+ )*\S+\s+"
    r"|(?<!docker )\b(?:exec|sudo|env|run --rm \w+|nohup)\s+)"
    r"(?:[A-Z_]+=\S*\s+)*"
)
_CONNECTOR = re.compile(_STARTS + r"(?:[\w./-]*/)?connector((?:\s+[^|;&>#)]+)?)")
_MAKE = re.compile(_STARTS + r"make((?:\s+[^|;&>#)]+)?)")
_MODULE = re.compile(r"\bpython3? -m ([\w.]+)")
_WORD = re.compile(r"[a-z][a-z-]*")


def faults(page: Page) -> Iterator[str]:
    """What is wrong with the commands of a page, a line for each."""
    for line in [*page.typed, *page.spans]:
        yield from (f"`{line}`: {fault}" for fault in _in_line(line))
    for span in page.spans:
        if re.fullmatch(r"--[a-z-]+", span) and span not in _options():
            yield f"`{span}`: no command of ours has it"


def _in_line(line: str) -> Iterator[str]:
    yield from filter(None, (_of_ours(_split(words)) for words in _CONNECTOR.findall(line)))
    for words in _MAKE.findall(line):
        target = next(iter(_split(words)), "")
        if _WORD.fullmatch(target) and target not in TARGETS:
            yield f"make has no {target}"
    for name in _MODULE.findall(line):
        if importlib.util.find_spec(name) is None:
            yield f"there is no module {name}"


def _of_ours(words: Sequence[str]) -> str:
    command: click.Command = root
    context = click.Context(root, info_name="connector")
    waiting = iter(words)
    for word in waiting:
        if word.startswith("--"):
            fault = _option(command, word, waiting)
            if fault:
                return f"{context.command_path} {fault}"
        elif isinstance(command, click.Group):
            if not _WORD.fullmatch(word):
                return ""  # a place to fill in, or what the program printed
            child = command.get_command(context, word)
            if child is None:
                return f"{context.command_path} has no command {word}"
            context = click.Context(child, info_name=word, parent=context)
            command = child
    return ""


def _option(command: click.Command, word: str, following: Iterator[str]) -> str:
    name, given, value = word.partition("=")
    if name in {"--help", "--version"}:
        return ""
    for each in command.params:
        if isinstance(each, click.Option) and name in [*each.opts, *each.secondary_opts]:
            if each.is_flag:
                return ""
            value = value if given else next(following, "")
            choices = each.type.choices if isinstance(each.type, click.Choice) else ()
            known = not choices or value in choices or not _WORD.fullmatch(value)
            return "" if known else f"{name} is one of {', '.join(choices)}, not {value}"
    return f"has no option {name}"


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


@functools.cache
def _options() -> frozenset[str]:
    return frozenset(_all_options(root, click.Context(root, info_name="connector")))


def _all_options(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from ("--help", "--version")
    for each in command.params:
        yield from (*each.opts, *each.secondary_opts)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _all_options(child, click.Context(child, parent=context))
