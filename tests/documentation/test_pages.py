"""Every page can be found, and every answer says what to call."""

import re
from pathlib import Path

import pytest

from tests.documentation.page import Page


ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def sections(page, heading):
    text = (DOCS / page).read_text("utf-8")
    found = rf"^### ({heading})\n(.*?)(?=^##|\Z)"
    return dict(re.findall(found, text, flags=re.MULTILINE | re.DOTALL))


SECTIONS = sections("faq.md", ".+?")
ALERTS = sections("operations.md", r"Connector\w+")


def linked(path):
    page = Page(path, path.read_text("utf-8"))
    return {(path.parent / each.partition("#")[0]).resolve() for each in page.links}


def test_every_page_is_in_the_index_or_in_the_readme():
    known = linked(DOCS / "README.md") | linked(ROOT / "README.md")

    assert {path for path in DOCS.rglob("*.md") if path.parent != DOCS / "gateways"} <= (
        known | {DOCS / "README.md"}
    )


def test_the_readme_begins_with_the_two_commands():
    page = Page(ROOT / "README.md", (ROOT / "README.md").read_text("utf-8"))

    assert [line.split("#")[0].strip() for line in page.typed[:2]] == ["make demo", "make test"]
    assert page.text.count("\n") < 150


@pytest.mark.parametrize("question", SECTIONS)
def test_an_answer_names_the_command_to_run(question):
    page = Page(DOCS / "faq.md", SECTIONS[question])

    assert any(line.startswith("connector ") for line in [*page.spans, *page.typed])


@pytest.mark.parametrize("alert", ALERTS)
def test_what_an_alert_means_comes_with_something_to_do(alert):
    page = Page(DOCS / "operations.md", ALERTS[alert])

    points = [
        span
        for span in page.spans
        if span.startswith(("connector ", "CONNECTOR_", "/readyz", "smsconn_"))
    ]
    assert points or page.links
    assert len(page.prose.split()) >= 15
