"""Datetimes as the org keeps and shows them: UTC, whole seconds, `.000+0000`."""

import functools
import re
from datetime import UTC, date, datetime


_FORM = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def stamp(moment: datetime) -> str:
    plain = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{plain.isoformat()}.000+0000"


def read_stamp(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.000%z").astimezone(UTC)


@functools.lru_cache(maxsize=4_096)
def parse_datetime(text: str) -> datetime | None:
    """A datetime with an offset, in one of the forms that Salesforce takes."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    day, time, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_date(text: str) -> date | None:
    """A date; a datetime gives its day."""
    if _FORM.fullmatch(text):
        text = text[:10]
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
