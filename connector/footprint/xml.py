"""Metadata as XML, as Salesforce writes it: one element a line, indented by four spaces."""

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from connector.footprint.component import Body, Value


NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_INDENT = "    "
_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: What XML 1.0 cannot hold, not even escaped (section 2.2, "Characters").
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(kind: str, body: Body, full_name: str = "") -> str:
    """A whole file; `full_name` is left out where the name of the file says it."""
    named: Body = {"fullName": full_name, **body} if full_name else body
    lines = [
        DECLARATION,
        f'<{_checked(kind)} xmlns="{NAMESPACE}">',
        *_children(named, _INDENT),
        f"</{kind}>",
    ]
    return "\n".join(lines) + "\n"


def _children(body: Body, indent: str) -> Iterator[str]:
    for name, value in body.items():
        # A text is a sequence too, of texts.
        if isinstance(value, str | bool | int | float | Mapping):
            yield from _element(_checked(name), value, indent)
        else:
            for each in value:
                yield from _element(_checked(name), each, indent)


def _element(name: str, value: Value, indent: str) -> Iterator[str]:
    match value:
        case bool():
            yield f"{indent}<{name}>{str(value).lower()}</{name}>"
        case str() | int() | float():
            yield f"{indent}<{name}>{_text(str(value))}</{name}>"
        case Mapping() if not value:
            yield f"{indent}<{name}/>"
        case Mapping():
            yield f"{indent}<{name}>"
            yield from _children(value, indent + _INDENT)
            yield f"{indent}</{name}>"
        case _:
            raise TypeError(f"{name}: a sequence within a sequence has no form in XML")


def _text(value: str) -> str:
    if found := _FORBIDDEN.search(value):
        raise ValueError(f"XML cannot hold the character {found.group()!r}")
    return escape(value, {'"': "&quot;", "'": "&apos;"})


def _checked(name: str) -> str:
    if not _ELEMENT.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an element")
    return name
