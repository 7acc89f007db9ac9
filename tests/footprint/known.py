"""The fields that metadata of ours may name: those of the footprint, and standard ones."""

from connector.footprint import FieldKind, everything
from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.event import EVENT_KINDS
from connector.footprint.people import PEOPLE


OURS = {(each.object, each.name): each for each in everything().fields}
#: Object Reference for the Salesforce Platform; of the many, those that we use.
STANDARD = {
    "Campaign": {"Id", "IsActive", "Name", "OwnerId"},
    "CampaignMember": {"CampaignId", "ContactId", "HasResponded", "Id", "LeadId", "Status"},
    "CampaignMemberStatus": {
        "CampaignId",
        "HasResponded",
        "Id",
        "IsDefault",
        "Label",
        "SortOrder",
    },
    "Contact": {"Id", "Name", "OwnerId"},
    "Group": {"Email", "Id", "Type"},
    "Lead": {"Id", "IsConverted", "Name", "OwnerId"},
    "Task": {
        "ActivityDate",
        "Description",
        "Id",
        "IsClosed",
        "OwnerId",
        "Subject",
        "WhatId",
        "WhoId",
    },
    "User": {"Email", "Id", "IsActive"},
    CAMPAIGN_STAT.name: {"Id", "Name"},
}
_STATUSES = OURS["Contact", "SMS_Delivery_Status__c"].values
#: What stands in text fields of the event, for want of picklists there.
_WORDS = {
    ("SMS_Delivery__e", "Kind__c"): EVENT_KINDS,
    ("SMS_Delivery__e", "Object__c"): PEOPLE,
    ("SMS_Delivery__e", "Status__c"): _STATUSES,
}
_TYPES = {
    FieldKind.DATETIME: "DateTime",
    FieldKind.NUMBER: "Number",
    FieldKind.PERCENT: "Number",
    FieldKind.CHECKBOX: "Boolean",
}


def exists(of: str, field: str) -> bool:
    return (of, field) in OURS or field in STANDARD.get(of, ())


def may_hold(of: str, field: str, value: object) -> bool:
    """Whether such a value can ever stand in the field."""
    spec = OURS.get((of, field))
    if spec is None or str(value).startswith("="):
        return True
    if spec.kind is FieldKind.CHECKBOX:
        return isinstance(value, bool)
    allowed = spec.values or _WORDS.get((of, field))
    return allowed is None or value in allowed


def flow_type(of: str, field: str) -> str:
    """The type of a variable of a flow that takes the field."""
    spec = OURS.get((of, field))
    return _TYPES.get(spec.kind, "String") if spec else "String"
