"""
Log lines: a constant message that names the event, the rest in fields.

    log.warning("sf.unavailable", extra={"records": len(batch)})

JSON lines for machines, short text for terminals. Callers log no number, body or secret; as
the last line of defence, what looks like one is masked here, and an error that is not our own
is logged with its place and its name, without what it says: that may be a text of somebody.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from connector.domain.errors import ConnectorError


#: The most characters that a field, and that a traceback may have.
LONGEST_FIELD = 2_048
LONGEST_TRACEBACK = 16_384

#: Libraries whose chatter below these levels is of no use to an operator. The scheduler warns
#: whenever a round takes longer than the pause between two; that is as it should be.
_QUIET = {
    "alembic": logging.WARNING,
    "apscheduler": logging.ERROR,
    "asyncio": logging.WARNING,
    "urllib3": logging.WARNING,
}

_OWN_FIELDS = {"time", "level", "event", "logger", "traceback"}
_RECORD_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}

# With a plus (or its form in a URL) eight digits are a number, however grouped; without one,
# ten, for shorter runs are counts. Parts of longer words, of ids and of times are left alone.
_PHONE = re.compile(
    r"(?:\+|%2[Bb])\d(?:[ ().-]{0,2}\d){7,14}"
    r"|(?<![\w.:+-])\d{10,15}(?![\w:-])"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHORTEST_SECRET = 6
_LED_TO = "\n\nwhich led to:\n\n"


def mask(phone: str) -> str:
    """A number that its owner may recognise and nobody can call: +35840•••4567."""
    shown = min(len(phone) - 7, 6)
    return f"{phone[:shown]}•••{phone[-4:]}" if shown > 0 else "•••"


class Redactor:
    """Takes numbers and known secrets out of whatever is about to be written."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._secret: re.Pattern[str] | None = None
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Take these out as well."""
        parts = {part for secret in secrets for part in (secret, *secret.splitlines())}
        self._known |= {part for part in parts if len(part) >= _SHORTEST_SECRET}
        known = sorted(self._known, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        if self._secret:
            text = self._secret.sub("***", text)
        return _PHONE.sub(lambda found: mask(re.sub(r"[ ().-]", "", found[0])), text)

    def field(self, value: object) -> object:
        """The value as JSON may hold it, short enough and masked."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat()
        if isinstance(value, Mapping):
            return {str(key): self.field(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.field(each) for each in value]
        text = self.text(str(value))
        return text if len(text) <= LONGEST_FIELD else f"{text[: LONGEST_FIELD - 1]}…"


class RedactingFormatter(logging.Formatter):
    """Writes no line without having taken out what nobody shall read."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def hide(self, secrets: Iterable[str]) -> None:
        self._redactor.hide(secrets)


class JsonFormatter(RedactingFormatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": self._redactor.field(record.getMessage()),
            "logger": record.name,
            **_fields(record, self._redactor),
        }
        if trace := _traceback(record, self._redactor):
            line["traceback"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(RedactingFormatter):
    """A line for people: time in UTC, level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record, self._redactor)
        words = [
            f"{_time(record):%H:%M:%S}",
            f"{record.levelname.lower():7}",
            str(self._redactor.field(record.getMessage())),
            *(f"{name}={value}" for name, value in fields.items()),
        ]
        line = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", " ".join(words))
        trace = _traceback(record, self._redactor)
        return f"{line}\n{trace}" if trace else line


def setup(
    *,
    level: str = "info",
    format: str = "auto",  # noqa: A002, the setting's word
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log line to the stream (standard error), in one format, masked."""
    stream = stream or sys.stderr
    redactor = Redactor(secrets)
    text = format == "text" or (format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter(redactor) if text else JsonFormatter(redactor))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def hide(secrets: Iterable[str]) -> None:
    """Take these out of every line from now on, besides those known before."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, RedactingFormatter):
            handler.formatter.hide(secrets)


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _fields(record: logging.LogRecord, redactor: Redactor) -> dict[str, object]:
    return {
        f"{name}_" if name in _OWN_FIELDS else name: redactor.field(value)
        for name, value in vars(record).items()
        if name not in _RECORD_FIELDS
    }


def _traceback(record: logging.LogRecord, redactor: Redactor) -> str:
    if not (record.exc_info and record.exc_info[1]):
        return ""
    # The end of a traceback says most.
    return redactor.text(_LED_TO.join(_chain(record.exc_info[1])))[-LONGEST_TRACEBACK:]


def _chain(error: BaseException) -> list[str]:
    """The error and what led to it, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = traceback.format_tb(error.__traceback__)
    told = "".join(["Traceback (most recent call last):\n", *lines, _told(error)])
    return [*(_chain(before) if before else []), told]


def _told(error: BaseException) -> str:
    """Our own words and the system's; those of others may repeat what somebody wrote."""
    name = type(error).__qualname__
    return f"{name}: {error}" if isinstance(error, ConnectorError | OSError) else name
