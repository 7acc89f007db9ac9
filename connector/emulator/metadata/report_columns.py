"""
The columns of report types: `Object.Field__c` of custom objects, names of their own elsewhere.

Standard report types and columns as deployed reports in public repositories have them; those
that are not listed here are refused, although a real org may know them.
"""

from connector.emulator.metadata.columns import list_view_field
from connector.emulator.metadata.context import Context


#: Standard report types, and the objects whose custom fields they show.
_STANDARD = {
    "AccountList": ("Account",),
    "CampaignList": ("Campaign",),
    "CampaignMember": ("Campaign", "Contact", "Lead", "CampaignMember"),
    "CampaignMemberList": ("Campaign", "Contact", "Lead", "CampaignMember"),
    "ContactList": ("Account", "Contact"),
    "LeadList": ("Lead",),
}
_COLUMNS = frozenset(
    {
        "ACCOUNT.NAME",
        "ACCOUNT_NAME",
        "CAMPAIGN_END_DATE",
        "CAMPAIGN_NAME",
        "CAMPAIGN_START_DATE",
        "CAMPAIGN_STATUS",
        "CAMPAIGN_TYPE",
        "COMPANY",
        "CONTACT_NAME",
        "COUNTRY_CODE",
        "CREATED",
        "CREATED_DATE",
        "EMAIL",
        "FIRST_NAME",
        "INDUSTRY",
        "LAST_MODIFIED",
        "LAST_NAME",
        "LAST_UPDATE",
        "LEAD_SOURCE",
        "MEMBER_FIRST_RESPONDED_DATE",
        "MEMBER_RESPONDED",
        "MEMBER_STATUS",
        "MEMBER_TYPE",
        "MOBILE_PHONE",
        "OWNER",
        "OWNER_FULL_NAME",
        "PHONE",
        "PHONE1",
        "PHONE3",
        "RATING",
        "RESPONDED",
        "SALUTATION",
        "STATUS",
        "TITLE",
        "TYPE",
    }
)
_CUSTOM = {
    "CUST_NAME": "Name",
    "CUST_ID": "Id",
    "CUST_OWNER_NAME": "OwnerId",
    "CUST_OWNER_ALIAS": "OwnerId",
    "CUST_CREATED_DATE": "CreatedDate",
    "CUST_CREATED_NAME": "CreatedById",
    "CUST_CREATED_ALIAS": "CreatedById",
    "CUST_LAST_UPDATE": "LastModifiedDate",
    "CUST_LAST_UPDATE_NAME": "LastModifiedById",
    "CHILD_NAME": "Name",
    "FK_NAME": "Name",
    "FK_CUST_NAME": "Name",
}


def report_objects(context: Context, kind: str) -> tuple[str, ...]:
    """The objects of a report type, the main one first; empty for an unknown one."""
    if kind in _STANDARD:
        return _STANDARD[kind]
    if kind.endswith("__c") and "$" not in kind:
        return _of_custom_type(context, kind.removesuffix("__c"))
    names = kind.replace("@", "$").split("$")
    if names[0] not in {"CustomEntity", "CustomEntityCustomEntity"}:
        return ()
    found = [context.sobject(name) for name in names[1:]]
    known = [each.name for each in found if each and _reports(context, each.name)]
    return tuple(known) if len(known) == len(found) else ()


def _reports(context: Context, sobject: str) -> bool:
    """A custom object has report types only where its reports are enabled."""
    entry = context.registry.get("CustomObject", sobject)
    if entry is None or not sobject.endswith("__c"):
        return True
    return isinstance(entry.tree, dict) and entry.tree.get("enableReports") == ["true"]


def _of_custom_type(context: Context, name: str) -> tuple[str, ...]:
    entry = context.registry.get("ReportType", name)
    if entry is None or not isinstance(entry.tree, dict):
        return ()
    tables = [str(entry.tree["baseObject"][0])]
    for section in entry.tree.get("sections", []):
        columns = section.get("columns", []) if isinstance(section, dict) else []
        tables += [str(c["table"][0]) for c in columns if isinstance(c, dict)]
    return tuple(dict.fromkeys(tables))


def resolve(
    context: Context, objects: tuple[str, ...], name: str, *, own: frozenset[str]
) -> bool:
    """Whether a report over these objects can show this column."""
    if name in own:
        return True
    if name in _CUSTOM and any(each.endswith("__c") for each in objects):
        return True
    if name in _COLUMNS:
        return any(not each.partition(".")[0].endswith("__c") for each in objects)
    holder, _, field = name.rpartition(".")
    if "$" in field:
        table, _, field = field.rpartition("$")
        holder = f"{holder}.{table}" if holder else table
    return _has(context, objects, holder.replace("$", "."), field)


def _has(context: Context, objects: tuple[str, ...], holder: str, field: str) -> bool:
    """`Object.Field`, `Object.Lookup__c.Field` through a lookup, `Object.Children__r.Field`."""
    first, *path = holder.split(".")
    if not any(each.partition(".")[0].lower() == first.lower() for each in objects):
        return False
    sobject = context.sobject(first)
    for name in path:
        if sobject is None:
            return False
        link = context.schema.field(sobject, name) or context.schema.relationship(sobject, name)
        if link is not None and link.reference_to:
            sobject = context.sobject(link.reference_to[0])
            continue
        sobject = next(
            (
                child
                for child, each in context.schema.children_of(sobject.name)
                if (each.children or "").lower() == name.lower()
            ),
            None,
        )
    if sobject is None:
        return False
    known = context.schema.field(sobject, field) or context.schema.relationship(sobject, field)
    return known is not None or bool(list_view_field(context, sobject, field))
