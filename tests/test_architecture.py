"""The shape of the code: layers, libraries of one package, modules short enough to read."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import gateways


ROOT = Path(__file__).parents[1] / "connector"
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE = 300

#: From the bottom up; a package uses those of lower layers only, never its neighbours.
LAYERS = [
    {"domain"},
    {"clock"},
    {"rest"},
    {
        "block_lists",
        "fetch",
        "footprint",
        "gateways",
        "heartbeat",
        "notify",
        "progress",
        "mapping",
        "store",
        "salesforce",
        "phones",
        "quiet_hours",
        "settings",
        "logs",
    },
    {"message_apis"},
    {"pipeline", "setup"},
    {"traces"},
    {"wiring"},
    {"web", "worker", "emulator"},
    {"demo"},
    {"cli"},
    {"__main__"},
]

#: A library is known to these packages only.
CONFINED = {
    "a2wsgi": {"web"},
    "alembic": {"store"},
    "apscheduler": {"worker"},
    "click": {"cli"},
    "cryptography": {"salesforce", "setup", "emulator", "gateways"},
    "flask": {"web", "emulator"},
    "granian": {"web", "cli"},
    "jwt": {"salesforce", "emulator"},
    "opentelemetry": {"traces"},
    "phonenumbers": {"phones", "quiet_hours"},
    "prometheus_client": {"web"},
    "psycopg": {"store"},
    "requests": {"rest", "fetch", "salesforce", "emulator", "wiring"},
    "rich": {"cli"},
    "simple_salesforce": {"salesforce"},
    "sqlalchemy": {"store"},
    "werkzeug": {"web", "emulator"},
    "yaml": {"mapping"},
}

#: Names that say nothing: what such a module holds has a place where it belongs.
NO_NAMES = {"common", "helpers", "managers", "misc", "util", "utils"}


def package(path: Path) -> str:
    """What stands in LAYERS for a module."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def level(name: str) -> int:
    found = [number for number, layer in enumerate(LAYERS) if name in layer]
    assert found, f"give {name} a layer"
    return found[0]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[list[str]]:
    """What a module imports, as the parts of each dotted name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name.split(".") for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")
            yield from ([*module, each.name] for each in node.names)


def named(path: Path) -> set[str]:
    """The whole texts that a module has as constants."""
    constants = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    def test_uses_only_lower_layers(self, path):
        for first, *rest in imports(path):
            if first == "connector" and rest and rest[0] != package(path):
                own, other = level(package(path)), level(rest[0])
                assert other < own, f"{package(path)} must not use {rest[0]}"

    def test_leaves_libraries_to_their_package(self, path):
        for first, *_ in imports(path):
            assert package(path) in CONFINED.get(first, {package(path)}), f"{first} here"

    def test_is_short_enough_to_read(self, path):
        lines = len(path.read_text("utf-8").splitlines())

        assert lines <= LONGEST_MODULE

    def test_has_a_name_that_says_something(self, path):
        assert path.stem not in NO_NAMES


@pytest.mark.parametrize(
    "path", sorted((ROOT / "emulator").rglob("*.py")), ids=lambda path: str(path.name)
)
def test_the_emulated_org_uses_nothing_of_the_connector(path):
    others = [name for first, *name in imports(path) if first == "connector"]

    assert all(name and name[0] == "emulator" for name in others)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if package(path) not in {"block_lists", "message_apis", "gateways", "cli", "emulator"}
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_other_package_names_a_gateway(path):
    assert not named(path) & set(gateways.installed())
