"""What became of the rows of a file of opt-outs."""

import dataclasses
import enum


class Result(enum.StrEnum):
    """What became of one row."""

    ADDED = "added"  # nobody may text it from now on
    OPTED_IN = "opted in"
    KNOWN = "known"  # it was so already
    NO_NUMBER = "not a number"
    LATER_START = "later opt-in exists"  # kept, but older than an opt-in that counts
    LATER_STOP = "later opt-out exists"
    CHANGED = "version differs"  # of a number that is opted out, for an opt-in
    NOT_TAKEN = "not taken"  # the row asks for what was not allowed, or lacks something


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One row of the file: its line, the number as it is kept, and what became of it."""

    row: int
    given: str
    phone: str
    result: Result
    detail: str = ""
