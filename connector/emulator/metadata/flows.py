"""Flows as they are deployed: checked, and kept version by version."""

from typing import Any

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.flow_checks import check_flow
from connector.emulator.metadata.flow_parts import parts_of
from connector.emulator.metadata.flow_references import check_references
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.views import keep
from connector.emulator.metadata.xml import Node, Tree, from_tree


VERSIONS = "flow version"
_VERSION_PREFIX = "301"


def deploy_flow(context: Context, component: Component) -> Kept:
    """Add a flow, or a version of one: in the place of a draft, else beside the last."""
    node = component.node
    parts = parts_of(node)
    check_flow(context, parts)
    check_references(context, parts, lambda name: _flow(context, name))
    kept = keep(context, component)
    if kept.changed:
        _keep_version(context, component.name, node)
    return kept


def _flow(context: Context, name: str) -> Node | None:
    """A flow of this package or of the org."""
    coming = context.coming.get(("Flow", name.lower()))
    if coming is not None:
        return coming
    entry = context.registry.get("Flow", name)
    return from_tree("Flow", entry.tree) if entry else None


def _keep_version(context: Context, name: str, node: Node) -> None:
    body: Any = context.storage.document(VERSIONS, name.lower()) or {"versions": []}
    versions: list[dict[str, object]] = body["versions"]
    status = node.get("status")
    if status == "Active" and not context.settings.deploys_active_flows:
        status = "Draft"
    tree: Tree = node.tree()
    if not versions or versions[-1]["status"] == "Active":
        identity = context.writer.new_id(_VERSION_PREFIX)
        number = len(versions) + 1
        versions.append({"id": identity, "number": number, "made": context.caller.now})
    if status == "Active":
        for each in versions[:-1]:
            if each["status"] == "Active":
                each["status"] = "Obsolete"
    versions[-1] |= {"status": status, "tree": tree, "changed": context.caller.now}
    context.storage.keep_document(VERSIONS, name.lower(), {"name": name, "versions": versions})
