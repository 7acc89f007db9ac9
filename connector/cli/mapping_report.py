"""What a check of mapping files found, file by file."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

from connector.domain.errors import ConfigurationError
from connector.mapping import Mapping, conflicts, load
from connector.salesforce.describe import ObjectDescription
from connector.setup.mapping_check import compare


Describe = Callable[[str], ObjectDescription]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file: a line for each thing to change, and for each that may go wrong."""

    file: str
    object: str = ""
    fields: int = 0
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def look(paths: list[Path], describe: Describe | None = None) -> list[FileReport]:
    """Read the files, hold them beside each other and, if asked to, beside the org."""
    loaded: list[Mapping] = []
    wrong: dict[Path, list[str]] = {path: [] for path in paths}
    for path in wrong:
        try:
            loaded.append(load(path))
        except ConfigurationError as error:
            wrong[path] += str(error).splitlines()
    clashes = conflicts(loaded)
    by_path = {mapping.path: mapping for mapping in loaded}
    for path in by_path:
        wrong[path] += [line for line in clashes if line.startswith(f"{path}:")]
    return [_report(path, by_path.get(path), wrong[path], describe) for path in wrong]


def _report(
    path: Path, mapping: Mapping | None, wrong: list[str], describe: Describe | None
) -> FileReport:
    if mapping is None:
        return FileReport(file=str(path), problems=tuple(wrong))
    found = list(_beside_org(mapping, describe)) if describe else []
    return FileReport(
        file=str(path),
        object=mapping.object,
        fields=len(mapping.fields),
        problems=(*wrong, *(line for refused, line in found if refused)),
        doubts=tuple(line for refused, line in found if not refused),
    )


def _beside_org(mapping: Mapping, describe: Describe) -> Iterator[tuple[bool, str]]:
    try:
        described = describe(mapping.object)
    except ConfigurationError as error:
        yield True, f"{mapping.path}:{mapping.line}: {error}"
        return
    for finding in compare(mapping, described):
        line = f"{mapping.path}:{finding.line}: {finding.name}: {finding.text}"
        yield finding.refused, line
