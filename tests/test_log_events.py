"""Every event of the log has a fixed name, and a line in the operator's table."""

import ast
import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")


def events():
    """The name of each event by the place where it is logged."""
    for path in sorted((ROOT / "connector").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and is_log_call(node):
                names = [name for each in node.args for name in texts(each)]
                yield f"{path.relative_to(ROOT)}:{node.lineno}", names


def is_log_call(node):
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def texts(node):
    """The constant texts of an argument, either branch of a condition."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if is_text else []


FOUND = dict(events())


def test_events_are_found():
    assert len(FOUND) > 40


@pytest.mark.parametrize("place", FOUND)
def test_a_log_call_names_its_event(place):
    assert FOUND[place], "the event's name has to stand there as it is"
    assert all(NAME.fullmatch(name) for name in FOUND[place])


@pytest.mark.parametrize("name", sorted({name for names in FOUND.values() for name in names}))
def test_an_event_is_in_the_operators_table(name):
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")

    assert f"`{name}`" in page
