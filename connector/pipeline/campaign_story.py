"""Why a message belongs to just this campaign, or to none, in words."""

import dataclasses
from collections.abc import Sequence

from connector.pipeline.campaigns_of import Chosen, Why
from connector.store.inbox import ListedCallback


_PARAMETER = "campaign="
_RODE = "it rode along in a callback"
_REGISTERED = "the sender registered the message for it"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStory:
    """The campaign that a message counts for, empty for none, and why."""

    campaign: str
    why: Why
    because: str


def tell_campaign(
    chosen: Chosen,
    callbacks: Sequence[ListedCallback],
    *,
    all_kept: bool,
    by_membership: bool,
) -> CampaignStory | None:
    """
    None where it has no campaign and nothing was done to find one.

    Whether it rode along is read from its callbacks, as long as they are `all_kept`.
    """
    if chosen.why is Why.NONE and not by_membership:
        return None
    because = _because(chosen)
    if chosen.why is Why.NAMED:
        rode = any(_PARAMETER in each.target for each in callbacks)
        because = _RODE if rode else _REGISTERED if all_kept else f"{_RODE}, or {_REGISTERED}"
    return CampaignStory(campaign=chosen.campaign, why=chosen.why, because=because)


def _because(chosen: Chosen) -> str:
    since = f"{chosen.since:%Y-%m-%d %H:%M:%S}" if chosen.since else ""
    return {
        Why.NAMED: "",
        Why.MESSAGE: f"the record of {chosen.told_by} names it",
        Why.MEMBERSHIP: "of those that its person was in when it was sent, and that ran, it is"
        f" the newest: since {since}",
        Why.KEPT: "it counted for it before, and whose message it is cannot be asked now",
        Why.NONE: "nobody named one, and none is known that its person was in and that ran",
    }[chosen.why]
