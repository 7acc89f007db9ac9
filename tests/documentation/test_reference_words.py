"""Every setting and every fact is described, by an example that the service would take."""

import pytest

from connector import mapping
from connector.mapping import FactKind
from connector.settings import declared
from tests.support import fact_pages, setting_pages


DECLARED = {each.name: each for each in declared()}
TOLD = {each["name"]: each for theme in setting_pages.themes() for each in theme["settings"]}


def test_every_setting_has_a_theme():
    assert [theme["title"] for theme in setting_pages.themes()].count("More") == 0
    assert sorted(TOLD) == sorted(DECLARED)


@pytest.mark.parametrize("name", sorted(TOLD))
def test_the_example_of_a_setting_can_be_read_and_is_not_the_default(name):
    setting = DECLARED[name]

    setting.kind.read(TOLD[name]["example"])

    usual = {"66.0"}  # there is no other that is known to do
    assert TOLD[name]["example"] not in {setting.default} - usual
    assert TOLD[name]["effect"].endswith(".")


def test_every_fact_is_described_and_no_other():
    assert sorted(fact_pages.words()) == sorted(mapping.FACTS)


@pytest.mark.parametrize("name", sorted(mapping.FACTS))
def test_the_example_of_a_fact_is_one_that_it_can_have(name):
    fact, said = mapping.FACTS[name], fact_pages.words()[name]

    fits = {
        FactKind.TEXT: lambda text: 0 < len(text) <= fact.longest,
        FactKind.DATETIME: lambda text: text.endswith(".000Z"),
        FactKind.BOOLEAN: lambda text: text == "true",
        FactKind.ID: lambda text: len(text) == 18,
        FactKind.PICKLIST: lambda text: text in fact.values,
        FactKind.NUMBER: str.isdecimal,
    }

    assert fits[fact.kind](said["example"])
    assert said["effect"].endswith(".")
