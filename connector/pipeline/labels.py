"""
Which labels the members of a campaign may have: none is written before it is there.

Salesforce does not refuse a status that a campaign does not define, it writes another one.
"""

from collections.abc import Collection

from connector.mapping import Mapping as ObjectMapping
from connector.store import Transaction


#: The object of the labels; a campaign's are looked for under its id and no name.
LABELS = "CampaignMemberStatus"


class Labels:
    """What is known of the labels of some campaigns."""

    def __init__(
        self,
        transaction: Transaction,
        mapping: ObjectMapping | None,
        campaigns: Collection[str],
    ) -> None:
        self._transaction = transaction
        self._labels = frozenset(mapping.labels) if mapping else frozenset()
        wanted = [(campaign, "") for campaign in sorted(campaigns)]
        self._known = (
            transaction.lookups.find(LABELS, wanted) if self._labels and wanted else {}
        )
        self._missing: set[str] = set()

    def ready(self, campaign: str) -> bool:
        """Whether its members may have every label that the mapping may write."""
        if not self._labels or not campaign:
            return True
        known = self._known.get((campaign, ""))
        if known and known.record_id and self._labels <= set(known.details):
            return True
        self._missing.add(campaign)
        return False

    def want(self) -> None:
        """Have the labels added that were found missing; those already asked for stay so."""
        missing = [(campaign, "") for campaign in self._missing]
        self._transaction.lookups.want(LABELS, missing)
        # A changed mapping has others than were added.
        other = [key for key in missing if key in self._known and self._known[key].record_id]
        if other:
            self._transaction.lookups.reopen(LABELS, other)
