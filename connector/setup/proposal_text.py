"""A proposed mapping as the text of a file, with comments that say why."""

import textwrap
from collections.abc import Iterator

from connector.mapping import FACTS
from connector.setup.proposal import Proposal, Proposed


_WIDTH = 80


def text_of(proposal: Proposal) -> str:
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        f"What {proposal.label or proposal.object} learns of its text messages. Proposed from"
        " the fields that the integration user sees: read it, change it, then call"
        " `connector mappings check --org FILE`. Left: the field, right: the fact that fills"
        " it."
    )
    yield f"object: {proposal.object}"
    yield ""
    yield from _phones(proposal)
    yield ""
    yield from _comment(
        "Several records with one number, and none named by the sender: the one changed last."
    )
    yield "holders: newest"
    yield ""
    if proposal.has_persons:
        yield from _comment(
            "This org has person accounts. A mapping for Contact reaches the people behind"
            " them too, and both must not write the same fields: use one of the two."
        )
    yield "fields:"
    for each in proposal.fields:
        yield from _field(each)
    yield from _left_out(proposal)
    yield from _without(proposal)


def _phones(proposal: Proposal) -> Iterator[str]:
    if not proposal.phones:
        yield from _comment(
            "No field with phone numbers was found: people are found by the record id that the"
            " sender gives, and by no number."
        )
        yield "phones: []"
        return
    yield from _comment("Where numbers stand, the one that messages go to first.")
    yield "phones:"
    for each in proposal.phones:
        yield from _commented(f"  - {each.name}", each.why)


def _field(each: Proposed) -> Iterator[str]:
    if each.inverted:
        yield from _commented(f"  {each.name}:", each.why)
        yield f"    fact: {each.fact}"
        yield "    inverted: true"
    else:
        yield from _commented(f"  {each.name}: {each.fact}", each.why)


def _left_out(proposal: Proposal) -> Iterator[str]:
    if proposal.left_out:
        yield ""
        yield "  # Not taken:"
        reasons: dict[str, list[str]] = {}
        for name, why in proposal.left_out:
            reasons.setdefault(why, []).append(name)
        for why, names in reasons.items():
            yield from _comment(f"{', '.join(names)}: {why}", "  ")


def _without(proposal: Proposal) -> Iterator[str]:
    if proposal.without:
        yield ""
        yield from _comment(
            "No field was found for these facts. To use one, name a field and take the # away.",
            "  ",
        )
        for fact, why in proposal.without:
            yield from _commented(f"  # FIELD__c: {fact}", why or FACTS[fact].describe)


def _commented(line: str, comment: str) -> Iterator[str]:
    """A line and why, beside it or, where that gets too long, above it."""
    behind = f"{line}  # {_plain(comment)}"
    if not comment:
        yield line
    elif len(behind) <= _WIDTH:
        yield behind
    else:
        yield from _comment(comment, "  ")
        yield line


def _comment(text: str, indent: str = "") -> Iterator[str]:
    mark = f"{indent}# "
    yield from textwrap.wrap(_plain(text), _WIDTH, initial_indent=mark, subsequent_indent=mark)


def _plain(text: str) -> str:
    """One line without anything that YAML does not print."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
