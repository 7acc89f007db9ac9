"""Mistakes about disks that fail, beside those of tests/reliability/mistakes.py."""

from collections.abc import Sequence

from connector.domain.callback import Arrival
from connector.store import store
from connector.web.group_commit import GroupCommit, Verdict
from tests.reliability.mistakes import MISTAKES, Mistake


_try = GroupCommit._try  # noqa: SLF001


def _as_if_stored(self: GroupCommit, arrivals: Sequence[Arrival]) -> list[Verdict]:
    return [(size, None) for size, _ in _try(self, arrivals)]


def _nothing(_engine: object) -> None:
    pass


OWN = (
    Mistake(name="an I/O error is answered 2xx", where=((GroupCommit, "_try", _as_if_stored),)),
    Mistake(
        name="what the log shows is taken for what the disk has",
        where=((store, "write_back", _nothing),),
    ),
)
KNOWN = {**MISTAKES, **{each.name: each for each in OWN}}
