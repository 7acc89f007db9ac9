"""How the senders of brands are written in the settings."""

import pytest

from connector.domain.errors import ConfigurationError
from connector.settings import Brands, Settings


def test_each_brand_has_its_senders():
    told = " shoes = +12015550100 , SHOES ; hats=12345;"

    brands = Settings.from_environment({"CONNECTOR_BRANDS": told.rstrip(";")}).brands

    assert brands.senders == {"shoes": ("+12015550100", "SHOES"), "hats": ("12345",)}
    assert str(brands) == "shoes=+12015550100,SHOES; hats=12345"


def test_there_are_none_unless_it_is_said():
    assert not Settings.from_environment({}).brands


@pytest.mark.parametrize(
    "text",
    ["shoes", "=+12015550100", "shoes=", "a=1;a=2", "a=1;b=1", "a=X;b=x", "a=1;", "a\tb=1"],
)
def test_a_mistake_is_told(text):
    with pytest.raises(ConfigurationError, match="CONNECTOR_BRANDS must be brands with their"):
        Settings.from_environment({"CONNECTOR_BRANDS": text})


def test_a_name_is_no_longer_than_programs_may_ask_for():
    Brands.read(f"{'x' * 64}=1")
    with pytest.raises(ValueError, match="x"):
        Brands.read(f"{'x' * 65}=1")
