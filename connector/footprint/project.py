"""Components as a Salesforce DX project, for the sf CLI: a package directory a part."""

import json
from collections.abc import Iterable

from connector.footprint.component import CORE, Component
from connector.footprint.places import file_name, place
from connector.footprint.xml import to_xml


CONFIGURATION = "sfdx-project.json"
#: The folder of the core, by the CLI's own custom; the other parts' have the part's name.
_CORE_FOLDER = "force-app"


def files(components: Iterable[Component], *, api_version: str) -> dict[str, str]:
    """Each file of the project by its path."""
    components = tuple(components)
    sources = {
        f"{folder(each.part)}/main/default/{_path(each)}": to_xml(
            each.kind, each.body, each.own_name if place(each).inside else ""
        )
        for each in components
    }
    parts = tuple(dict.fromkeys((CORE, *(each.part for each in components))))
    configuration = _configuration(parts, api_version)
    return {CONFIGURATION: configuration, **dict(sorted(sources.items()))}


def folder(part: str) -> str:
    """The package directory of a part."""
    return _CORE_FOLDER if part == CORE else part


def _configuration(parts: tuple[str, ...], api_version: str) -> str:
    directories = [{"path": folder(part), "default": part == CORE} for part in parts]
    told = {
        "packageDirectories": directories,
        "name": "sms-connector",
        "namespace": "",
        "sourceApiVersion": api_version,
    }
    return json.dumps(told, indent=2) + "\n"


def _path(component: Component) -> str:
    at = place(component)
    if at.inside:
        name = f"{component.own_name}.{at.suffix}-meta.xml"
        return f"objects/{component.parent}/{at.folder}/{name}"
    if component.kind == "CustomObject":
        return f"{at.folder}/{component.name}/{component.name}.{at.suffix}-meta.xml"
    return f"{at.folder}/{file_name(component)}.{at.suffix}-meta.xml"
