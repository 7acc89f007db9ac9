"""SOQL cut into tokens, each knowing where it stood, for errors that point at it."""

import dataclasses
import re

from connector.emulator.errors import ApiError


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """`kind` is name, string, number, datetime, date, symbol or end."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text


_PATTERNS = re.compile(
    r"""(?P<space>\s+)
    |(?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
    |(?P<date>\d{4}-\d{2}-\d{2})
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<symbol><=|>=|!=|<>|[=<>(),:])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "_": "\\_",
    "%": "\\%",
}


def malformed(query: str, at: int, message: str, code: str = "MALFORMED_QUERY") -> ApiError:
    """An error with the query and a caret, as the org writes it."""
    line = query.replace("\n", " ")
    return ApiError(
        400, code, f"\n{line}\n{' ' * at}^\nERROR at Row:1:Column:{at + 1}\n{message}"
    )


def tokens(query: str) -> list[Token]:
    found = []
    at = 0
    while at < len(query):
        match = _PATTERNS.match(query, at)
        if match is None:
            raise malformed(query, at, f"unexpected token: '{query[at]}'")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return [*found, Token("end", "<EOF>", len(query))]


def unescaped(query: str, token: Token) -> str:
    r"""
    The text of a string token.

    `\_` and `\%` keep their backslash: only LIKE gives them a meaning. A backslash before
    any other letter is an error, as in the SOQL reference, "Quoted String Escape Sequences".
    """
    body = token.text[1:-1]
    out = []
    at = 0
    while at < len(body):
        letter = body[at]
        if letter == "\\":
            at += 1
            if body[at] not in _ESCAPES:
                raise malformed(query, token.at, f"Invalid string literal '{body}'")
            letter = _ESCAPES[body[at]]
        out.append(letter)
        at += 1
    return "".join(out)
