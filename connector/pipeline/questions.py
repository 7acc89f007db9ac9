"""What Salesforce is asked for, many records a question."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.mapping import MEMBER
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.labels import LABELS
from connector.pipeline.memberships import MEMBERSHIPS, end_of, stored
from connector.salesforce.members import MOST_PAIRS
from connector.salesforce.messages import value_batches
from connector.salesforce.org import Org
from connector.store import Store
from connector.store.lookups import Lookup


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What Salesforce has: an id, and those that the record tells of; or why it did not say."""

    record_id: str = ""
    details: tuple[str, ...] = ()
    error: str = ""


Answers = Mapping[tuple[str, str], Answer]


class Questions:
    """Puts lookups into questions, for records of messages, members, and members' labels."""

    def __init__(
        self,
        store: Store,
        org: Org,
        mappings: Mapping[str, ObjectMapping],
        *,
        memberships: bool = False,
    ) -> None:
        self._store = store
        self._org = org
        self._messages = {
            name: each
            for name, each in mappings.items()
            if each.message and not each.message.create
        }
        self._member = mappings.get(MEMBER)
        self._memberships = memberships

    def __bool__(self) -> bool:
        """Whether anything may have to be asked."""
        return bool(self.objects) or self._memberships

    @property
    def objects(self) -> list[str]:
        """The objects whose records have to be looked for."""
        return [*self._messages, *([MEMBER] if self._member else [])]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the status of a member may be."""
        return self._member.labels if self._member else ()

    def batches(self, due: Iterable[Lookup]) -> Iterator[list[Lookup]]:
        """As many of one object as one query takes, those of a campaign side by side."""
        ordered = sorted(due, key=lambda each: (each.object, each.scope, each.name))
        for name, group in itertools.groupby(ordered, key=lambda each: each.object):
            if name in self._messages:
                yield from self._by_value(self._messages[name], list(group))
            else:
                rows = list(group)
                yield from (
                    rows[at : at + MOST_PAIRS] for at in range(0, len(rows), MOST_PAIRS)
                )

    def _by_value(
        self, mapping: ObjectMapping, lookups: Sequence[Lookup]
    ) -> Iterator[list[Lookup]]:
        by_value: dict[str, list[Lookup]] = {}
        for each in lookups:
            by_value.setdefault(_value(mapping, each), []).append(each)
        for values in value_batches(by_value):
            yield [each for value in values for each in by_value[value]]

    def ask(self, lookups: Sequence[Lookup]) -> Answers:
        name = lookups[0].object
        if name in self._messages:
            return self._ask_messages(self._messages[name], lookups)
        if name == MEMBER and self._member:
            return self._ask_members(lookups)
        if name == MEMBERSHIPS and self._memberships:
            return self._ask_memberships(lookups)
        if name == LABELS and self._member:
            return self._ask_labels([each.scope for each in lookups], self._member.labels)
        return {each.key: Answer(error="no mapping wants it any more") for each in lookups}

    def _ask_messages(self, mapping: ObjectMapping, lookups: Sequence[Lookup]) -> Answers:
        rule = mapping.message
        if rule is None:
            return {}
        values = {each.key: _value(mapping, each) for each in lookups}
        asked = sorted({value for value in values.values() if value})
        found = (
            self._org.messages(mapping.object, rule.key, asked, rule.person, rule.campaign)
            if asked
            else {}
        )
        return {
            key: Answer(found[value].id, found[value].details)
            for key, value in values.items()
            if value in found
        }

    def _ask_members(self, lookups: Sequence[Lookup]) -> Answers:
        people = self._members_of(lookups)
        pairs = {
            each.key: (each.scope, people[each.key]) for each in lookups if each.key in people
        }
        members = self._org.members(sorted(set(pairs.values()))) if pairs else {}
        return {key: Answer(members[pair]) for key, pair in pairs.items() if pair in members}

    def _ask_memberships(self, lookups: Sequence[Lookup]) -> Answers:
        """That somebody is in no campaign is an answer, too."""
        people = self._members_of(lookups)
        if not people:
            return {}
        until = max(map(end_of, people))
        found = self._org.memberships(sorted(set(people.values())), until)
        return {
            key: Answer(person, stored(key, found.get(person, ())))
            for key, person in people.items()
        }

    def _members_of(self, lookups: Sequence[Lookup]) -> Mapping[tuple[str, str], str]:
        """Who may be a member; a person account is one as its contact, another account none."""
        accounts = [each.name for each in lookups if each.name.startswith("001")]
        with self._store.transaction(reads=True) as transaction:
            contacts = transaction.directory.contacts_of(accounts) if accounts else {}
        return {
            each.key: contacts.get(each.name, each.name)
            for each in lookups
            if each.name in contacts or not each.name.startswith("001")
        }

    def _ask_labels(self, campaigns: Sequence[str], labels: Sequence[str]) -> Answers:
        failed = self._org.ensure_labels(campaigns, labels)
        return {
            (campaign, ""): Answer(error=failed[campaign])
            if campaign in failed
            else Answer(campaign, tuple(labels))
            for campaign in campaigns
        }


def _value(mapping: ObjectMapping, lookup: Lookup) -> str:
    return mapping.message.value_of(lookup.scope, lookup.name) if mapping.message else ""
