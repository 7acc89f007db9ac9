"""The kinds of components that can be deployed: their folders, suffixes, and order."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One metadata type that has files of its own; `prefix` starts its ids."""

    name: str
    folder: str
    suffix: str
    prefix: str
    in_folder: bool = False
    children: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One metadata type whose components stand inside an object's file."""

    name: str
    tag: str
    prefix: str


CHILDREN = (
    Child(name="CustomField", tag="fields", prefix="00N"),
    Child(name="ListView", tag="listViews", prefix="00B"),
    Child(name="RecordType", tag="recordTypes", prefix="012"),
    Child(name="ValidationRule", tag="validationRules", prefix="03d"),
    Child(name="CompactLayout", tag="compactLayouts", prefix="0AH"),
    Child(name="FieldSet", tag="fieldSets", prefix="0IX"),
    Child(name="WebLink", tag="webLinks", prefix="00b"),
    Child(name="BusinessProcess", tag="businessProcesses", prefix="019"),
    Child(name="Index", tag="indexes", prefix="0Ix"),
    Child(name="SharingReason", tag="sharingReasons", prefix="08o"),
)
KINDS = (
    Kind(
        name="CustomObject",
        folder="objects",
        suffix="object",
        prefix="01I",
        children=tuple(child.name for child in CHILDREN),
    ),
    Kind(name="ReportType", folder="reportTypes", suffix="reportType", prefix="070"),
    Kind(name="Layout", folder="layouts", suffix="layout", prefix="00h"),
    Kind(name="CustomTab", folder="tabs", suffix="tab", prefix="01r"),
    Kind(name="CustomApplication", folder="applications", suffix="app", prefix="02u"),
    Kind(name="PermissionSet", folder="permissionsets", suffix="permissionset", prefix="0PS"),
    Kind(name="Flow", folder="flows", suffix="flow", prefix="300"),
    Kind(name="Report", folder="reports", suffix="report", prefix="00O", in_folder=True),
)
#: Folders of reports: components without a file of their own kind.
FOLDER = "ReportFolder"
FOLDER_PREFIX = "00l"

BY_FOLDER = {kind.folder: kind for kind in KINDS}
BY_NAME = {kind.name: kind for kind in KINDS}
BY_TAG = {child.tag: child for child in CHILDREN}
PREFIXES = {
    **{kind.name: kind.prefix for kind in KINDS},
    **{child.name: child.prefix for child in CHILDREN},
    FOLDER: FOLDER_PREFIX,
}
#: What later ones refer to comes first.
ORDER = (
    "CustomObject",
    "CustomField",
    *(child.name for child in CHILDREN[1:]),
    "ReportType",
    "Layout",
    "CustomTab",
    "CustomApplication",
    "PermissionSet",
    "Flow",
    FOLDER,
    "Report",
)
