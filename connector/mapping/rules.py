"""A mapping: which facts go to which fields of one object, ready to be used."""

import dataclasses
import enum
from collections.abc import Mapping as Map
from pathlib import Path

from connector.domain.person import Person
from connector.domain.records import FieldValue
from connector.mapping.facts import Fact, Topic, is_known


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """
    What one Salesforce object learns, read from one file.

    `phones` are the fields that hold numbers, in order of preference.
    """

    object: str
    phones: tuple[str, ...] = ()
    holders: HolderRule = HolderRule.NEWEST
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
    def topics(self) -> frozenset[Topic]:
        """What the object wants to know of at all."""
        return frozenset(topic for topic, rules in self._by_topic.items() if rules)

    def values(self, topic: Topic, person: Person) -> dict[str, FieldValue]:
        """All fields of that topic; none where nothing is known of it."""
        if not is_known(topic, person):
            return {}
        values = {rule.field: rule.value(person) for rule in self._by_topic[topic]}
        for rule in self._by_topic[topic]:
            if rule.only_sets and values[rule.field] is not True:
                del values[rule.field]
        return values
