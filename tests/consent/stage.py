"""Plays one run after the other on one world, and judges each."""

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connector.domain.errors import ConnectorError, OrgUnavailableError
from tests.consent.actors import Cast, Word
from tests.consent.oracle import Oracle, Violation
from tests.consent.org import Contact
from tests.consent.scenarios import drawn
from tests.consent.scenes import (
    ALEX,
    BEGINNINGS,
    FRESH,
    IN_AGAIN,
    KIM,
    LEAD,
    OTHER,
    OUT,
    PHONE,
    SAM,
    SCENES,
    Actors,
    Scene,
)
from tests.consent.scheduler import Action, Chooser, Drawn, Enumerated
from tests.consent.world import Rows, World


DRAWN = "drawn"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run that breaks an invariant: how to play it again, and what happened in it."""

    replay: str
    scene: str
    violation: Violation
    steps: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        told = [f"{self.violation}", f"scene: {self.scene}", f"--replay '{self.replay}'"]
        return "\n".join([*told, *(f"  {actor:24}{what}" for actor, what in self.steps)])


@dataclasses.dataclass(slots=True, kw_only=True)
class Tally:
    """What was played of one scene."""

    runs: int = 0
    steps: int = 0
    crashes: int = 0
    checks: int = 0
    violations: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            runs=self.runs + other.runs,
            steps=self.steps + other.steps,
            crashes=self.crashes + other.crashes,
            checks=self.checks + other.checks,
            violations=self.violations + other.violations,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Beginning:
    """A world at rest, to begin with again and again."""

    state: Rows
    inbox: Rows
    contacts: dict[str, Contact]
    now: datetime


class Stage:
    """The world of one process; not to be shared between threads."""

    def __init__(self) -> None:
        self.world = World()
        self.cast = Cast(self.world)
        self.tallies: dict[str, Tally] = {}
        self.rules: Counter[str] = Counter()
        self.world.know([PHONE, OTHER, FRESH])
        self._beginnings = {name: self._begun(name) for name in BEGINNINGS}

    def _begun(self, name: str) -> _Beginning:
        world, cast = self.world, self.cast
        if not self._beginnings_known:
            contacts = {ALEX: PHONE, KIM: PHONE, SAM: OTHER, LEAD: PHONE}
            cast.org.begin_with(
                {
                    record: Contact(phone=phone, modified_at=world.now)
                    for record, phone in contacts.items()
                }
            )
            cast.come_to_rest()
        if name in {OUT, IN_AGAIN}:
            # By a text, so that a START by text may end it too.
            said = Word(kind="stop", phone=PHONE)
            cast.gateway(said) if name == OUT else cast.opt_in(PHONE, 30)
            cast.come_to_rest()
        world.now += timedelta(hours=1)
        self._beginnings_known = True
        return _Beginning(
            state=world.state.keep(),
            inbox=world.inbox.keep(),
            contacts={
                record: dataclasses.replace(each) for record, each in cast.org.contacts.items()
            },
            now=world.now,
        )

    _beginnings_known = exact = False

    @property
    def runs(self) -> int:
        return sum(tally.runs for tally in self.tallies.values())

    def draw(self, seed: int, number: int) -> Shown | None:
        """One run by chance."""
        dice = random.Random(f"{seed}:{number}")  # noqa: S311 (repeatable, not secret)
        self.cast.begin()
        self.exact = False
        begins, actors = drawn(self.cast, dice)
        chooser = Drawn(dice, switches=dice.randrange(2, 9), crashes=dice.randrange(3))
        lose = self.cast.org.lose
        return self._play(DRAWN, f"{seed}:{number}", begins, actors, chooser, dice, lose)

    def enumerate(
        self, scene: Scene, path: Sequence[int]
    ) -> tuple[Shown | None, list[list[int]]]:
        """One order of a scene, and those that differ from it in one place more."""
        self.cast.begin()
        chooser = Enumerated(path, switches=scene.switches, crashes=scene.crashes)
        dice = random.Random(len(path))  # noqa: S311
        actors = scene.actors(self.cast)
        self.exact = scene.exact
        shown = self._play(scene.name, "", scene.begins, actors, chooser, dice, set())
        if shown:
            replay = f"{scene.name}:{'.'.join(map(str, chooser.taken))}"
            shown = dataclasses.replace(shown, replay=replay)
        return shown, chooser.branches()

    def replay(self, told: str) -> Shown | None:
        """What `Shown.replay` names."""
        name, _, path = told.rpartition(":")
        for scene in SCENES:
            if scene.name == name:
                return self.enumerate(scene, [int(each) for each in path.split(".")])[0]
        return self.draw(int(name), int(path))

    def _play(
        self,
        scene: str,
        replay: str,
        begins: str,
        actors: Actors,
        chooser: Chooser,
        dice: random.Random,
        lose: set[int],
    ) -> Shown | None:
        self.begin(begins)
        self.cast.org.lose = lose
        world, cast = self.world, self.cast
        tally = self.tallies.setdefault(scene, Tally())
        violation: Violation | None = None
        try:
            world.scheduler.run([(name, _alone(act)) for name, act in actors], chooser)
            self._rest(dice)
        except Violation as found:
            violation = found
        violation = cast.watch.violation or violation
        tally.runs += 1
        tally.steps += len(world.scheduler.steps)
        tally.crashes += world.scheduler.crashes
        tally.checks += world.oracle.checks
        if violation is None:
            return None
        tally.violations += 1
        self.rules[violation.rule] += 1
        steps = [("begins", begins), *world.scheduler.steps]
        return Shown(replay=replay, scene=scene, violation=violation, steps=steps)

    def begin(self, name: str) -> None:
        """Have the world stand as it does at this beginning."""
        world, beginning = self.world, self._beginnings[name]
        world.state.begin_with(beginning.state)
        world.inbox.begin_with(beginning.inbox)
        self.cast.org.begin_with(beginning.contacts)
        world.now = beginning.now
        world.oracle = Oracle()
        world.oracle.ticked = not self.exact
        world.oracle.begin_with(world.ledger())

    def _rest(self, dice: random.Random) -> None:
        """Whatever is left is done; then all must be as it should."""
        cast = self.cast
        if cast.watch.violation:
            return
        if dice.random() < 0.5:
            cast.org.arrive()
        cast.org.lose_under_way()
        if not cast.come_to_rest():
            raise Violation("C-6", "it never comes to rest")
        if not cast.watch.violation:
            cast.watch.at_rest()
            if cast.lists.used and not cast.erased:
                cast.watch.listed_at_rest(cast.lists.list.entries)
            for brand in ("", "shoes", "hats"):
                cast.ask(PHONE, brand=brand)
            cast.ask(OTHER)


def _alone(act: Callable[[], object]) -> Action:
    """An actor that the org or the store holds up does what a job does: it tries later."""

    def run() -> None:
        try:
            act()
        except OrgUnavailableError:
            return
        except ConnectorError:
            return

    return run
