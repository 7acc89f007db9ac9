"""Why a message is shown on a record, or on none: the match in words."""

from collections.abc import Iterator, Sequence

from connector.domain.delivery import Delivery
from connector.mapping import HolderRule
from connector.pipeline import companions
from connector.pipeline.match import Mappings, twins
from connector.pipeline.prefixes import ObjectNames
from connector.store import Transaction
from connector.store.directory import Holder
from connector.store.matches import Match


_CHOOSES = {
    HolderRule.NEWEST: "the holder that changed last",
    HolderRule.OLDEST: "the holder that has not changed for longest",
    HolderRule.ALL: "every holder",
    HolderRule.NONE: "none of the holders",
}


class Decision:
    """What led to the matches of one message, read from the store as it is now."""

    def __init__(
        self,
        transaction: Transaction,
        mappings: Mappings,
        delivery: Delivery,
        matches: Sequence[Match],
        campaign: str,
    ) -> None:
        self._mappings = mappings
        self._names = ObjectNames(transaction, mappings)
        self._delivery = delivery
        self._matches = matches
        self._campaign = campaign
        named = [each for each in (delivery.reference, delivery.registered_record) if each]
        self._records = transaction.directory.records(named) if named else {}
        self._twins = twins(transaction, mappings, named)
        phone = delivery.recipient
        self._holders = transaction.directory.holders([phone]).get(phone, []) if phone else []

    @property
    def passed_over(self) -> list[Holder]:
        """Who holds the number and does not show the message."""
        shown = {match.record for match in self._matches}
        return [holder for holder in self._holders if holder.record not in shown]

    def words(self, match: Match) -> str:
        """Why just this record."""
        match match.matched_by:
            case companions.BY_KEY:
                return self._keyed(match)
            case companions.BY_MEMBERSHIP:
                return f"it is the person's in campaign {self._campaign}"
            case "reference":
                return "its id rode along in the callback" + self._moved(match, "reference")
            case "registered":
                told = ["the sender registered the message for it", *self._refusals(first=1)]
                return "; ".join(told) + self._moved(match, "registered_record")
            case _:
                return "; ".join([self._sent_to(match), *self._refusals(first=2)])

    def why_none(self, *, waits: bool) -> str:
        """Why nobody shows it; empty where somebody does."""
        beside = {companions.BY_KEY, companions.BY_MEMBERSHIP}
        if any(match.matched_by not in beside for match in self._matches):
            return ""
        if waits:
            return "it has not been matched yet: a worker does that"
        return "; ".join([*self._refusals(first=2), self._unheld()])

    def _moved(self, match: Match, named: str) -> str:
        record_id = getattr(self._delivery, named)
        if match.record.id == record_id:
            return ""
        if self._twins.get(record_id) == match.record.id:
            return f", as {record_id}, the same person's"
        return f", as {record_id}, which became it"

    def _sent_to(self, match: Match) -> str:
        """Of a person that nobody named by its id."""
        if match.matched_by == companions.BY_MESSAGE:
            return "a record of the message tells of it"
        return self._held(match)

    def _keyed(self, match: Match) -> str:
        """Of a record of the message itself."""
        mapping = self._mappings.get(match.record.object)
        if match.record.key or mapping is None or mapping.message is None:
            return "it is the row of this message"
        return f"its {mapping.message.key} holds the message's id"

    def _held(self, match: Match) -> str:
        fields = [each.field for each in self._holders if each.record == match.record]
        if not fields:
            return f"it held the number {self._delivery.recipient} when it was matched"
        mapping = self._mappings.get(match.record.object)
        rule = f"; {mapping.path.name} says {_rule(mapping.holders)}" if mapping else ""
        return f"it holds the number in {', '.join(fields)}{rule}"

    def _unheld(self) -> str:
        if not self._delivery.recipient:
            return "no number is known that it was sent to"
        if not self._holders:
            return f"nobody holds {self._delivery.recipient} yet"
        objects = sorted({holder.record.object for holder in self._holders})
        rules = (
            f"{mapping.path.name} says {_rule(mapping.holders)}"
            if (mapping := self._mappings.get(name))
            else f"{name} has no mapping"
            for name in objects
        )
        return "somebody holds the number, but " + ", ".join(rules)

    def _refusals(self, *, first: int) -> Iterator[str]:
        """Why the first so many named records do not count."""
        named = (
            (self._delivery.reference, "which rode along"),
            (self._delivery.registered_record, "which was registered"),
        )
        shown = {match.record.id for match in self._matches}
        for record_id, how in named[:first]:
            if record_id and record_id not in shown:
                yield f"{record_id}, {how}, {self._fault(record_id)}"

    def _fault(self, record_id: str) -> str:
        known = self._records.get(record_id)
        name = known.record.object if known else self._names.of(record_id)
        if not name:
            return "is of no object that we know"
        if name not in self._mappings:
            return f"is of {name}, which has no mapping"
        return "is gone" if known and (known.deleted or known.successor) else "is elsewhere now"


def _rule(rule: HolderRule) -> str:
    return f"'holders: {rule}', {_CHOOSES[rule]}"
