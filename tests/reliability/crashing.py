"""A process that kills itself at a named place of the real code, the k-th time it is there."""

import contextlib
import dataclasses
import functools
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self


#: What is called at the place, on every pass.
Pass = Callable[[], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    A place between two durable effects: right `before` a function does anything, or after it.

    Of a function that returns a context manager, after is when that has been left, and well.
    """

    name: str
    owner: object
    function: str
    before: bool = False

    def plant(self, passing: Pass) -> None:
        """From now on this process calls `passing` whenever it gets there."""
        found = vars(self.owner)[self.function]
        inner = found.__func__ if isinstance(found, staticmethod | classmethod) else found
        wrapped = (_before if self.before else _after)(inner, passing)
        bound = isinstance(found, staticmethod | classmethod)
        setattr(self.owner, self.function, type(found)(wrapped) if bound else wrapped)


def before(name: str, owner: object, function: str) -> Point:
    return Point(name=name, owner=owner, function=function, before=True)


def after(name: str, owner: object, function: str) -> Point:
    return Point(name=name, owner=owner, function=function)


def _before(function: Callable[..., Any], passing: Pass) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        passing()
        return function(*arguments, **more)

    return wrapped


def _after(function: Callable[..., Any], passing: Pass) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        result = function(*arguments, **more)
        if isinstance(result, contextlib.AbstractContextManager):
            return _left(result, passing)
        passing()
        return result

    return wrapped


@contextlib.contextmanager
def _left(inner: contextlib.AbstractContextManager[Any], passing: Pass) -> Iterator[Any]:
    with inner as given:
        yield given
    passing()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """
    What to do at a point: die the `nth` time, unless somebody has; `mark` is how one knows.

    Processes that follow, or that the same server starts again, pass unharmed.
    """

    point: str
    nth: int
    mark: Path

    @classmethod
    def read(cls, text: str) -> Self:
        """From POINT:K:FILE."""
        point, nth, mark = text.split(":", 2)
        return cls(point=point, nth=int(nth), mark=Path(mark))

    def __str__(self) -> str:
        return f"{self.point}:{self.nth}:{self.mark}"

    def passing(self) -> Pass:
        """What counts the passes of this process."""
        passes = itertools.count(1)

        def pass_by() -> None:
            if next(passes) >= self.nth:
                self.die()

        return pass_by

    def die(self) -> None:
        """As by `kill -9`: nothing is finished, nothing is said."""
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            os.kill(os.getpid(), signal.SIGKILL)

    @property
    def happened(self) -> bool:
        return self.mark.exists()
