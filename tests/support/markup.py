"""Whether a page is HTML as it should be: what browsers silently put right is a fault."""

import re
from collections import Counter
from html.parser import HTMLParser


_VOID = {"meta", "link", "input", "br", "img", "hr"}
_BLOCKS = {
    *("p", "div", "section", "ul", "ol", "table", "form", "h1", "h2", "h3", "header", "main"),
    *("nav", "blockquote", "details"),
}
#: Which elements an element may stand directly in, where that is limited.
_PARENTS = {
    "li": {"ul", "ol"},
    "tr": {"thead", "tbody"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "caption": {"table"},
    "summary": {"details"},
    "title": {"head", "rect"},
    "rect": {"svg"},
    "polyline": {"svg"},
    "line": {"svg"},
    "text": {"svg"},
}
_ONLY = {"ul": {"li"}, "ol": {"li"}, "table": {"caption", "thead", "tbody"}}
_NEVER_INSIDE = {"a": {"a", "button"}, "form": {"form"}, "button": {"a", "button"}}


class Markup(HTMLParser):
    """Reads one page, and notes what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.inputs: list[dict[str, str]] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self._open: list[str] = []
        if not text.startswith("<!doctype html>\n<html lang="):
            self.faults.append("has no doctype or no language")
        self.feed(text)
        self.close()
        self.faults += [f"{tag} is left open" for tag in self._open]
        self.faults += [f"id {name} comes {n} times" for name, n in self.ids.items() if n > 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        values = {name: value or "" for name, value in attrs}
        if len(set(names)) < len(names):
            self._fault(f"<{tag}> has an attribute twice")
        self.tags[tag] += 1
        self._check_place(tag)
        self._note(tag, values)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self._open:
            self._fault(f"<{tag}/> closes itself outside of SVG")
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self._fault(f"</{tag}> closes {self._open[-1:] or 'nothing'}")

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open and self._open[-1] in {*_ONLY, "tr", "tbody", "thead"}:
            self._fault(f"text in <{self._open[-1]}>: {data.strip()[:20]}")
        if re.search(r"&(?!\w+;|#)", data):
            self._fault("an & stands alone")

    def _check_place(self, tag: str) -> None:
        parent = self._open[-1] if self._open else ""
        if parent not in _PARENTS.get(tag, {parent}):
            self._fault(f"<{tag}> in <{parent}>")
        if tag not in _ONLY.get(parent, {tag}):
            self._fault(f"<{tag}> in <{parent}>")
        if tag in _BLOCKS and {"p", "h1", "h2", "h3", "button"} & set(self._open):
            self._fault(f"<{tag}> in a paragraph")
        if _NEVER_INSIDE.get(tag, set()) & set(self._open):
            self._fault(f"<{tag}> where none may be")

    def _note(self, tag: str, values: dict[str, str]) -> None:
        if "id" in values:
            self.ids[values["id"]] += 1
        if tag == "label":
            self.labels.add(values.get("for", ""))
        if tag == "input" and values.get("type") != "hidden":
            self.inputs.append(values)
        if tag == "svg" and not (values.get("aria-label") and values.get("role") == "img"):
            self._fault("a picture without words")
        if tag == "th" and "scope" not in values:
            self._fault("a heading of a table without a scope")

    def _fault(self, fault: str) -> None:
        self.faults.append(f"line {self.getpos()[0]}: {fault}")
