"""The documentation: its reference pages say what the code says, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from connector import block_lists, gateways, mapping, message_apis
from connector.cli import found_commands
from connector.settings import block_list_name, declared, message_api_name
from tests.support import reference


ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_a_reference_page_is_as_the_code_says(path):
    assert path.read_text("utf-8") == reference.pages()[path], "run `make docs`"


@pytest.mark.parametrize(
    "name,page",
    [
        *((each.name, "settings.md") for each in declared()),
        *((f"connector {name}", "commands.md") for name in found_commands()),
        *((name, "gateways.md") for name in gateways.installed()),
        *((name, "facts.md") for name in mapping.FACTS),
    ],
)
def test_is_documented(name, page):
    assert name in (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)

    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_that_a_page_names_exist(path):
    known = {each.name for each in declared()}
    known |= {f"{each.name}_FILE" for each in declared() if each.kind.secret}
    known |= {
        block_list_name(gateway, "", key.name)
        for gateway, kind in block_lists.installed().items()
        for key in kind.keys
    }
    known |= {
        message_api_name(gateway, "", key.name)
        for gateway, kind in message_apis.installed().items()
        for key in kind.keys
    }
    named = set(
        re.findall(r"\bCONNECTOR_(?!GATEWAY_|TEST_)[A-Z][A-Z_]*[A-Z]\b", path.read_text())
    )

    assert named <= known


def test_the_gateways_of_the_readme_are_the_installed_ones():
    text = (ROOT / "README.md").read_text("utf-8")
    table = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", text, flags=re.MULTILINE)

    assert table == [
        (name, gateway.title, ", ".join(gateway.reads))
        for name, gateway in gateways.installed().items()
    ]
