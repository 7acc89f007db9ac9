"""The status pages are HTML as it should be, and can be read by everybody."""

import re
from pathlib import Path

import pytest

from connector.web import status
from connector.web.app import create_app
from connector.web.pages import Site
from tests.support.markup import Markup
from tests.web.status_data import BADLY, WELL, fill
from tests.web.visitors import HTML, log_in, make_key


PAGES = (
    "",
    "/login",
    "/campaigns",
    f"/campaigns/{WELL}",
    f"/campaigns/{BADLY}",
    "/campaigns/nothing",
    "/gateways",
    "/salesforce",
    "/consent",
    "/jobs",
    "/alerts",
)
SHEET = (Path(status.__file__).parent / "static" / "status.css").read_text()
#: The least contrast of text and shapes (W3C, "WCAG 2.2", 1.4.3 and 1.4.11).
TEXT, SHAPE = 4.5, 3.0


@pytest.fixture(params=["full", "empty"])
def client(store, clock, request):
    make_key(store)
    if request.param == "full":
        fill(store)
    site = Site(accounts=[("kannel", ""), ("telnyx", "")])
    found = create_app(store=store, clock=clock, site=site).test_client()
    log_in(found)
    return found


@pytest.fixture
def store_url(tmp_path):
    """What is drawn is the same for both engines."""
    return f"sqlite:///{tmp_path / 'store'}"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_valid(client, path):
    page = Markup(client.get(f"/status{path}", headers=HTML).text)

    assert page.faults == []
    assert page.tags["h1"] == 1
    assert page.tags["main"] == 1
    assert page.tags["title"] >= 1


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_label(client, path):
    page = Markup(client.get(f"/status{path}", headers=HTML).text)

    assert all(each["id"] in page.labels for each in page.inputs)
    assert page.labels <= set(page.ids)


@pytest.mark.parametrize("path", PAGES)
def test_every_table_says_what_it_is(client, path):
    page = Markup(client.get(f"/status{path}", headers=HTML).text)

    assert page.tags["caption"] == page.tags["table"]


def schemes():
    """The colours by name, in the light and in the dark."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    named = r"--(\w+): (#[0-9a-f]{3,6})"
    return [dict(re.findall(named, light)), dict(re.findall(named, dark))]


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", schemes(), ids=["light", "dark"])
class TestContrast:
    @pytest.mark.parametrize("ground", ["paper", "card"])
    @pytest.mark.parametrize("ink", ["ink", "soft", "link"])
    def test_text_can_be_read(self, colours, ink, ground):
        assert contrast(colours[ink], colours[ground]) >= TEXT

    @pytest.mark.parametrize("ink", ["good", "wait", "bad"])
    def test_words_can_be_read(self, colours, ink):
        assert contrast(colours[ink], colours["card"]) >= TEXT

    @pytest.mark.parametrize("ink", ["good", "bad", "open"])
    def test_charts_can_be_seen(self, colours, ink):
        assert contrast(colours[ink], colours["card"]) >= SHAPE

    def test_a_button_can_be_read(self, colours):
        assert contrast(colours["card"], colours["link"]) >= TEXT
