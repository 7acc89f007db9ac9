"""Gateways are found by looking, and named nowhere but in their own module."""

import ast
import re
from pathlib import Path

import pytest

import connector
from connector import gateways
from connector.domain.errors import ConfigurationError


SOURCES = Path(connector.__file__).parent
NAMES = list(gateways.installed())
#: A demonstration has to play some gateway.
DEMONSTRATIONS = re.compile(r"\bdemo\b|/demo[/_.]")
#: Too common a word to be looked for inside others.
WHOLE_WORDS = {"generic"}
#: Where a gateway has a module of its own: one reads it, one imitates it, one blocks numbers.
HOMES = (
    SOURCES / "gateways",
    SOURCES / "gateways" / "imitation",
    SOURCES / "block_lists",
    SOURCES / "message_apis",
)
#: A way to sign that has the name in its own words.
SCHEMES = {"sigv4"}
OTHERS = [
    path
    for path in sorted(SOURCES.rglob("*.py"))
    if path.stem not in SCHEMES
    if path.stem not in NAMES or path.parent not in HOMES
    if not DEMONSTRATIONS.search(path.relative_to(SOURCES.parent).as_posix())
]


def words(path):
    """Every name, import and text of a module but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # A text that stands alone is a docstring.
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) in docstrings:
            continue
        for value in (getattr(node, each, None) for each in ("id", "attr", "name", "module")):
            if isinstance(value, str):
                yield value
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_word(name, text):
    return re.search(rf"(?<![a-z]){name}(?![a-z])", text) is not None


def names_in(path):
    found = set()
    for word in words(path):
        last = word.rpartition(".")[2]
        found |= {
            name
            for name in NAMES
            if (last == name if name in WHOLE_WORDS else is_word(name, word.lower()))
        }
    return found


def test_every_gateway_is_found_under_the_name_of_its_module():
    modules = {path.stem for path in (SOURCES / "gateways").glob("*.py")}

    assert {"generic", "kannel", "twilio"} <= set(NAMES) <= modules
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_gateway_is_named_in_its_own_module_only(path):
    assert names_in(path) == set()


def test_the_search_for_names_finds_one():
    assert names_in(SOURCES / "gateways" / "kannel.py") == {"kannel"}


def test_a_misspelt_name_is_told_with_the_nearest():
    with pytest.raises(ConfigurationError, match="'Twillio'; did you mean 'twilio'"):
        gateways.find("Twillio")


def test_a_name_like_no_other_is_told_with_all():
    with pytest.raises(ConfigurationError, match=r"known are .*generic, .*kannel, "):
        gateways.find("pigeon")


@pytest.mark.parametrize("name", NAMES)
class TestGateway:
    def test_says_what_an_operator_wants_to_know(self, name):
        gateway = gateways.find(name)

        facts = (
            *(gateway.title, gateway.docs, gateway.signs, gateway.retries),
            *(gateway.outage_costs, gateway.cannot_tell, *gateway.reads, *gateway.setup),
        )
        assert all(facts)
        assert gateway.docs.startswith("https://")
        assert set(gateway.reads) <= {"delivery", "opt-outs", "replies", "clicks"}

    def test_can_be_trusted(self, name):
        gateway = gateways.find(name)

        assert gateway.secrets
        assert set(gateway.methods) <= {"GET", "POST"}

    def test_keeps_what_rides_along(self, name):
        assert {"ref", "campaign"} <= set(gateways.find(name).keeps)

    def test_hides_the_secrets_of_its_address(self, name):
        gateway = gateways.find(name)

        placed = set(re.findall(r"[?&](\w+)=<(?:token|secret|password)>", gateway.address))
        assert placed <= set(gateway.hides)

    def test_is_thanked_with_success(self, name):
        assert gateways.find(name).reply.status in {200, 202, 204}

    def test_names_the_account_in_its_address(self, name):
        address = gateways.find(name).callback_url("https://sms.example.org/", "europe")

        assert address.startswith(f"https://sms.example.org/callbacks/{name}/europe?")
