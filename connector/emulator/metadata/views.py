"""List views, and the parts of an object that are only kept."""

from connector.emulator.metadata.columns import list_view_field
from connector.emulator.metadata.context import Context
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.xml import Problem


def deploy_plain(context: Context, component: Component) -> Kept:
    """Keep a component whose content the emulated org does not look into."""
    parent = component.name.partition(".")[0]
    if context.sobject(parent) is None:
        text = f"Entity Enumeration Or ID: bad value for restricted picklist field: {parent}"
        raise Problem(text, component.node)
    return keep(context, component)


def deploy_list_view(context: Context, component: Component) -> Kept:
    """A list view names columns and filters by the API's own column names."""
    parent = component.name.partition(".")[0]
    sobject = context.sobject(parent)
    if sobject is None:
        text = f"Entity Enumeration Or ID: bad value for restricted picklist field: {parent}"
        raise Problem(text, component.node)
    for column in component.node.all("columns"):
        if not list_view_field(context, sobject, column.text.strip()):
            name = column.text.strip()
            raise Problem(f"Could not resolve list view column: {name}", column)
    for each in component.node.all("filters"):
        if not list_view_field(context, sobject, each.get("field")):
            raise Problem(f"Could not resolve list view column: {each.get('field')}", each)
    return keep(context, component)


def keep(context: Context, component: Component) -> Kept:
    return context.registry.keep(
        component.kind,
        component.name,
        component.node.tree(),
        context.caller,
        file=component.file,
    )
