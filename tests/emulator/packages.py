"""Packages to deploy, written down shortly."""

import io
import zipfile


NAMESPACE = "http://soap.sforce.com/2006/04/metadata"

STAT = """
    <label>Stat</label><pluralLabel>Stats</pluralLabel>
    <nameField><label>Number</label><type>AutoNumber</type>
      <displayFormat>ST-{0000}</displayFormat></nameField>
    <deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>
"""
TEXT = "<type>Text</type><length>20</length>"
EVENT = """
    <label>Alert</label><pluralLabel>Alerts</pluralLabel><eventType>HighVolume</eventType>
    <publishBehavior>PublishAfterCommit</publishBehavior>
    <deploymentStatus>Deployed</deploymentStatus>
"""


def file_of(kind, body):
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{kind} xmlns="{NAMESPACE}">\n{body}\n</{kind}>\n'


def field(name, body=TEXT, label="A label"):
    return f"<fields><fullName>{name}</fullName><label>{label}</label>{body}</fields>"


def manifest(version="66.0", **types):
    listed = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}"
        f"<name>{kind}</name></types>"
        for kind, names in types.items()
    )
    return file_of("Package", f"{listed}<version>{version}</version>")


def zipped(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return target.getvalue()


def package(version="66.0", types=None, **files):
    """`objects__Contact=...` is the file objects/Contact.object; all are in the manifest."""
    paths: dict[str, str] = {}
    named: dict[str, list[str]] = {}
    for key, body in files.items():
        folder, _, name = key.partition("__")
        kind, suffix = KINDS[folder]
        paths[f"{folder}/{name}.{suffix}"] = file_of(kind, body)
        named.setdefault(kind, []).append(name)
    return zipped({"package.xml": manifest(version, **(types or named)), **paths})


KINDS = {
    "objects": ("CustomObject", "object"),
    "permissionsets": ("PermissionSet", "permissionset"),
    "flows": ("Flow", "flow"),
    "layouts": ("Layout", "layout"),
    "tabs": ("CustomTab", "tab"),
    "applications": ("CustomApplication", "app"),
    "reportTypes": ("ReportType", "reportType"),
}


def problems(result):
    return [(m.component_type, m.full_name, m.problem) for m in result.failures]
