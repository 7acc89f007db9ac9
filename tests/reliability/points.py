"""The places between two durable effects that have a name of their own."""

from connector.pipeline import block_lists, erasure, normalise
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.lane import Lane
from connector.pipeline.settlement import Settlement
from connector.pipeline.slots import Turn
from connector.salesforce.org import Org
from connector.store import Store
from connector.store.erasure import Erasure
from connector.store.figures import CampaignFigures
from connector.store.inbox import Inbox
from connector.store.matches import Matches
from connector.store.outbox import Outbox
from connector.store.unread import Unread
from connector.web import answers
from tests.reliability.crashing import after, before


POINTS = {
    each.name: each
    for each in (
        before("trusted, not yet stored", Inbox, "keep"),
        after("stored, not yet answered", Inbox, "keep"),
        before("about to answer", answers, "give"),
        before("a registration not yet stored", Store, "register"),
        after("a registration stored, not yet answered", Store, "register"),
        after("callbacks claimed", Unread, "claim"),
        before("callbacks understood, not yet ticked off", Unread, "done"),
        after("callbacks read", normalise, "_read_lane"),
        before("records found, not yet noted", Matches, "replace"),
        after("records to be worked out claimed", Outbox, "claim_marked"),
        before("fields worked out, not yet queued", Outbox, "enqueue"),
        after("lane taken", Lane, "take"),
        after("noted what is in doubt, not yet called", Lane, "begin"),
        after("Salesforce answered, not yet settled", Org, "update"),
        after("answer settled, not yet committed", Settlement, "settle"),
        after("answer settled, lane not given back", Lane, "settle"),
        after("changes of figures claimed", CampaignFigures, "changes"),
        after("figures added up, not yet committed", CampaignFigures, "merge"),
        after("slot finished", Turn, "closing"),
        after("list told, not yet settled", block_lists, "tell"),
        after("list told and settled", BlockPusher, "_settle"),
        after("a unit of work committed", Store, "transaction"),
        after("number renamed", erasure._Eraser, "_rename"),  # noqa: SLF001
        after("callbacks of the number forgotten", Erasure, "forget_callbacks"),
        before("pages not yet freed", Erasure, "free_pages"),
    )
}
