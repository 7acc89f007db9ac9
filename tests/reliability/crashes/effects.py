"""What a process makes last, in its order and by the place in the code; where it may die."""

import contextlib
import dataclasses
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa


#: A place is named by the innermost function of these that is no mere frame for others.
_PACKAGES = ("pipeline", "cli", "store", "web")
_FRAMES = frozenset(
    {"tenure", "lane.renewed", "lane.held", "lane.<lambda>", "lane._settle", "lane.insist"}
    | {"slots.held", "store.transaction", "engine.store_errors", "sql.run"}
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Where to die: at the `nth` passing of a place."""

    place: str
    nth: int

    def __str__(self) -> str:
        return f"{self.place}, time {self.nth}"


class Effects:
    """
    Told of each thing that lasts, right before and right after.

    These are commits that may have changed something, and calls that change what others hold.
    """

    def __init__(self, death: Death | None = None) -> None:
        self._death = death
        self.passed: Counter[str] = Counter()

    def pass_by(self, what: str) -> None:
        """We are at this place; it may be the last thing that we do."""
        place = f"{what} {_where()}"
        self.passed[place] += 1
        if self._death and (place, self.passed[place]) == (self._death.place, self._death.nth):
            os.kill(os.getpid(), signal.SIGKILL)

    @contextlib.contextmanager
    def around(self, what: str) -> Iterator[None]:
        self.pass_by(f"before {what} of")
        yield
        self.pass_by(f"after {what} of")

    def watch_commits(self) -> None:
        """From now on, in this process."""
        commit = sa.Connection._commit_impl  # noqa: SLF001 (its events come before it only)

        def watched(connection: sa.Connection) -> None:
            if connection.get_execution_options().get("reads"):
                commit(connection)
                return
            with self.around("the commit"):
                commit(connection)

        setattr(sa.Connection, commit.__name__, watched)

    def watch(self, owner: Any, name: str, what: str) -> None:
        """Calls of this function are such calls."""
        function: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **more: Any) -> Any:
            with self.around(what):
                return function(*arguments, **more)

        setattr(owner, name, watched)


def _where() -> str:
    """The innermost function of ours, by its module and name."""
    outermost = ""
    for frame, _ in traceback.walk_stack(None):
        path = Path(frame.f_code.co_filename)
        if "connector" in path.parts and path.parent.name in _PACKAGES:
            name = f"{path.stem}.{frame.f_code.co_name}"
            if not {path.stem, name} & _FRAMES:
                return name
            outermost = name
    return outermost or "the test"
