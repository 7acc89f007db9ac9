"""
What is written from the footprint: deploy/salesforce, and the tables of docs/salesforce.md.

The page has a frame written by hand; what stands between two marks is generated.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from connector.domain.delivery import Reason
from connector.footprint import API_VERSION, DEFAULT_PARTS, PARTS, everything, project
from connector.footprint.choices import ACTIONS, REASONS
from connector.footprint.component import Body, Component
from connector.footprint.expectations import expected
from connector.footprint.fields import FieldKind, FieldSpec


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "salesforce.md"
PROJECT = ROOT / "deploy" / "salesforce"
#: Written by hand, and so left alone.
BY_HAND = {"README.md"}

_BLOCK = re.compile(r"<!-- (\w+): written by `make docs` -->\n.*?<!-- end -->\n", re.DOTALL)
_WORDS = {
    FieldKind.CHECKBOX: "checkbox",
    FieldKind.DATETIME: "date and time",
    FieldKind.LONG_TEXT: "long text",
    FieldKind.PERCENT: "per cent",
    FieldKind.PHONE: "phone",
    FieldKind.PICKLIST: "picklist",
    FieldKind.TEXT_AREA: "text area",
}


_OPERATIONS = {
    "equals": "is",
    "notEqual": "is not",
    "lessThan": "is less than",
    "greaterThan": "is more than",
    "greaterOrEqual": "is at least",
    "lessOrEqual": "is at most",
}


def project_files() -> dict[Path, str]:
    """Each generated file of the project by its path within it."""
    files = project.files(everything().components(), api_version=API_VERSION)
    return {Path(path): text for path, text in files.items()}


def write_project() -> None:
    """Write the project, and remove what it no longer has."""
    wanted = project_files()
    for path in project_on_disk() - wanted.keys():
        (PROJECT / path).unlink()
    for path, text in wanted.items():
        (PROJECT / path).parent.mkdir(parents=True, exist_ok=True)
        (PROJECT / path).write_text(text, "utf-8")
    for folder in sorted(PROJECT.rglob("*/"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def project_on_disk() -> set[Path]:
    """The files that are there, apart from those written by hand and the CLI's own."""
    found = (path.relative_to(PROJECT) for path in PROJECT.rglob("*") if path.is_file())
    return {
        path
        for path in found
        if path.as_posix() not in BY_HAND and not path.parts[0].startswith(".")
    }


def page() -> str:
    """The page as it should be: its frame as it is, every block anew."""
    blocks = _blocks()

    def block(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"<!-- {name}: written by `make docs` -->\n\n{blocks[name]}\n\n<!-- end -->\n"

    return _BLOCK.sub(block, PAGE.read_text("utf-8"))


def block_names() -> set[str]:
    return set(_blocks())


def _blocks() -> dict[str, str]:
    whole = everything()
    parts = [
        (f"`{part}`", "yes" if part in DEFAULT_PARTS else "", text)
        for part, text in PARTS.items()
    ]
    sets = [
        (f"`{each.name}`", f"`{each.part}`", each.description) for each in whole.permission_sets
    ]
    reasons = [(f"`{each.value}`", each.label, ACTIONS[Reason(each.value)]) for each in REASONS]
    return {
        "parts": _table(["part", "by default", "what it has"], parts),
        "people": _fields(whole.fields_of("Contact")),
        **{each.name: _fields(whole.fields_of(each.name)) for each in whole.objects},
        "reasons": _table(["value", "people read", "recommended action"], reasons),
        "permission_sets": _table(["permission set", "part", "for whom"], sets),
        "list_views": _named(["ListView"]),
        "reports": _named(["ReportType", "Report"]),
        "flows": _named(["Flow"]),
    }


def _fields(specs: Iterable[FieldSpec]) -> str:
    rows = [(spec.label, f"`{spec.name}`", _kind(spec), spec.help) for spec in specs]
    return _table(["label", "API name", "kind", "what it says"], rows)


def _kind(spec: FieldSpec) -> str:
    words = [_bare_kind(spec)]
    if spec.external_id:
        words.append("unique external ID" if spec.unique else "external ID")
    if spec.required:
        words.append("required")
    if spec.kind is FieldKind.PICKLIST:
        words.append("/".join(spec.values) if len(spec.values) < len(REASONS) else "reasons")
    return ", ".join(words)


def _bare_kind(spec: FieldSpec) -> str:
    if spec.formula:
        return "formula"
    if spec.kind is FieldKind.TEXT:
        return f"text {expected(spec).length}"
    if spec.kind is FieldKind.LOOKUP:
        return f"lookup to {spec.reference_to}"
    if spec.kind is FieldKind.NUMBER:
        return f"number, {spec.scale} decimals" if spec.scale else "number"
    return _WORDS[spec.kind]


def _named(kinds: Sequence[str]) -> str:
    components = [each for each in everything().components() if each.kind in kinds]
    rows = [
        (str(each.body.get("label") or each.body.get("name")), f"`{each.name}`", *_about(each))
        for each in components
    ]
    return _table(["name", "API name", "part", "what for"], rows)


def _about(component: Component) -> tuple[str, str]:
    told = str(component.body.get("description") or _conditions(component))
    return f"`{component.part}`", told


def _conditions(component: Component) -> str:
    """What a list view lists, for it has no description."""
    filters = component.body.get("filters", [])
    assert isinstance(filters, Sequence)
    words = (_condition(each) for each in filters if isinstance(each, Mapping))
    return " and ".join(words) or "all rows"


def _condition(told: Body) -> str:
    operation, value = _OPERATIONS[str(told["operation"])], told.get("value")
    return f"`{told['field']}` {operation} {value or 'empty'}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
