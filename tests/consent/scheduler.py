"""Runs several actors so that only one goes on at a time, in an order that is chosen."""

import dataclasses
import random
import threading
from collections.abc import Callable, Sequence
from typing import Protocol


#: More would never be drawn.
MOST_ACTORS = 8
#: A run takes milliseconds; who waits longer waits for nobody.
PATIENCE_SECONDS = 8

Action = Callable[[], None]


class Crashed(BaseException):
    """An actor stops for good, wherever it is: nothing catches it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may happen next: the actor goes on, another does instead, or the actor is gone."""

    others: int
    may_crash: bool
    #: Whether this actor is at its end, so that another has to go on.
    ended: bool = False


class Chooser(Protocol):
    """Chooses at each point: 0 is to go on, then each of the others, last of all a crash."""

    def choose(self, options: Options) -> int: ...


class Drawn:
    """Chooses by chance, with so many changes of the actor and crashes at most."""

    def __init__(self, dice: random.Random, *, switches: int, crashes: int) -> None:
        self._dice = dice
        self._switches = switches
        self._crashes = crashes

    def choose(self, options: Options) -> int:
        if options.ended:
            return self._dice.randrange(options.others)
        roll = self._dice.random()
        if options.may_crash and self._crashes and roll < 0.02:
            self._crashes -= 1
            return options.others + 1
        if options.others and self._switches and roll < 0.35:
            self._switches -= 1
            return 1 + self._dice.randrange(options.others)
        return 0


class Enumerated:
    """Follows a path of choices, and the first choice beyond its end; keeps what there was."""

    def __init__(self, path: Sequence[int], *, switches: int, crashes: int) -> None:
        self._path = path
        self._switches = switches
        self._crashes = crashes
        self.taken: list[int] = []
        self.widths: list[int] = []

    def choose(self, options: Options) -> int:
        others = options.others if self._switches or options.ended else 0
        crash = options.may_crash and self._crashes > 0
        width = others if options.ended else 1 + others + crash
        place = len(self.taken)
        chosen = min(self._path[place], width - 1) if place < len(self._path) else 0
        self.taken.append(chosen)
        self.widths.append(width)
        if options.ended or chosen == 0:
            return chosen
        if chosen > others:
            self._crashes -= 1
            return options.others + 1
        self._switches -= 1
        return chosen

    def branches(self) -> list[list[int]]:
        """The paths that are as this one up to a place beyond its end, and differ there."""
        return [
            [*self.taken[:place], other]
            for place in range(len(self._path), len(self.taken))
            for other in range(1, self.widths[place])
        ]


class Scheduler:
    """
    Gives one actor at a time the right to go on.

    An actor calls `point` wherever another may come between. Where it holds the database's
    lock (`alone`) nobody can; it may crash there all the same.
    """

    def __init__(self) -> None:
        self._main = _Baton()
        self._seats = [_Seat(self, number) for number in range(MOST_ACTORS)]
        self._actions: dict[int, Action] = {}
        self._names: dict[int, str] = {}
        self._chooser: Chooser = Drawn(random.Random(0), switches=0, crashes=0)  # noqa: S311
        self._current: int | None = None
        self._gone: set[int] = set()
        self._ending = False
        self._error: BaseException | None = None
        self.alone = False
        self.steps: list[tuple[str, str]] = []
        self.crashes = 0
        #: Called when an actor is gone: what it had open is undone, as a database does.
        self.left: Action = lambda: None

    def run(self, actors: Sequence[tuple[str, Action]], chooser: Chooser) -> None:
        """Run all of them to their ends; raises what one of them raised."""
        self._actions = {number: action for number, (_, action) in enumerate(actors)}
        self._names = {number: name for number, (name, _) in enumerate(actors)}
        self._chooser, self._ending, self._error = chooser, False, None
        self._gone, self.steps, self.crashes, self.alone = set(), [], 0, False
        if actors:
            self._next()
            self._main.wait(PATIENCE_SECONDS)
        self._current = None
        if self._error:
            raise self._error

    @property
    def actor(self) -> str:
        """Who goes on now; empty outside of a run."""
        return "" if self._current is None else self._names[self._current]

    def point(self, what: str) -> None:
        """Here another may come between, or the actor may be gone."""
        me = self._current
        if me is None:
            return
        if self._ending or me in self._gone:
            raise Crashed
        others = [] if self.alone else [each for each in sorted(self._actions) if each != me]
        chosen = self._chooser.choose(Options(others=len(others), may_crash=True))
        if chosen == 0:
            self.steps.append((self._names[me], what))
        elif chosen <= len(others):
            self._hand_over(me, others[chosen - 1])
            self.steps.append((self._names[me], what))
        else:
            self.steps.append((self._names[me], f"is gone before: {what}"))
            self.crashes += 1
            self._gone.add(me)
            raise Crashed

    def end(self) -> None:
        """Nobody goes on any more."""
        self._ending = True

    def _hand_over(self, me: int, other: int) -> None:
        self._current = other
        self._seats[other].baton.give()
        self._seats[me].baton.wait()
        if self._ending:
            raise Crashed

    def _next(self) -> None:
        waiting = sorted(self._actions)
        place = self._chooser.choose(Options(others=len(waiting), may_crash=False, ended=True))
        self._current = waiting[place]
        self._seats[waiting[place]].baton.give()

    def act(self, number: int) -> None:
        """What a seat does when its turn comes for the first time."""
        try:
            self._actions[number]()
        except Crashed:
            self.left()
        except BaseException as error:  # noqa: BLE001 (told to whoever started the run)
            self._error = self._error or error
            self._ending = True
        self.alone = False
        del self._actions[number]
        if self._actions:
            self._next()
        else:
            self._main.give()


class _Baton:
    """Whoever waits for it goes on when it is given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def give(self) -> None:
        self._lock.release()

    def wait(self, seconds: float = -1) -> None:
        if not self._lock.acquire(timeout=seconds):
            raise RuntimeError("the actors wait for each other")


class _Seat:
    """A thread that plays one actor after the other, run by run."""

    def __init__(self, scheduler: Scheduler, number: int) -> None:
        self.baton = _Baton()
        self._scheduler = scheduler
        self._number = number
        threading.Thread(target=self._play, daemon=True).start()

    def _play(self) -> None:
        while True:
            self.baton.wait()
            self._scheduler.act(self._number)
