"""The status pages as a browser draws them, from a real server, without a script."""

import contextlib

import pytest

from connector.clock import system_clock
from tests.support import chromium, png
from tests.support.serving import serving
from tests.web.status_data import BADLY, OTHER, PHONE, WELL, fill
from tests.web.visitors import SECRET, make_key


pytestmark = pytest.mark.xdist_group("screens")

PAGES = (
    "",
    "/campaigns",
    f"/campaigns/{WELL}",
    f"/campaigns/{BADLY}",
    "/campaigns/none",
    "/campaigns/nothing",
    "/gateways",
    "/salesforce",
    "/consent",
    "/jobs",
    "/alerts",
)
WIDTHS = (400, 1280)
#: The colours of the style sheet in the light scheme.
GOOD, BAD, OPEN = (0x1A, 0x7F, 0x37), (0xB4, 0x23, 0x18), (0x87, 0x94, 0xA1)
LIGHT, DARK = (0xF3, 0xF5, 0xF7), (0x14, 0x18, 0x1D)


@pytest.fixture(scope="module")
def browser():
    with chromium.browser() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screens")
    with (
        serving(folder, CONNECTOR_PUBLIC_URL="http://127.0.0.1") as running,
        contextlib.closing(running.store()) as store,
    ):
        make_key(store)
        fill(store, system_clock())
        yield running


@pytest.fixture(scope="module")
def page(browser, server):
    """Logged in, as a person does it."""
    opened = browser.page()
    opened.size(1280)
    opened.go(address(server, "/gateways"))
    assert opened.address().endswith("/status/login?next=%2Fstatus%2Fgateways")
    opened.type_into("#name", "ann")
    opened.type_into("#secret", SECRET)
    opened.press_enter()
    assert opened.address() == address(server, "/gateways")
    return opened


def address(server, path):
    return f"http://127.0.0.1:{server.port}/status{path}"


def shares(picture, box):
    """How much of the blocks of a chart is of each colour."""
    found = picture.colours(*box)
    total = sum(found[each] for each in (GOOD, BAD, OPEN))
    return {each: found[each] / total for each in (GOOD, BAD, OPEN)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_the_screen(page, server, path, width):
    page.size(width)
    page.colours("light")
    page.go(address(server, path))

    picture = png.read(page.screenshot(0.5))

    assert page.content_size()[0] <= width
    colours = picture.colours(0, 0, picture.width, picture.height)
    assert picture.width == width // 2
    assert colours[LIGHT] > 1_000
    assert len(colours) > 50


def test_the_chart_shows_the_figures(page, server):
    page.size(1280)
    page.colours("light")
    page.go(address(server, f"/campaigns/{BADLY}"))

    left, top, right, bottom = page.box("svg.chart")
    found = shares(png.read(page.screenshot()), (left, top, right, bottom))

    # 210 of 300 delivered, 20 failed, 70 open, on each of five days.
    assert found[GOOD] == pytest.approx(0.700, abs=0.01)
    assert found[BAD] == pytest.approx(0.067, abs=0.01)
    assert found[OPEN] == pytest.approx(0.233, abs=0.01)


def test_the_bar_of_calls_is_as_long_as_they_are_many(page, server):
    page.size(1280)
    page.colours("light")
    page.go(address(server, "/salesforce"))

    left, top, right, bottom = page.box("svg.gauge")
    middle = (top + bottom) // 2
    line = png.read(page.screenshot()).colours(left, middle, right, middle + 1)

    assert line[GOOD] / (right - left) == pytest.approx(4_600 / 15_000, abs=0.01)


def test_who_prefers_the_dark_gets_it(page, server):
    page.size(400)
    page.colours("dark")
    page.go(address(server, ""))

    picture = png.read(page.screenshot(0.5))

    assert picture.pixel(1, 1) == DARK
    assert LIGHT not in picture.colours(0, 0, picture.width, 200)


def test_what_is_drawn_is_told_to_who_does_not_see_it(page, server):
    page.size(1280)
    page.go(address(server, f"/campaigns/{WELL}"))

    names = page.names()
    pictures = [name for role, name in names if role in {"image", "img"}]

    assert len([role for role, _ in names if role == "heading"]) > 3
    assert any(name.startswith("Messages by the day: delivered") for name in pictures)
    assert "delivered: 98.0 percent" in pictures
    assert all(pictures)


def test_a_decision_needs_no_script(page, server):
    page.size(400)
    page.colours("light")
    page.go(address(server, "/consent"))
    page.press_enter_on("summary")
    fields = {name for role, name in page.names() if role == "textbox"}

    page.type_into("#evidence1", "call 12")
    page.type_into("#reason1", "it was her sister")
    page.click("button[value=dismiss]")

    assert page.address().endswith("/status/consent?decided=1")
    assert "Why you decide so" in fields
    with (
        contextlib.closing(server.store()) as store,
        store.transaction(reads=True) as t,
    ):
        said = [*t.consents.events_of(PHONE), *t.consents.events_of(OTHER)]
    assert [each.reason for each in said if each.actor == "key:ann"] == ["it was her sister"]


def test_logging_out_ends_it(browser, server):
    page = browser.page()
    page.size(1280)
    page.go(address(server, ""))  # the cookies are those of the browser
    page.click("form button.plain")

    assert page.address() == address(server, "/login")
    page.go(address(server, ""))
    assert "/status/login" in page.address()
