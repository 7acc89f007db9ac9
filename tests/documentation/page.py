"""One page of the documentation, taken apart: headings, links, and what stands in code."""

import dataclasses
import re
from collections import Counter
from functools import cached_property
from pathlib import Path


_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SOURCE = re.compile(r"\b(?:src|srcset|href)=\"([^\"]+)\"")
#: Blocks in which each line is typed, not only what follows a prompt.
_TYPED = {"sh", "bash"}
_PROMPT = "$ "


@dataclasses.dataclass(frozen=True)
class Page:
    """The text of a page, and where it lies."""

    path: Path
    text: str

    @cached_property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _FENCE.sub("", self.text)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What its headings may be linked by, as GitHub names them."""
        found: Counter[str] = Counter()
        names = []
        for heading in _HEADING.findall(self.prose):
            name = _anchor(heading)
            names.append(f"{name}-{found[name]}" if found[name] else name)
            found[name] += 1
        return frozenset(names)

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links and pictures."""
        text = _SPAN.sub("``", self.prose)
        return _LINK.findall(text) + _SOURCE.findall(text)

    @cached_property
    def tables(self) -> list[list[int]]:
        """Of each table, into how many cells its rows fall apart."""
        found: list[list[int]] = []
        before = ""
        for line in self.prose.splitlines():
            if line.startswith("|"):
                if not before.startswith("|"):
                    found.append([])
                found[-1].append(len(re.findall(r"(?<!\\)\|", line)) - 1)
            before = line
        return found

    @cached_property
    def spans(self) -> list[str]:
        """What stands in the text as code, a line break counting as a blank."""
        return [" ".join(each.split()) for each in _SPAN.findall(self.prose)]

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """The blocks of code: the language, and the text."""
        return [(language, text) for _, language, text in _FENCE.findall(self.text)]

    @cached_property
    def typed(self) -> list[str]:
        """The lines that somebody shall type, those that go on in the next one joined."""
        return [
            line
            for language, text in self.blocks
            for line in _typed(language, text.replace("\\\n", " "))
        ]

    @cached_property
    def code(self) -> list[str]:
        """Everything that stands as code."""
        return [*self.spans, *(text for _, text in self.blocks)]


def _typed(language: str, text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    prompted = [line.removeprefix(_PROMPT) for line in lines if line.startswith(_PROMPT)]
    if prompted:
        return prompted
    whole = language in _TYPED
    return [line for line in lines if whole or re.match(r"(connector|make)\s+\w", line)]


def _anchor(heading: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
