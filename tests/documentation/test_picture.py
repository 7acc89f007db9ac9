"""The picture of the flow: it can be read without eyes, in the dark, and loads nothing."""

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path


PICTURE = Path(__file__).parents[2] / "docs" / "flow.svg"
TEXT = PICTURE.read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"
#: The colours of words, and what they stand on, in light and in dark.
LEAST_CONTRAST = 4.5


def test_it_has_a_title_and_says_what_is_to_be_seen():
    tree = ET.fromstring(TEXT)  # noqa: S314 (our own file)
    named = {each.get("id") for each in tree}

    assert set(tree.get("aria-labelledby", "nothing").split()) <= named
    assert tree.findtext(f"{SVG}title")
    assert len(tree.findtext(f"{SVG}desc", "").split()) > 30


def test_it_loads_nothing_and_runs_nothing():
    assert "<script" not in TEXT
    assert "href" not in TEXT
    assert "url(http" not in TEXT


def test_its_words_can_be_read_in_light_and_in_dark():
    light, dark = (colours(part) for part in TEXT.split("prefers-color-scheme: dark"))

    for scheme in (light, dark):
        for name in ("ink", "soft", "way"):
            for ground in ("back", "box"):
                assert contrast(scheme[name], scheme[ground]) >= LEAST_CONTRAST, (name, ground)


def colours(style):
    """The first of each: those that the scheme sets."""
    words = style.replace(";", " ").replace(":", " ").split()
    found = itertools.pairwise(words)
    return {
        name.removeprefix("--"): value
        for name, value in found
        if name.startswith("--") and value.startswith("#")
    }


def contrast(one, other):
    """By WCAG 2.2, "contrast ratio"."""
    brighter, darker = sorted((brightness(one), brightness(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def brightness(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(p * weight for p, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
