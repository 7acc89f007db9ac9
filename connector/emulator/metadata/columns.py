"""
The column names of list views: API names for custom fields, names of their own for standard.

Standard names as deployed list views in public repositories have them (`FULL_NAME`,
`CONTACT.PHONE1`, `CAMPAIGN.STATUS`); the API's own field names are refused for most of them.
"""

from connector.emulator.metadata.context import Context
from connector.emulator.objects import SObject


_COMMON = {
    "NAME": "Name",
    "OWNER.ALIAS": "OwnerId",
    "OWNER.FIRST_NAME": "OwnerId",
    "OWNER.LAST_NAME": "OwnerId",
    "CREATED_DATE": "CreatedDate",
    "LAST_UPDATE": "LastModifiedDate",
    "CREATEDBY_USER": "CreatedById",
    "CREATEDBY_USER.ALIAS": "CreatedById",
    "UPDATEDBY_USER": "LastModifiedById",
    "UPDATEDBY_USER.ALIAS": "LastModifiedById",
}
_STANDARD: dict[str, dict[str, str]] = {
    "Account": {
        "ACCOUNT.NAME": "Name",
        "ACCOUNT.PHONE1": "Phone",
        "ACCOUNT.TYPE": "Type",
        "ACCOUNT.INDUSTRY": "Industry",
        "ACCOUNT.ADDRESS1_CITY": "BillingCity",
        "ACCOUNT.ADDRESS1_STATE": "BillingState",
        "ACCOUNT.CREATED_DATE": "CreatedDate",
        "ACCOUNT.LAST_UPDATE": "LastModifiedDate",
        "ACCOUNT.LAST_ACTIVITY": "LastModifiedDate",
        "CORE.USERS.ALIAS": "OwnerId",
    },
    "Contact": {
        "FULL_NAME": "Name",
        "CONTACT.FULL_NAME": "Name",
        "CONTACT.FIRST_NAME": "FirstName",
        "CONTACT.LAST_NAME": "LastName",
        "CONTACT.TITLE": "Title",
        "CONTACT.EMAIL": "Email",
        "CONTACT.PHONE1": "Phone",
        "CONTACT.PHONE3": "MobilePhone",
        "CONTACT.PHONE4": "HomePhone",
        "CONTACT.LEAD_SOURCE": "LeadSource",
        "CONTACT.CREATED_DATE": "CreatedDate",
        "CONTACT.LAST_UPDATE": "LastModifiedDate",
        "CONTACT.LAST_ACTIVITY": "LastActivityDate",
        "ACCOUNT.NAME": "AccountId",
        "CORE.USERS.ALIAS": "OwnerId",
        "CORE.USERS.FULL_NAME": "OwnerId",
    },
    "Lead": {
        "FULL_NAME": "Name",
        "LEAD.FULL_NAME": "Name",
        "LEAD.FIRST_NAME": "FirstName",
        "LEAD.LAST_NAME": "LastName",
        "LEAD.COMPANY": "Company",
        "LEAD.TITLE": "Title",
        "LEAD.EMAIL": "Email",
        "LEAD.PHONE": "Phone",
        "LEAD.MOBILE_PHONE": "MobilePhone",
        "LEAD.STATUS": "Status",
        "LEAD.RATING": "Rating",
        "LEAD.CONVERTED": "IsConverted",
        "LEAD.LEAD_SOURCE": "LeadSource",
        "LEAD.STATE": "State",
        "LEAD.UNREAD": "IsUnreadByOwner",
        "LEAD.CREATED_DATE": "CreatedDate",
        "LEAD.LAST_UPDATE": "LastModifiedDate",
        "CORE.USERS.ALIAS": "OwnerId",
    },
    "Campaign": {
        "CAMPAIGN.NAME": "Name",
        "CAMPAIGN.CAMPAIGN_TYPE": "Type",
        "CAMPAIGN.STATUS": "Status",
        "CAMPAIGN.START_DATE": "StartDate",
        "CAMPAIGN.END_DATE": "EndDate",
        "CAMPAIGN.ACTIVE": "IsActive",
        "CAMPAIGN.CREATED_DATE": "CreatedDate",
        "CAMPAIGN.LAST_UPDATE": "LastModifiedDate",
        "CORE.USERS.ALIAS": "OwnerId",
    },
}


def list_view_field(context: Context, sobject: SObject, column: str) -> str:
    """The API name of the field behind a column; empty where there is none."""
    names = _COMMON if sobject.custom else _STANDARD.get(sobject.name, {})
    if column in names:
        field = context.schema.field(sobject, names[column])
        return field.name if field else ""
    if not column.endswith("__c"):
        return ""
    own = column.removeprefix(f"{sobject.name}.")
    field = context.schema.field(sobject, own)
    return field.name if field and not field.is_long_text else ""
