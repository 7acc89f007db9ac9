"""Where records are seen: layouts, tabs and apps, and what these name."""

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.views import keep
from connector.emulator.metadata.xml import Node, Problem


#: Fields that a layout has to show, where the object has them.
_ON_EVERY_LAYOUT = ("Name",)
#: Tabs that every org has.
_STANDARD_TABS = frozenset(
    "standard-" + name
    for name in (
        "Account",
        "Campaign",
        "Chatter",
        "Contact",
        "Dashboard",
        "Event",
        "Feed",
        "File",
        "Lead",
        "Opportunity",
        "OtherUserProfile",
        "Task",
        "home",
        "report",
    )
)


def deploy_layout(context: Context, component: Component) -> Kept:
    """A layout shows fields that exist, each once, required ones among them."""
    parent = component.name.partition("-")[0]
    sobject = context.sobject(parent)
    if sobject is None:
        raise Problem(
            f"In field: layout - no CustomObject named {parent} found", component.node
        )
    shown: set[str] = set()
    for item in _items(component.node):
        name = item.get("field")
        if name:
            if context.schema.field(sobject, name) is None:
                raise Problem(
                    f"In field: field - no CustomField named {parent}.{name} found", item
                )
            if name.lower() in shown:
                raise Problem(f"Duplicate layout item: {name}", item)
            shown.add(name.lower())
    required = [f.name for f in sobject.fields if f.custom and not f.nillable]
    for name in (*_ON_EVERY_LAYOUT, *required):
        field = context.schema.field(sobject, name)
        if field and field.createable and field.type != "boolean" and name.lower() not in shown:
            raise Problem(
                f"Layout must contain an item for required layout field: {name}", component.node
            )
    return keep(context, component)


def _items(node: Node) -> list[Node]:
    return [item for each in node.walk() for item in each.all("layoutItems")]


def deploy_tab(context: Context, component: Component) -> Kept:
    """A tab of a custom object bears the object's name, and needs a motif."""
    node, name = component.node, component.name
    if not node.flag("customObject"):
        raise Problem("The emulated org knows tabs of custom objects only", node)
    sobject = context.sobject(name)
    if sobject is None or sobject.event:
        raise Problem(f"In field: customObject - no CustomObject named {name} found", node)
    if not node.get("motif"):
        raise Problem("Required field is missing: motif", node)
    return keep(context, component)


def deploy_application(context: Context, component: Component) -> Kept:
    """An app names tabs that exist."""
    node = component.node
    if not node.get("label"):
        raise Problem("Required field is missing: label", node)
    for tab in node.all("tabs"):
        name = tab.text.strip()
        if name not in _STANDARD_TABS and not context.deployed("CustomTab", name):
            raise Problem(f"In field: tab - no CustomTab named {name} found", tab)
    return keep(context, component)
