"""Reports, their types and folders: what they name must be there."""

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.report_columns import report_objects, resolve
from connector.emulator.metadata.views import keep
from connector.emulator.metadata.xml import Node, Problem


#: Elements of a report that name a column, with the child that does where there is one.
_COLUMNS = {
    "columns": "field",
    "criteriaItems": "column",
    "groupingsAcross": "field",
    "groupingsDown": "field",
    "dateColumn": "",
    "sortColumn": "",
    "timeFrameFilter": "dateColumn",
}
_STANDARD_FOLDERS = frozenset({"unfiled$public"})
_MOST_GROUPINGS = {"Summary": 3, "Matrix": 2, "Tabular": 0}


def deploy_folder(context: Context, component: Component) -> Kept:
    return keep(context, component)


def deploy_report_type(context: Context, component: Component) -> Kept:
    """A custom report type: a base object, joins by child relationship, columns by API name."""
    node = component.node
    base = context.sobject(node.get("baseObject"))
    if base is None:
        text = f"In field: baseObject - no CustomObject named {node.get('baseObject')} found"
        raise Problem(text, node)
    for section in node.all("sections"):
        for column in section.all("columns"):
            _check_type_column(context, column)
    join = node.first("join")
    _check_join(context, base.name, join)
    return keep(context, component)


def _check_type_column(context: Context, column: Node) -> None:
    table, name = column.get("table"), column.get("field")
    base = table.partition(".")[0]
    if context.sobject(base) is None:
        raise Problem(f"In field: table - no CustomObject named {base} found", column)
    if "." in table or "." in name:
        return
    related = context.schema.relationship(context.schema.sobject(base), name)
    if related is None and context.field(base, name) is None:
        raise Problem(f"In field: field - no CustomField named {base}.{name} found", column)


def _check_join(context: Context, parent: str, join: Node | None) -> None:
    if join is None:
        return
    name = join.get("relationship")
    children = {
        (field.children or "").lower(): child.name
        for child, field in context.schema.children_of(parent)
        if field.children
    }
    child = children.get(name.lower()) or children.get(f"{name}__r".lower())
    if child is None:
        raise Problem(
            f"In field: relationship - no child relationship named {name} found on {parent}",
            join,
        )
    _check_join(context, child, join.first("join"))


def deploy_report(context: Context, component: Component) -> Kept:
    """A report of a folder, over a report type, with columns of its objects."""
    node, folder = component.node, component.name.rpartition("/")[0]
    if folder not in _STANDARD_FOLDERS and not context.deployed("ReportFolder", folder):
        raise Problem(f"Cannot find folder:{folder}", node)
    kind = node.get("reportType")
    objects = report_objects(context, kind)
    if not objects:
        raise Problem(f"In field: reportType - no report type named {kind} found", node)
    for tag, child in _COLUMNS.items():
        for holder in (each for inner in node.walk() for each in inner.all(tag)):
            name = holder.get(child) if child else holder.text.strip()
            if holder.children and not child:
                continue
            if name and not resolve(context, objects, name, own=_own(node)):
                raise Problem(f"Invalid field name: {name}", holder)
    _check_format(node)
    return keep(context, component)


def _own(node: Node) -> frozenset[str]:
    """Columns that the report makes itself, and the count of its rows."""
    made = [each.get("developerName") for each in node.all("aggregates")]
    made += [each.get("developerName") for each in node.all("customDetailFormulas")]
    made += [each.get("developerName") for each in node.all("buckets")]
    return frozenset({"RowCount", *made})


def _check_format(node: Node) -> None:
    kind, down = node.get("format"), node.all("groupingsDown")
    if kind == "Matrix" and not node.all("groupingsAcross"):
        raise Problem("Matrix reports need a grouping across", node)
    if kind in {"Summary", "Matrix"} and not down:
        raise Problem(f"{kind} reports need a grouping", node)
    if len(down) > _MOST_GROUPINGS.get(kind, len(down)):
        raise Problem(f"{kind} reports can not have {len(down)} groupings", node)
    grouped = [each.get("field") for each in (*down, *node.all("groupingsAcross"))]
    for each in node.all("columns"):
        if each.get("field") in grouped:
            text = f"Column {each.get('field')} can not be both a grouping and a detail column"
            raise Problem(text, each)
    chart = node.first("chart")
    if chart is not None and kind == "Tabular":
        raise Problem("Tabular reports can not have a chart", chart)
