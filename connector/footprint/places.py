"""Where a component stands, in a zip for the Metadata API and in a source project."""

import dataclasses
from urllib.parse import quote

from connector.footprint.component import Component


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    The folder and suffix of a kind.

    A kind that is `inside` another stands within the file of its object in a zip, as that
    element, and in a folder of its own below the object in a project. `listed_as` is the kind
    by which package.xml knows it.
    """

    folder: str
    suffix: str
    inside: str = ""
    listed_as: str = ""


#: Metadata API Developer Guide, "Metadata Types"; Salesforce DX Developer Guide, "Projects".
PLACES = {
    "CustomObject": Place(folder="objects", suffix="object"),
    "CustomField": Place(folder="fields", suffix="field", inside="fields"),
    "ListView": Place(folder="listViews", suffix="listView", inside="listViews"),
    "CustomTab": Place(folder="tabs", suffix="tab"),
    "CustomApplication": Place(folder="applications", suffix="app"),
    "Flow": Place(folder="flows", suffix="flow"),
    "Layout": Place(folder="layouts", suffix="layout"),
    "PermissionSet": Place(folder="permissionsets", suffix="permissionset"),
    "Report": Place(folder="reports", suffix="report"),
    "ReportFolder": Place(folder="reports", suffix="reportFolder", listed_as="Report"),
    "ReportType": Place(folder="reportTypes", suffix="reportType"),
}


def place(component: Component) -> Place:
    try:
        return PLACES[component.kind]
    except KeyError:
        raise ValueError(f"{component.kind} has no place yet: give it one") from None


def listed_as(component: Component) -> str:
    """The kind by which package.xml lists it."""
    return place(component).listed_as or component.kind


def file_name(component: Component) -> str:
    """The name as the Metadata API spells it in paths: a slash is a folder, a space stays."""
    return quote(component.name, safe=" /-_.~")
