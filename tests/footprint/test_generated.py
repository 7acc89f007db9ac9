"""What is written from the footprint is current: the project, and the page that explains it."""

import re

import pytest

from connector.footprint import PARTS, everything
from connector.footprint.project import folder
from tests.support import salesforce


FOOTPRINT = everything()
PAGE = salesforce.PAGE.read_text("utf-8")
README = (salesforce.PROJECT / "README.md").read_text("utf-8")


def test_the_project_is_as_the_footprint_says():
    on_disk = {
        path: (salesforce.PROJECT / path).read_text("utf-8")
        for path in salesforce.project_on_disk()
    }

    assert on_disk == salesforce.project_files(), "run `make docs`"


def test_the_page_is_as_the_footprint_says():
    assert salesforce.page() == PAGE, "run `make docs`"


def test_the_page_has_every_block_once():
    names = re.findall(r"^<!-- (\w+): written by `make docs` -->$", PAGE, flags=re.MULTILINE)

    assert sorted(names) == sorted(salesforce.block_names())
    assert PAGE.count("<!-- end -->") == len(names)


@pytest.mark.parametrize(
    "name",
    [
        *(each.name for each in FOOTPRINT.fields),
        *(each.name for each in FOOTPRINT.objects),
        *(each.name for each in FOOTPRINT.permission_sets),
        *(
            each.name
            for each in FOOTPRINT.components()
            if each.kind in {"Flow", "ListView", "Report", "ReportType"}
        ),
    ],
)
def test_the_page_names(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("part", PARTS)
def test_the_project_tells_of_the_part(part):
    assert f"| `{folder(part)}` |" in README


def test_the_project_tells_of_the_permission_sets():
    for each in FOOTPRINT.permission_sets:
        assert each.name in README
