"""The `message:` of a mapping file: an object whose records are messages, not people."""

import dataclasses
import re

from connector.mapping.document import Complaints, Entry, Listing, Scalar, Table, quoted, shown
from connector.mapping.fact import Fact, Topic
from connector.mapping.rules import KeyValue, MessageRule
from connector.mapping.targets import MEMBER, is_custom_object, nearest, phone_problem


_KEYS = ("key", "value", "create", "gateways", "person", "campaign")
_GATEWAY = re.compile(r"[a-z0-9]+")

#: What a message, and what a campaign's member, can be told; people are told everything else.
_OF_MESSAGES = frozenset({Topic.DELIVERY, Topic.MESSAGE})
_OF_MEMBERS = frozenset({Topic.DELIVERY})
_OF_PEOPLE = frozenset(Topic) - {Topic.MESSAGE}


def topics_of(of_object: str, *, is_message: bool) -> frozenset[Topic]:
    """Of which topics the records of an object can be told."""
    if is_message:
        return _OF_MESSAGES
    return _OF_MEMBERS if of_object == MEMBER else _OF_PEOPLE


def topic_problem(fact: Fact, topics: frozenset[Topic]) -> str:
    """Why this object cannot be told this fact; "" where it can."""
    if fact.topic in topics:
        return ""
    if fact.topic is Topic.MESSAGE:
        return f"{fact.name} is for an object of messages: add 'message:'"
    known = " and ".join(sorted(f"{topic}." for topic in topics))
    return f"{fact.name} is a person's; this object takes {known} facts"


def read_message(
    entry: Entry | None, of_object: str, complaints: Complaints
) -> MessageRule | None:
    if entry is None:
        return None
    if not isinstance(entry.tree, Table) or "key" not in entry.tree.entries:
        complaints.add(entry.line, "'message:' wants the field of the message's id: key: X__c")
        return None
    for name, each in entry.tree.entries.items():
        if name not in _KEYS:
            complaints.add(each.line, f"{shown(name)}: unknown key{nearest(name, _KEYS)}")
    if of_object and not is_custom_object(of_object):
        complaints.add(entry.line, f"'message:' is for custom objects, not {of_object}")
    return _Message(entry.tree, complaints).rule()


@dataclasses.dataclass(frozen=True, slots=True)
class _Message:
    """The table below `message:` while it is being read."""

    table: Table
    complaints: Complaints

    def rule(self) -> MessageRule:
        rule = MessageRule(
            key=self._key(),
            value=self._value(),
            create=self._create(),
            gateways=self._gateways(),
            person=self._person(),
            campaign=self._campaign(),
        )
        if rule.create and rule.person:
            self._complain(
                "person", "whose record it is can only be read where 'create: false'"
            )
        if rule.create and rule.campaign:
            self._complain("campaign", "its campaign can only be read where 'create: false'")
        if rule.create and rule.value is KeyValue.ID_ALONE and len(rule.gateways) != 1:
            self._complain("value", "two gateways may give one id: name one in 'gateways:'")
        return rule

    def _complain(self, key: str, text: str) -> None:
        line = self.table.entries[key].line
        self.complaints.add(line, f"'{key}:' {text}" if text.startswith("wants") else text)

    def _key(self) -> str:
        tree = self.table.entries["key"].tree
        name = tree.value if isinstance(tree, Scalar) else None
        if not isinstance(name, str) or phone_problem(name):
            self._complain("key", "wants the name of a field")
            return ""
        return name

    def _value(self) -> KeyValue:
        entry = self.table.entries.get("value")
        if entry is None:
            return KeyValue.WITH_GATEWAY
        word = entry.tree.text if isinstance(entry.tree, Scalar) else ""
        if word not in tuple(KeyValue):
            self._complain("value", f"wants one of {', '.join(KeyValue)}")
            return KeyValue.WITH_GATEWAY
        return KeyValue(word)

    def _create(self) -> bool:
        entry = self.table.entries.get("create")
        if entry is None:
            return True
        value = entry.tree.value if isinstance(entry.tree, Scalar) else None
        if not isinstance(value, bool):
            self._complain("create", "wants true or false")
        return value is not False

    def _gateways(self) -> tuple[str, ...]:
        names = self._words("gateways")
        for name in names:
            if not _GATEWAY.fullmatch(name):
                self._complain("gateways", f"{quoted(name)}: not the name of a gateway")
        return names

    def _person(self) -> tuple[str, ...]:
        names = self._words("person")
        for name in names:
            if problem := phone_problem(name):
                self._complain("person", f"{shown(name)}: {problem}")
        return names

    def _campaign(self) -> str:
        entry = self.table.entries.get("campaign")
        if entry is None:
            return ""
        name = entry.tree.value if isinstance(entry.tree, Scalar) else None
        if not isinstance(name, str) or not name:
            self._complain("campaign", "wants the name of one field")
            return ""
        if problem := phone_problem(name):
            self._complain("campaign", f"{shown(name)}: {problem}")
        return name

    def _words(self, key: str) -> tuple[str, ...]:
        entry = self.table.entries.get(key)
        if entry is None:
            return ()
        items = entry.tree.items if isinstance(entry.tree, Listing) else ()
        words = [each.value for each in items if isinstance(each, Scalar)]
        names = [word for word in words if isinstance(word, str)]
        if not names or len(names) != len(items):
            self._complain(key, "wants a list of names")
        return tuple(dict.fromkeys(names))
