"""A mapping: which facts go to which fields of one object, ready to be used."""

import dataclasses
import enum
from collections.abc import Iterable
from collections.abc import Mapping as Map
from pathlib import Path

from connector.domain.person import Person
from connector.domain.records import FieldValue
from connector.mapping.fact import Fact, FactKind, Topic, is_known
from connector.mapping.facts import OPTED_OUT
from connector.mapping.targets import MEMBER, PEOPLE


_STATUS = "status"


class HolderRule(enum.StrEnum):
    """
    Who gets a status when several records hold the number and none was named.

    The record that the message was sent for always comes first; consent goes to all holders
    whatever the rule.
    """

    NEWEST = "newest"  # the one changed last
    OLDEST = "oldest"
    ALL = "all"
    NONE = "none"  # none of them: kept as unmatched


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """
    One field and the fact that fills it.

    `translate` has the field's value for the fact's; `other` is for what it does not name,
    `empty` for no value at all. `only_sets` marks flags that people set by hand too: we tick
    them and never untick them.
    """

    field: str
    fact: Fact
    translate: Map[str, FieldValue] = dataclasses.field(default_factory=dict)
    other: FieldValue = None
    empty: FieldValue = None
    inverted: bool = False
    only_sets: bool = False
    line: int = 0

    @property
    def written(self) -> tuple[FieldValue, ...]:
        """All that it can write where that is known; nothing for free text."""
        if self.translate:
            return (*self.translate.values(), self.other, self.empty)
        return self.fact.values

    @property
    def is_checkbox(self) -> bool:
        if self.translate:
            return any(isinstance(value, bool) for value in self.written)
        return self.fact.kind is FactKind.BOOLEAN

    def value(self, person: Person) -> FieldValue:
        """What the field shall hold; None clears it."""
        value = self.fact.read(person)
        if self.inverted:
            return not value
        if not self.translate:
            return value
        if value is None:
            return self.empty
        return self.translate.get(spelled(value), self.other)


def spelled(value: FieldValue) -> str:
    """A fact's value as a translation table writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class KeyValue(enum.StrEnum):
    """What stands in the field that names a message."""

    WITH_GATEWAY = "gateway/message_id"  # two gateways may give the same id
    ID_ALONE = "message_id"


#: The longest text that an external id holds (Object Reference, "Text" custom fields).
LONGEST_KEY = 255


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageRule:
    """
    How an object describes a message instead of a person: one record a message.

    `key` is the field that names the message. With `create` the record is made where there is
    none, so the key must be a unique external id; without, it is another program's, which we
    look for. `person` are its lookups to whom the message went, `campaign` the one to the
    campaign that it was sent for. Of gateways that are not in `gateways` it wants nothing;
    empty means all.
    """

    key: str
    value: KeyValue = KeyValue.WITH_GATEWAY
    create: bool = True
    gateways: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    campaign: str = ""

    def value_of(self, gateway: str, message_id: str) -> str:
        """What the key holds for this message; empty where it has no record here."""
        if self.gateways and gateway not in self.gateways:
            return ""
        alone = self.value is KeyValue.ID_ALONE
        value = message_id if alone else f"{gateway}/{message_id}"
        return value if len(value) <= LONGEST_KEY and value.isprintable() else ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """
    What one Salesforce object learns, read from one file.

    `phones` are the fields that hold numbers, in order of preference. With `message`, its
    records are messages, not people.
    """

    object: str
    phones: tuple[str, ...] = ()
    holders: HolderRule = HolderRule.NEWEST
    message: MessageRule | None = None
    fields: tuple[FieldRule, ...]
    path: Path
    line: int = 1
    _by_topic: Map[Topic, tuple[FieldRule, ...]] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_topic = {
            topic: tuple(rule for rule in self.fields if rule.fact.topic is topic)
            for topic in Topic
        }
        object.__setattr__(self, "_by_topic", by_topic)

    @property
    def opt_out_fields(self) -> Map[str, bool]:
        """
        The flags that say an opt-out here, each with whether it says it the other way round.

        Not those that are ticked for other reasons too, such as DoNotCall.
        """
        return {
            rule.field: rule.inverted
            for rule in self.fields
            if rule.fact.name == OPTED_OUT and rule.is_checkbox and not rule.translate
            if not rule.only_sets
        }

    @property
    def topics(self) -> frozenset[Topic]:
        """What the object wants to know of at all."""
        return frozenset(topic for topic, rules in self._by_topic.items() if rules)

    @property
    def of_person(self) -> bool:
        """Whether its records are who a message went to, not something beside them."""
        return self.message is None and (bool(self.phones) or self.object in PEOPLE)

    @property
    def of_member(self) -> bool:
        """Whether its records are found by the campaign and the person of a message."""
        return self.object == MEMBER

    @property
    def labels(self) -> tuple[str, ...]:
        """What may be written to a campaign member's Status; empty where nothing is."""
        rules = (r for r in self.fields if self.of_member and r.field.lower() == _STATUS)
        return tuple(
            dict.fromkeys(
                label for rule in rules for label in rule.written if isinstance(label, str)
            )
        )

    def cleared(self, fields: Iterable[str]) -> dict[str, FieldValue]:
        """What takes these fields back; a checkbox cannot be empty."""
        checkboxes = {rule.field for rule in self.fields if rule.is_checkbox}
        return {field: False if field in checkboxes else None for field in fields}

    def values(self, topic: Topic, person: Person) -> dict[str, FieldValue]:
        """All fields of that topic; none where nothing is known of it."""
        if not is_known(topic, person):
            return {}
        values = {rule.field: rule.value(person) for rule in self._by_topic[topic]}
        for rule in self._by_topic[topic]:
            if rule.only_sets and values[rule.field] is not True:
                del values[rule.field]
        return values
