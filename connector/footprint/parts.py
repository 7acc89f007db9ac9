"""The parts of the footprint: what every org gets, and what an admin may add or leave out."""

from collections.abc import Iterable

from connector.footprint.component import CORE
from connector.footprint.event import EVENTS
from connector.footprint.message import MESSAGES
from connector.footprint.permission_sets import SHARING


FLOWS = "flows"
REPORTS = "reports"

#: Every part with what it is, in the order of deployment: none needs a later one.
PARTS = {
    CORE: "Fields of Contact and Lead, the figures of campaigns, list views, permission sets",
    REPORTS: "Report types and reports",
    FLOWS: "Flow templates, as drafts: activating one is your decision",
    EVENTS: "A platform event for flows that cannot wait for a field, with its flow templates",
    MESSAGES: "A row a message, for orgs that want the history: it costs data storage",
    SHARING: "A permission set for orgs in which not everybody may edit Contacts and Leads",
}
#: What a part needs besides the core: its flows call those.
_NEEDS = {EVENTS: {FLOWS}}
#: What costs nothing and changes nothing for anybody.
DEFAULT_PARTS = (CORE, REPORTS, FLOWS)


def chosen(parts: Iterable[str]) -> tuple[str, ...]:
    """These parts and those that they need, the core for one, in the order of deployment."""
    wanted = {CORE, *parts}
    wanted = wanted.union(*(_NEEDS.get(part, set()) for part in wanted))
    if unknown := wanted - PARTS.keys():
        raise ValueError(
            f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}"
        )
    return tuple(part for part in PARTS if part in wanted)
