"""The `fields:` of a mapping file: each field with the fact that fills it."""

import dataclasses
from collections.abc import Mapping as Map

from connector.domain.records import FieldValue
from connector.mapping.document import Complaints, Entry, Scalar, Table, quoted, shown
from connector.mapping.fact import Fact, Topic
from connector.mapping.facts import FACTS
from connector.mapping.message import topic_problem
from connector.mapping.rules import FieldRule
from connector.mapping.targets import field_problem, is_flag, nearest
from connector.mapping.translation import problems


_KEYS = ("fact", "translate", "other", "empty", "inverted")


def read_fields(
    entry: Entry | None,
    of_object: str,
    taken: Map[str, str],
    topics: frozenset[Topic],
    complaints: Complaints,
) -> tuple[FieldRule, ...]:
    """The rules; `taken` says of fields, in small letters, why they cannot be written."""
    if entry is None:
        return ()
    if not isinstance(entry.tree, Table) or not entry.tree.entries:
        complaints.add(entry.line, "'fields:' wants fields with facts, field: fact")
        return ()
    written: dict[str, Entry] = {}
    rules = []
    for field in entry.tree.entries.values():
        first = written.setdefault(field.key.lower(), field)
        if problem := field_problem(field.key, of_object):
            complaints.add(field.line, f"{shown(field.key)}: {problem}")
        if first is not field:
            again = f"{first.key} again, first in line {first.line}; capitals do not count"
            complaints.add(field.line, f"{shown(field.key)}: this is {again}")
        if field.key.lower() in taken:
            complaints.add(field.line, f"{shown(field.key)}: {taken[field.key.lower()]}")
        rules.append(_Field(field, topics, complaints).rule())
    return tuple(rule for rule in rules if rule)


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """One entry below `fields:` while it is being read."""

    entry: Entry
    topics: frozenset[Topic]
    complaints: Complaints

    def complain(self, text: str, line: int = 0) -> None:
        self.complaints.add(line or self.entry.line, f"{shown(self.entry.key)}: {text}")

    def rule(self) -> FieldRule | None:
        tree = self.entry.tree
        if isinstance(tree, Scalar) and isinstance(tree.value, str):
            fact = self._fact(tree)
            return self._checked(fact, {}) if fact else None
        if not isinstance(tree, Table):
            self.complain("wants a fact, such as delivery.status")
            return None
        for key, each in tree.entries.items():
            if key not in _KEYS:
                self.complain(f"unknown key {quoted(key)}{nearest(key, _KEYS)}", each.line)
        named = tree.entries.get("fact")
        if named is None:
            self.complain("'fact:' is missing")
            return None
        fact = self._fact(named.tree)
        return self._checked(fact, tree.entries) if fact else None

    def _fact(self, tree: object) -> Fact | None:
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
            self.complain("'fact:' wants a name, such as delivery.status")
            return None
        fact = FACTS.get(tree.value)
        if fact is None:
            hint = nearest(tree.value, FACTS)
            self.complain(f"unknown fact {quoted(tree.value)}{hint}", tree.line)
        return fact

    def _checked(self, fact: Fact, entries: Map[str, Entry]) -> FieldRule:
        rule = FieldRule(
            field=self.entry.key,
            fact=fact,
            translate=self._table(entries.get("translate")),
            other=self._plain(entries.get("other")),
            empty=self._plain(entries.get("empty")),
            inverted=self._truth(entries.get("inverted")),
            only_sets=is_flag(self.entry.key),
            line=self.entry.line,
        )
        has_other, has_empty = "other" in entries, "empty" in entries
        for problem in problems(rule, has_other=has_other, has_empty=has_empty):
            self.complain(problem)
        if problem := topic_problem(fact, self.topics):
            self.complain(problem)
        return rule

    def _table(self, entry: Entry | None) -> dict[str, FieldValue]:
        if entry is None:
            return {}
        if not isinstance(entry.tree, Table) or not entry.tree.entries:
            self.complain("'translate:' wants a table, value: value", entry.line)
            return {}
        return {key: self._plain(each) for key, each in entry.tree.entries.items()}

    def _plain(self, entry: Entry | None) -> FieldValue:
        if entry is None:
            return None
        if not isinstance(entry.tree, Scalar):
            self.complain(f"{shown(entry.key)} wants a single value", entry.line)
            return None
        return entry.tree.value

    def _truth(self, entry: Entry | None) -> bool:
        if entry is None:
            return False
        value = entry.tree.value if isinstance(entry.tree, Scalar) else None
        if not isinstance(value, bool):
            self.complain("'inverted:' is true or false", entry.line)
            return False
        return value
