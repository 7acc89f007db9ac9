"""
CSV as Bulk API 2.0 reads and writes it: stricter than spreadsheets are.

Bulk API 2.0 guide, "Prepare CSV Files": UTF-8, one row of field names, values are not trimmed,
a space beside a double quote spoils its row. Not documented, and therefore a choice here: a
quote inside an unquoted value and a row with another number of values spoil their row too.
"""

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Sequence


DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
_LONGEST_HEADER = 32_000


class UnreadableError(Exception):
    """The upload as a whole is no CSV of this job; the text is the job's error message."""


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One row: its values, and what is wrong with their form."""

    cells: tuple[str, ...]
    problem: str = ""


def read(content: bytes, *, delimiter: str, ending: str) -> Iterator[Line]:
    """The rows of an upload, the header first; delimiter and ending as the job names them."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        message = "ClientInputError : Failed to read request. Exception: Invalid UTF-8"
        raise UnreadableError(f"{message} byte at {error.start}") from error
    _check_endings(text, ending)
    lines = _lines(text, DELIMITERS[delimiter], LINE_ENDINGS[ending])
    header = next(lines, None)
    if header is None or header.problem:
        raise UnreadableError("InvalidBatch : Field name not found : ")
    if sum(len(name) + 1 for name in header.cells) > _LONGEST_HEADER:
        message = f"The header row is longer than {_LONGEST_HEADER} characters"
        raise UnreadableError(f"InvalidBatch : {message}")
    yield header
    for line in lines:
        yield _checked(line, len(header.cells))


def write(rows: Iterable[Sequence[str]], *, delimiter: str, ending: str) -> bytes:
    """Every value in quotes, as the result files have them."""
    between = f'"{DELIMITERS[delimiter]}"'
    end = LINE_ENDINGS[ending]
    parts = [
        f'"{between.join(cell.replace(chr(34), chr(34) * 2) for cell in row)}"{end}'
        for row in rows
    ]
    return "".join(parts).encode()


def _check_endings(text: str, ending: str) -> None:
    other = "\r" if ending == "LF" else "\n"
    if other in (text.replace("\r\n", "") if ending == "CRLF" else text):
        message = "LineEnding is invalid on user data. Current LineEnding setting is"
        raise UnreadableError(f"ClientInputError : {message} {ending}")


def _lines(text: str, delimiter: str, end: str) -> Iterator[Line]:
    pattern = _pattern(delimiter, end)
    at, length = 0, len(text)
    cells: list[str] = []
    problem = ""
    while at < length:
        match = pattern.match(text, at)
        if match is None:
            raise UnreadableError("InvalidBatch : Failed to parse CSV: a quote is not closed")
        quoted, plain, spoilt, stop = match.groups()
        if quoted is not None:
            cells.append(quoted.replace('""', '"'))
        else:
            cells.append(plain if spoilt is None else spoilt)
            problem = problem or ("" if spoilt is None else "character beside a double quote")
        at = match.end()
        if stop == delimiter and at < length:
            continue
        if stop == delimiter:
            cells.append("")
        if cells != [""]:
            yield Line(tuple(cells), problem)
        cells, problem = [], ""


@functools.cache
def _pattern(delimiter: str, end: str) -> re.Pattern[str]:
    """A quoted value, a plain one, or one with a quote where none may be; then what ends it."""
    mark, stop = re.escape(delimiter), re.escape(end)
    return re.compile(
        rf'(?:"((?:[^"]|"")*)"(?={mark}|{stop}|\Z)'
        rf'|([^"{mark}\r\n]*)(?={mark}|{stop}|\Z)'
        rf"|([^{mark}\r\n]+))({mark}|{stop}|\Z)"
    )


def _checked(line: Line, width: int) -> Line:
    if not line.problem and len(line.cells) != width:
        return Line(line.cells, f"{len(line.cells)} values where the header has {width}")
    return line
