"""
Writes docs/facts.md: every fact by its topic.

What stands there beyond the declarations is in fact_words.yaml.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from connector import mapping
from connector.mapping import Fact, FactKind, Topic


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "facts.md"
WORDS = Path(__file__).with_name("fact_words.yaml")

Tabulate = Callable[[Sequence[str], Iterable[Sequence[str]]], str]

_BEGINNING = """\
What a [mapping file](mappings.md) may put into a Salesforce field. The list is closed: a
mapping is data, never code. Any fact may go into as many fields as you like, in your own words
by `translate`.
"""

_TOPICS = {
    Topic.DELIVERY: "Of the record's latest message, by when it was sent; written together.",
    Topic.CONSENT: "Of the record's numbers, and on every record that holds one of them.",
    Topic.ENGAGEMENT: "What the person did, on every record that holds the number.",
    Topic.HYGIENE: "Whether the record's number still works: [hygiene](hygiene.md).",
    Topic.PERSON: "Of the record itself.",
    Topic.MESSAGE: "Of one message, for records of messages.",
}

#: Which fields of Salesforce can hold a fact of a kind.
_FIELDS = {
    FactKind.TEXT: "a text field",
    FactKind.DATETIME: "a date and time field",
    FactKind.BOOLEAN: "a checkbox",
    FactKind.ID: "a text field of 18, or a lookup",
    FactKind.PICKLIST: "a picklist with these values, or a text field",
    FactKind.NUMBER: "a number field",
}


def words() -> Mapping[str, Mapping[str, str]]:
    """What is said of each fact: an example, and what to know."""
    told: Mapping[str, Mapping[str, str]] = yaml.safe_load(WORDS.read_text("utf-8"))
    return told


def page(tabulate: Tabulate) -> str:
    said, shipped = words(), _shipped()
    rows = [
        (f"[`{each.name}`](#{_anchor(each.name)})", each.kind, each.describe)
        for each in mapping.FACTS.values()
    ]
    parts = [
        "# Facts",
        "<!-- Written by `make docs` from the code: change it there. -->",
        _BEGINNING,
        tabulate(["fact", "kind", "what it is"], rows),
    ]
    for topic, about in _TOPICS.items():
        parts += [f"## {topic.value.capitalize()}", about]
        for fact in mapping.FACTS.values():
            if fact.topic is topic:
                parts += _fact(fact, said.get(fact.name, {}), shipped[fact.name])
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _fact(fact: Fact, said: Mapping[str, str], shipped: Sequence[str]) -> Iterable[str]:
    about = fact.describe
    yield f"### `{fact.name}`"
    yield f"{about[:1].upper()}{about[1:]}. {said.get('effect', '')}"
    lines = [f"for {_FIELDS[fact.kind]}{_size(fact)}"]
    if fact.values:
        lines.append(f"values: {', '.join(f'`{value}`' for value in fact.values)}")
    lines.append("may be empty" if fact.may_be_empty else "never empty")
    lines.append(f"example: `{said.get('example', '')}`")
    if shipped:
        lines.append(f"shipped as {', '.join(shipped)}")
    yield "\n".join(f"- {line}" for line in lines)


def _size(fact: Fact) -> str:
    if fact.longest:
        return f" of {fact.longest} or more"
    return f" to {fact.refers}" if fact.refers else ""


def _shipped() -> Mapping[str, list[str]]:
    """The fields that the mappings which come with the service fill, by fact."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "mappings").rglob("*.yaml")):
        loaded = mapping.load(path)
        for rule in loaded.fields:
            name = f"`{rule.field}`"
            place = (
                name if loaded.object in {"Contact", "Lead"} else f"{name} of {loaded.object}"
            )
            if place not in found[rule.fact.name]:
                found[rule.fact.name].append(place)
    return found


def _anchor(name: str) -> str:
    return name.replace(".", "")
