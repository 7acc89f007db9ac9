"""Whether the campaigns of people can be asked for, where the settings want that."""

from collections.abc import Iterator

from connector.mapping import MEMBER
from connector.salesforce.memberships import CAMPAIGN_FIELDS
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble, fine
from connector.setup.doctor.organization import PERMISSION_SETS


_CAMPAIGN = "Campaign"

UNSEEN = Trouble(
    name="memberships-unseen",
    level=Level.BROKEN,
    means="CONNECTOR_CAMPAIGN_BY_MEMBERSHIP is yes, and our user may not see campaign members,"
    " or until when a campaign runs. Salesforce refuses the question, so messages that name no"
    " campaign count for none.",
    cure="Give the user Read on Campaign, and Read Access to its fields Active, Start Date and"
    " End Date: the permission set SMS Connector has them, `connector setup apply` brings it up"
    " to date. Or set CONNECTOR_CAMPAIGN_BY_MEMBERSHIP=no.",
    where=f"{PERMISSION_SETS} > SMS Connector > Object Settings > Campaigns",
)


def _memberships(context: DoctorContext) -> Iterator[Finding]:
    """Members of campaigns."""
    if context.settings.campaign_by_membership != "yes":
        return
    hidden = [name for name in (_CAMPAIGN, MEMBER) if context.describe(name) is None]
    campaign = context.describe(_CAMPAIGN)
    if campaign is not None:
        seen = {each.lower() for each in campaign.known(*CAMPAIGN_FIELDS)}
        hidden += [
            f"{_CAMPAIGN}.{name}" for name in CAMPAIGN_FIELDS if name.lower() not in seen
        ]
    if hidden:
        yield UNSEEN.found(f"not there, or hidden: {', '.join(hidden)}")
    else:
        yield fine("who is in which campaign can be asked")


CHECKS = (
    Check(
        name="memberships",
        about=(
            "With CONNECTOR_CAMPAIGN_BY_MEMBERSHIP=yes: whether campaign members can be read, "
            "and until when their campaigns run."
        ),
        title="not asked for",
        parts=(_memberships,),
        troubles=(UNSEEN,),
        needs=("api", "permissions"),
    ),
)
