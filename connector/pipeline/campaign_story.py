"""Why a message belongs to just this campaign, or to none, in words."""

import dataclasses

from connector.pipeline.campaigns_of import Chosen, Why


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStory:
    """The campaign that a message counts for, empty for none, and why."""

    campaign: str
    why: Why
    because: str


def tell_campaign(
    chosen: Chosen, *, registered: bool, by_membership: bool
) -> CampaignStory | None:
    """None where it has no campaign and nothing was done to find one."""
    if chosen.why is Why.NONE and not by_membership:
        return None
    return CampaignStory(
        campaign=chosen.campaign,
        why=chosen.why,
        because=_because(chosen, registered=registered),
    )


def _because(chosen: Chosen, *, registered: bool) -> str:
    since = f"{chosen.since:%Y-%m-%d %H:%M:%S}" if chosen.since else ""
    named = "it rode along in a callback"
    return {
        Why.NAMED: f"{named}, or the sender registered it" if registered else named,
        Why.MESSAGE: f"the record of {chosen.told_by} names it",
        Why.MEMBERSHIP: "of those that its person was in when it was sent, and that ran, it is"
        f" the newest: since {since}",
        Why.KEPT: "it counted for it before, and whose message it is cannot be asked now",
        Why.NONE: "nobody named one, and none is known that its person was in and that ran",
    }[chosen.why]
