"""What the org itself writes after others wrote: statuses of campaigns, access of users."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from connector.emulator.drafts import Draft
from connector.emulator.storage import Row, Storage


#: Creates records of an object as the org itself.
Create = Callable[[str, Sequence[Mapping[str, object]]], object]


def follow(drafts: Sequence[Draft], storage: Storage, create: Create) -> None:
    """See to what these records, just written, bring with them."""
    name = drafts[0].sobject.name
    if name == "Campaign":
        _add_statuses([draft.record for draft in drafts if draft.old is None], create)
    elif name == "User":
        _give_access(drafts, storage, create)
    elif name == "CampaignMemberStatus":
        _keep_one_default(drafts, storage)


def _add_statuses(campaigns: Iterable[str], create: Create) -> None:
    """A new campaign is born with two member statuses."""
    flags = (("Sent", {"IsDefault": True}), ("Responded", {"HasResponded": True}))
    statuses = [
        {"CampaignId": campaign, "Label": label, "SortOrder": at, **flag}
        for campaign in campaigns
        for at, (label, flag) in enumerate(flags, 1)
    ]
    if statuses:
        create("CampaignMemberStatus", statuses)


def _give_access(drafts: Sequence[Draft], storage: Storage, create: Create) -> None:
    """A user has a login, and the permission set that the profile owns, one at a time."""
    for draft in drafts:
        if draft.old is None:
            create("UserLogin", [{"UserId": draft.record}])
        if not draft.changed("ProfileId"):
            continue
        for row in storage.rows_where("PermissionSetAssignment", "AssigneeId", [draft.record]):
            given = str(row["PermissionSetId"])
            if storage.rows("PermissionSet", [given])[given]["IsOwnedByProfile"]:
                storage.remove("PermissionSetAssignment", str(row["Id"]))
        owned = storage.rows_where("PermissionSet", "ProfileId", [draft.value("ProfileId")])
        assignments = [
            {"PermissionSetId": row["Id"], "AssigneeId": draft.record} for row in owned
        ]
        create("PermissionSetAssignment", assignments)


def _keep_one_default(drafts: Sequence[Draft], storage: Storage) -> None:
    """Of a campaign's statuses the one that was made the default last is it."""
    for draft in drafts:
        if not (draft.changes.get("IsDefault") and draft.changed("IsDefault")):
            continue
        campaign = draft.value("CampaignId")
        others: list[Row] = [
            {"Id": row["Id"], "IsDefault": 0}
            for row in storage.rows_where("CampaignMemberStatus", "CampaignId", [campaign])
            if row["Id"] != draft.record
        ]
        storage.update("CampaignMemberStatus", others)
