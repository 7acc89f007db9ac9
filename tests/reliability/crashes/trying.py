"""Dies at each place of some work in turn, has another go on, and compares."""

import contextlib
import dataclasses
import functools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.reliability.crashes.backups import (
    back_up_all,
    made,
    refused_or_whole,
    restore_all,
    restored,
    whole,
)
from tests.reliability.crashes.children import Ended, run
from tests.reliability.crashes.effects import Death, Effects
from tests.reliability.crashes.shelf import shelf
from tests.reliability.crashes.state import State, differences, look
from tests.reliability.crashes.upgrade import STATEMENT, schema, upgrade
from tests.reliability.crashes.work import PHASES, Scene, work
from tests.reliability.trial import Tally


#: Of the passes of one place so many are tried; of a place that was tried before, and of those
#: within a unit of work, which leave nothing behind, a share.
PASSES, AGAIN, WITHIN = 1, 0.3, 0.1
_WITHIN = "before the commit"
STATEMENTS = 5
#: Differences that are told of one crash.
_TOLD = 3

Do = Callable[[Scene, Effects], None]


@dataclasses.dataclass(slots=True, kw_only=True)
class Trying:
    """Crashes on one engine, with mistakes planted or none."""

    engine: str
    dice: random.Random
    #: How many of those that would be tried are.
    share: float = 1.0
    planted: Sequence[str] = ()
    #: The only phases that crashes are wanted in; empty: all.
    only: Sequence[str] = ()
    #: A word of the places that crashes are wanted at; empty: all.
    at: str = ""
    passes: int = PASSES
    tally: Tally = dataclasses.field(default_factory=Tally)
    #: Places that were tried, on another engine too.
    tried: set[str] = dataclasses.field(default_factory=set)

    def work(self) -> None:
        """Every phase, one after the other, each begun where the last one ended."""
        with shelf(self.engine) as kept, contextlib.ExitStack() as stack:
            scene = stack.enter_context(kept.empty())
            _done(run(lambda _: scene.prepare()), "the beginning")
            for phase in PHASES:
                after = stack.enter_context(kept.copy(scene))
                do = functools.partial(_phase, phase.name)
                passed = self._passed(do, after, phase.name)
                if phase.name in self.only or not self.only:
                    wanted = look(after)
                    for death in self._deaths(passed):
                        with kept.copy(scene) as hit:
                            self._crash(do, hit, death, wanted, look, phase.name)
                scene = after
                if self.only and phase.name == self.only[-1]:
                    return

    def upgrade(self) -> None:
        """A store is made, or its making broken off."""
        with shelf(self.engine) as kept:
            with kept.empty() as scene:
                passed = self._passed(upgrade, scene, "an upgrade")
                wanted = schema(scene)
            deaths = [*self._deaths(passed)]
            deaths += [
                Death(place=place, nth=self.dice.randint(1, times))
                for place, times in passed.items()
                if place.startswith(STATEMENT) and place.endswith("migrate._run")
                for _ in range(max(round(STATEMENTS * self.share), 1))
            ]
            for death in deaths:
                with kept.empty() as hit:
                    self._crash(upgrade, hit, death, wanted, schema, "an upgrade")

    def backup(self) -> None:
        """A backup is made, then put back; both on the embedded database."""
        with shelf(self.engine) as kept, kept.empty() as scene:
            _done(run(lambda _: scene.prepare()), "the beginning")
            for phase in PHASES[:2]:
                self._passed(functools.partial(_phase, phase.name), scene, phase.name)
            name = "backing up and restoring"
            with kept.copy(scene) as after:
                passed = self._passed(back_up_all, after, name)
                wanted = made(after)
                for death in self._deaths(passed):
                    with kept.copy(scene) as hit:
                        self._crash(back_up_all, hit, death, wanted, made, name, whole)
                with kept.copy(after) as back:
                    passed = self._passed(restore_all, back, name)
                    wanted = restored(back)
                for death in self._deaths(passed):
                    with kept.copy(after) as hit:
                        self._crash(
                            *(restore_all, hit, death, wanted, restored, name),
                            refused_or_whole,
                        )

    def _passed(self, do: Do, scene: Scene, name: str) -> Counter[str]:
        ended = run(functools.partial(do, scene), planted=self.planted)
        _done(ended, name)
        return ended.passed

    def _deaths(self, passed: Counter[str]) -> Iterator[Death]:
        """Of each place some passes."""
        for place, times in passed.items():
            if self.at not in place:
                continue
            likely = self.share * (WITHIN if place.startswith(_WITHIN) else 1)
            likely *= AGAIN if place in self.tried else 1
            self.tried.add(place)
            for nth in sorted(self.dice.sample(range(1, times + 1), min(times, self.passes))):
                if self.dice.random() < likely:
                    yield Death(place=place, nth=nth)

    def _crash(
        self,
        do: Do,
        scene: Scene,
        death: Death,
        wanted: State,
        see: Callable[[Scene], State],
        name: str,
        between: Callable[[Scene], Iterable[str]] = lambda _: (),
    ) -> None:
        """Die there; then whoever comes next does it from its beginning."""
        where = f"{self.engine}: {name}: died {death}"
        first = run(functools.partial(do, scene), death=death, planted=self.planted)
        if not first.died:
            self.tally.faults.append(f"{where}: it did not: {first.told[-300:]}")
            return
        self.tally.counts[f"crashes in {name}"] += 1
        self.tally.faults += [f"{where}: {each}" for each in between(scene)]
        second = run(functools.partial(do, scene), planted=self.planted)
        if second.code:
            self.tally.faults.append(f"{where}: nobody could go on: {second.told[-600:]}")
            return
        for number, each in enumerate(differences(wanted, see(scene))):
            if number < _TOLD:
                self.tally.faults.append(f"{where}: {each}")


def _phase(name: str, scene: Scene, effects: Effects) -> None:
    work(scene, next(each for each in PHASES if each.name == name), effects)


def _done(ended: Ended, what: str) -> None:
    if ended.code:
        raise AssertionError(f"{what} fails without a crash: {ended.told}")
