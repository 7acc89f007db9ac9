"""The command `connector` itself: finding commands, and how errors end."""

import importlib.metadata
import os
import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from connector.cli import found_commands, root


def connector_command(*arguments, **variables):
    """Run the command in a process of its own, with only these settings."""
    return subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def every_command():
    """The words of every command and group."""
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield [name]
        yield from ([name, each] for each in getattr(command, "commands", ()))


def test_tells_its_version():
    answer = CliRunner().invoke(root, ["--version"], prog_name="connector")

    assert answer.stdout == f"connector {importlib.metadata.version('connector')}\n"


def test_help_lists_each_command_with_the_first_line_of_its_module():
    answer = CliRunner().invoke(root, ["--help"])

    assert "config  " in answer.stdout
    for summary in found_commands().values():
        assert summary.split()[0] in answer.stdout


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_each_command_has_help_with_an_example(words):
    answer = CliRunner().invoke(root, [*words, "--help"])

    assert answer.exit_code == 0
    _, *examples = re.split(r"\n  Examples?:\n", answer.stdout)
    assert f"connector {words[0]}" in "".join(examples)


def test_help_imports_no_command():
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "connector", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr

    assert "connector.cli" in loaded
    assert not [name for name in ("sqlalchemy", "flask", "requests", "rich") if name in loaded]


def test_a_misspelt_command_is_told_with_the_nearest():
    answer = CliRunner().invoke(root, ["confg"])

    assert answer.exit_code == 2
    assert "Did you mean 'config'?" in answer.output


def test_what_the_operator_must_change_is_a_line_each_and_exit_code_2():
    answer = connector_command(
        "config", "show", CONNECTOR_LISTN="x", CONNECTOR_LOG_LEVEL="loud"
    )

    assert answer.returncode == 2
    assert answer.stderr.splitlines() == [
        "connector: CONNECTOR_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'",
        "connector: unknown setting CONNECTOR_LISTN; did you mean CONNECTOR_LISTEN?",
    ]


def test_a_reader_that_stops_reading_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as pipe:
        answer = subprocess.run(
            [sys.executable, "-m", "connector", "config", "show"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert answer.stderr == b""
