"""
Components written one by one, at once: createMetadata, updateMetadata, upsertMetadata.

Metadata API Developer Guide, "CRUD-Based Calls": at most ten components of one type a call, a
result for each, nothing undone for the sake of another.
"""

from connector.emulator.errors import ApiError
from connector.emulator.metadata.deploy import Options, deploy_package
from connector.emulator.metadata.kinds import CHILDREN, PREFIXES
from connector.emulator.metadata.package import Component, Package, object_components
from connector.emulator.metadata.xml import Node, Problem, check_type
from connector.emulator.org import EmulatedOrg


_MOST = 10
_TYPE = "http://www.w3.org/2001/XMLSchema-instance}type"
_IN_OBJECTS = {child.name for child in CHILDREN}


def save(
    org: EmulatedOrg, operation: str, nodes: list[Node], user: str, version: float
) -> list[dict[str, object]]:
    """SaveResult or UpsertResult of each of these components."""
    kinds = {node.attributes.get(_TYPE, "").rpartition(":")[2] for node in nodes}
    if len(nodes) > _MOST or len(kinds) > 1:
        message = f"only {_MOST} components of one type are allowed in a call"
        raise ApiError(500, "LIMIT_EXCEEDED", message)
    if not kinds <= set(PREFIXES):
        raise ApiError(500, "INVALID_TYPE", f"Unknown type: {', '.join(kinds)}")
    return [_saved(org, operation, node, next(iter(kinds)), user, version) for node in nodes]


def _saved(
    org: EmulatedOrg, operation: str, node: Node, kind: str, user: str, version: float
) -> dict[str, object]:
    name = node.get("fullName")
    known = _exists(org, kind, name)
    if operation == "createMetadata" and known:
        return _refused(name, "DUPLICATE_DEVELOPER_NAME", f"{name} is already in use")
    if operation == "updateMetadata" and not known:
        text = f"In field: fullName - no {kind} named {name} found"
        return _refused(name, "INVALID_CROSS_REFERENCE_KEY", text)
    try:
        check_type(node, kind)
    except Problem as problem:
        return _refused(name, "UNKNOWN_EXCEPTION", problem.text)
    package = Package(components=_components(kind, name, node), version=version)
    result = deploy_package(
        org, package, Options(ignoreWarnings=True), org.deployments.settings, user
    )
    if result.failures:
        return _refused(name, "FIELD_INTEGRITY_EXCEPTION", result.failures[0].problem)
    created = {"created": not known} if operation == "upsertMetadata" else {}
    return {**created, "fullName": name, "success": True}


def _components(kind: str, name: str, node: Node) -> list[Component]:
    if kind == "CustomObject":
        return list(object_components(name, "", node))
    if kind in _IN_OBJECTS:
        full_name = node.first("fullName")
        if full_name is not None:
            full_name.text = name.partition(".")[2]
    return [Component(kind=kind, name=name, file="", node=node)]


def _exists(org: EmulatedOrg, kind: str, name: str) -> bool:
    parent, _, own = name.partition(".")
    if kind == "CustomObject":
        return org.schema.knows(name)
    if kind == "CustomField" and org.schema.knows(parent):
        return org.schema.field(org.schema.sobject(parent), own) is not None
    return org.deployments.registry.get(kind, name) is not None


def _refused(name: str, code: str, message: str) -> dict[str, object]:
    errors = {"message": message, "statusCode": code}
    return {"errors": errors, "fullName": name, "success": False}
