"""Whether the links of a page lead somewhere, to the heading that they name."""

from collections.abc import Iterator

from tests.documentation.page import Page


_ELSEWHERE = ("http://", "https://", "mailto:")


def faults(page: Page) -> Iterator[str]:
    """The links that lead nowhere, a line for each."""
    for target in page.links:
        if target.startswith(_ELSEWHERE):
            continue
        file, _, anchor = target.partition("#")
        path = page.path.parent / file
        if not path.exists():
            yield f"{target}: no such file"
        elif anchor and (path.suffix == ".md" or not file):
            other = Page(path, path.read_text("utf-8")) if file else page
            if anchor not in other.anchors:
                yield f"{target}: no such heading"
