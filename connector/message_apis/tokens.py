"""Where a list goes on: several values in one text."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode


def packed(values: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def unpacked(token: str, **usual: str) -> dict[str, str]:
    """The values of a token; the usual ones where it has none."""
    return {**usual, **dict(parse_qsl(token))}
