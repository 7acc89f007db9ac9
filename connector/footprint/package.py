"""Components as the Metadata API takes them: a zip with a manifest."""

import io
import zipfile
from collections.abc import Iterable, Mapping

from connector.footprint.component import Component, Value
from connector.footprint.places import file_name, listed_as, place
from connector.footprint.xml import to_xml


MANIFEST = "package.xml"
#: The earliest time that a zip can hold: the same components are the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16


def zip_of(components: Iterable[Component], *, api_version: str) -> bytes:
    """What deploys these components; the same bytes for the same components."""
    packed = package(components, api_version=api_version)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in packed.items():
            entry = zipfile.ZipInfo(path, date_time=_NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _FILE_MODE
            entry.create_system = 3  # Unix, wherever it is made
            archive.writestr(entry, text)
    return target.getvalue()


def package(components: Iterable[Component], *, api_version: str) -> dict[str, str]:
    """The files of the zip: the manifest, then each file by its path."""
    components = tuple(components)
    alone = {
        _path(each): to_xml(each.kind, each.body)
        for each in components
        if not place(each).inside and each.kind != "CustomObject"
    }
    files = {**_objects(components), **alone}
    return {MANIFEST: manifest(components, api_version), **dict(sorted(files.items()))}


def manifest(components: Iterable[Component], api_version: str) -> str:
    """package.xml: all components by kind."""
    names: dict[str, set[str]] = {}
    for each in components:
        names.setdefault(listed_as(each), set()).add(each.name)
    types: list[Value] = [
        {"members": sorted(members), "name": kind} for kind, members in sorted(names.items())
    ]
    return to_xml("Package", {"types": types, "version": api_version})


def _objects(components: tuple[Component, ...]) -> Mapping[str, str]:
    """A file an object, with its fields and list views; those of other objects have no more."""
    own = {each.name: each.body for each in components if each.kind == "CustomObject"}
    within: dict[str, dict[str, list[Value]]] = {}
    for each in components:
        if element := place(each).inside:
            siblings = within.setdefault(each.parent, {}).setdefault(element, [])
            siblings.append({"fullName": each.own_name, **each.body})
    return {
        f"objects/{name}.object": to_xml(
            "CustomObject", dict(sorted({**own.get(name, {}), **within.get(name, {})}.items()))
        )
        for name in {**own, **within}
    }


def _path(component: Component) -> str:
    at = place(component)
    if component.kind == "ReportFolder":
        return f"{at.folder}/{file_name(component)}-meta.xml"
    return f"{at.folder}/{file_name(component)}.{at.suffix}"
