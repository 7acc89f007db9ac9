"""The documentation: its reference pages say what the code says, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from connector import gateways, mapping
from connector.cli import found_commands
from connector.settings import declared
from tests.documentation import commands, links, names
from tests.documentation.page import Page
from tests.support import reference


ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
)
#: Options of other programs, and a mistake that a page shows.
SAID_ON_PURPOSE = {
    "`--on-behalf-of`: no command of ours has it",
    "`--replay`: no command of ours has it",
    "`--env-file`: no command of ours has it",
    "delivery.statos: no fact, and no event of the log",
    "SMS_Status__c: neither a field nor an object of the set-up",
}


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
@pytest.mark.parametrize("of", [links, commands, names], ids=["links", "commands", "names"])
def test_what_a_page_claims_is_so(path, of):
    page = Page(path, path.read_text("utf-8"))

    assert [each for each in of.faults(page) if each not in SAID_ON_PURPOSE] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_row_of_a_table_is_longer_than_another(path):
    tables = Page(path, path.read_text("utf-8")).tables

    assert [rows for rows in tables if len(set(rows)) > 1] == []


def test_the_gateways_of_the_readme_are_the_installed_ones():
    text = (ROOT / "README.md").read_text("utf-8")
    table = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", text, flags=re.MULTILINE)

    assert table == [
        (name, gateway.title, ", ".join(gateway.reads))
        for name, gateway in gateways.installed().items()
    ]
