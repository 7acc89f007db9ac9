"""
The command line: one module for each noun, found by looking.

A module `xyz` of this package that defines `xyz` adds the command `connector xyz`. The first
line of its docstring is the short help, so that `connector --help` imports none of them.
"""

import ast
import functools
import importlib
import importlib.util
import pkgutil
import signal
import sys
from collections.abc import Iterator, Mapping
from importlib.abc import InspectLoader

import click

from connector.domain.errors import ConfigurationError, ConnectorError, OrgUnavailableError


#: What runs until SIGTERM: for these it is no failure, for the others work was left undone.
SERVICES = ("run", "web", "worker")


def main() -> None:
    """Run the command line; our own errors become a line each, bugs keep their traceback."""
    # From the first moment on: the first process of a container gets no signal without it.
    code = 0 if sys.argv[1:2] and sys.argv[1] in SERVICES else 128 + signal.SIGTERM
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
    try:
        root(prog_name="connector")
    except ConnectorError as error:
        for line in _told(error).splitlines():
            click.echo(f"connector: {line}", err=True)
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)


def _told(error: ConnectorError) -> str:
    """What is wrong; where that alone helps nobody, also what tells more."""
    hint = ": `connector setup doctor` finds out why"
    return f"{error}{hint if isinstance(error, OrgUnavailableError) else ''}"


class FoundCommands(click.Group):
    """A group whose commands are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, click's signature
        return sorted(found_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a command")
        _keep_lines(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Click would suggest from the commands that it has loaded: none.
            raise click.NoSuchCommand(
                error.command_name, possibilities=found_commands(), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, found_commands()[name]) for name in self.list_commands(ctx)]
            )


def _keep_lines(command: click.Command) -> None:
    r"""Docstrings write the mark before an example as \b, click wants the character itself."""
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        _keep_lines(each)


@functools.cache
def found_commands() -> Mapping[str, str]:
    """The short help of each command, read from the source of its module."""
    return dict(_look())


def _look() -> Iterator[tuple[str, str]]:
    for module in pkgutil.iter_modules(__path__):
        tree = ast.parse(_source(f"{__name__}.{module.name}"))
        if any(getattr(each, "name", "") == module.name for each in tree.body):
            summary, _, _ = (ast.get_docstring(tree) or "").partition("\n")
            yield module.name, summary


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    loader = spec.loader if spec else None
    return (loader.get_source(module) or "") if isinstance(loader, InspectLoader) else ""


@click.command(cls=FoundCommands)
@click.version_option(package_name="connector", message="%(prog)s %(version)s")
def root() -> None:
    """
    Bring what became of each text message home to Salesforce.

    Begin with `connector demo`. Settings are variables named CONNECTOR_...: see
    `connector config show`.
    """
