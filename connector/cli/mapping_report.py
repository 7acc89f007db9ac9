"""What a check of mapping files found, file by file."""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from connector.domain.errors import ConfigurationError
from connector.mapping import Mapping, conflicts, load
from connector.salesforce.describe import ObjectDescription
from connector.setup.mapping_check import compare, unseen
from connector.wiring.local import unknown_gateways


Describe = Callable[[str], ObjectDescription]
#: Which of these fields of an object are there, whoever may see them; None: nobody tells.
Existing = Callable[[str, Sequence[str]], Collection[str] | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file: a line for each thing to change, and for each that may go wrong."""

    file: str
    object: str = ""
    fields: int = 0
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def _nobody_tells(_object: str, _names: Sequence[str]) -> None:
    return


def look(
    paths: list[Path],
    describe: Describe | None = None,
    existing: Existing = _nobody_tells,
) -> list[FileReport]:
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
    for path, mapping in by_path.items():
        wrong[path] += [line for line in clashes if line.startswith(f"{path}:")]
        wrong[path] += unknown_gateways(mapping)
    beside = {
        path: list(_beside_org(mapping, describe, existing)) if describe else []
        for path, mapping in by_path.items()
    }
    return [
        _report(path, by_path.get(path), wrong[path], beside.get(path, [])) for path in wrong
    ]


def _report(
    path: Path, mapping: Mapping | None, wrong: list[str], found: list[tuple[bool, str]]
) -> FileReport:
    if mapping is None:
        return FileReport(file=str(path), problems=tuple(wrong))
    return FileReport(
        file=str(path),
        object=mapping.object,
        fields=len(mapping.fields),
        problems=(*wrong, *(line for refused, line in found if refused)),
        doubts=tuple(line for refused, line in found if not refused),
    )


def _beside_org(
    mapping: Mapping, describe: Describe, existing: Existing
) -> Iterator[tuple[bool, str]]:
    try:
        described = describe(mapping.object)
    except ConfigurationError as error:
        yield True, f"{mapping.path}:{mapping.line}: {error}"
        return
    names = unseen(mapping, described)
    there = existing(mapping.object, names) if names else None
    for finding in compare(mapping, described, there):
        line = f"{mapping.path}:{finding.line}: {finding.name}: {finding.text}"
        yield finding.refused, line
