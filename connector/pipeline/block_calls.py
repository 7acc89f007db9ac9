"""Calls to block lists that tell of their trouble rather than raise it."""

import dataclasses
from collections.abc import Sequence

from connector.block_lists.base import ConfiguredList, Outcome
from connector.rest.errors import ApiError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockPushReport:
    """What one round did, over all lists."""

    blocked: int = 0
    freed: int = 0
    verified: int = 0
    refused: int = 0
    kept: int = 0

    def __add__(self, other: "BlockPushReport") -> "BlockPushReport":
        mine, theirs = dataclasses.asdict(self), dataclasses.asdict(other)
        return BlockPushReport(**{name: mine[name] + theirs[name] for name in mine})


def tell(of: ConfiguredList, phones: Sequence[str], *, blocked: bool) -> Outcome:
    """Put numbers on a list, or take them off."""
    try:
        return of.list.add(phones) if blocked else of.list.remove(phones)
    except ApiError as error:
        return Outcome(trouble=error)


def find(of: ConfiguredList, phones: Sequence[str]) -> tuple[frozenset[str], ApiError | None]:
    """Those of these that are on the list, and what was wrong."""
    try:
        return of.list.find(phones), None
    except ApiError as error:
        return frozenset(), error
