"""Asking a person at the terminal; a script is told which option to give instead."""

import sys
import textwrap
from collections.abc import Callable

import click

from connector.domain.errors import ConfigurationError


WIDTH = 80


def is_asked() -> bool:
    """Whether somebody sits there who can answer."""
    return sys.stdin.isatty()


def ask(
    question: str,
    *,
    default: str = "",
    secret: bool = False,
    read: Callable[[str], str] = str.strip,
) -> str:
    """An answer that is not empty, as `read` understands it."""
    while True:
        given = click.prompt(
            question, default=default or None, hide_input=secret, type=str, err=True
        )
        try:
            if answer := read(given):
                return answer
        except ConfigurationError as error:
            click.echo(str(error), err=True)


def must_give(missing: dict[str, str]) -> None:
    """Raise for a script that did not give these options, by option and what it is."""
    if missing:
        raise ConfigurationError(
            "\n".join(f"say {option}: {what}" for option, what in missing.items())
        )


def paragraph(text: str, *, label: str = "", hanging: int = 4) -> str:
    """A text of at most 80 columns behind a label; addresses and paths are never broken."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=label.ljust(hanging),
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
