"""What is played: small scenes of which every order is tried, and casts drawn by chance."""

import dataclasses
import random
from collections.abc import Callable, Sequence
from functools import partial

from tests.consent.actors import Cast, Word
from tests.consent.scheduler import Action


PHONE, OTHER = "+12015550101", "+12015550102"
ALEX, KIM, NEWCOMER, SAM = (f"00300000000000{number}AAA" for number in range(1, 5))
#: How things stand when a scene begins.
UNKNOWN, OUT, IN_AGAIN = "unknown", "out", "in again"
BEGINNINGS = (UNKNOWN, OUT, IN_AGAIN)

Actors = list[tuple[str, Action]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Two or three actors, tried in every order with so few changes between them."""

    name: str
    begins: str
    actors: Callable[[Cast], Actors]
    switches: int = 2
    crashes: int = 1


def both(*actions: Action) -> Action:
    """One actor that does one thing after the other."""

    def act() -> None:
        for action in actions:
            action()

    return act


def _stop(cast: Cast) -> None:
    cast.gateway(Word(kind="stop", phone=PHONE))


def _start_is_read(cast: Cast) -> None:
    cast.gateway(Word(kind="start", phone=PHONE, ahead=30))
    cast.read()
    cast.work_out()


SCENES = (
    Scene(
        name="STOP, a worker, a sender",
        begins=UNKNOWN,
        actors=lambda cast: [
            ("gateway", partial(_stop, cast)),
            ("worker", partial(cast.work, "one")),
            ("sender", partial(cast.ask, PHONE, 2)),
        ],
    ),
    Scene(
        name="START is pushed, STOP comes",
        begins=OUT,
        actors=lambda cast: [
            ("worker", both(partial(_start_is_read, cast), partial(cast.push, "one"))),
            ("API", partial(cast.opt_out, PHONE)),
            ("other worker", partial(cast.work, "two")),
        ],
    ),
    Scene(
        name="opt-in, STOP, a sender",
        begins=OUT,
        actors=lambda cast: [
            ("ann", partial(cast.opt_in, PHONE, 30)),
            ("gateway", both(partial(_stop, cast), cast.read)),
            ("sender", partial(cast.ask, PHONE, 2)),
        ],
    ),
    Scene(
        name="sync in, STOP, a new record",
        begins=UNKNOWN,
        actors=lambda cast: [
            ("sync", partial(cast.sync, "one")),
            ("API", partial(cast.opt_out, PHONE)),
            ("salesforce", partial(cast.newcomer, NEWCOMER, PHONE)),
        ],
    ),
    Scene(
        name="flag cleared, sync in, opt-in",
        begins=OUT,
        actors=lambda cast: [
            ("salesforce", partial(cast.flag, ALEX, to=False)),
            ("sync", partial(cast.sync_and_work, "one")),
            ("ann", partial(cast.opt_in, PHONE, 30)),
        ],
    ),
    Scene(
        name="flag ticked, START is pushed, sync in",
        begins=OUT,
        actors=lambda cast: [
            ("worker", both(partial(_start_is_read, cast), partial(cast.push, "one"))),
            ("salesforce", partial(cast.flag, ALEX, to=True)),
            ("sync", partial(cast.sync, "two")),
        ],
    ),
    Scene(
        name="erase, STOP, a sender",
        begins=UNKNOWN,
        actors=lambda cast: [
            ("ann", partial(cast.erase, PHONE)),
            ("gateway", both(partial(_stop, cast), cast.read)),
            ("sender", partial(cast.ask, PHONE, 2)),
        ],
        crashes=1,
    ),
    Scene(
        name="a doubt is decided, STOP comes",
        begins=UNKNOWN,
        actors=lambda cast: [
            (
                "worker",
                both(
                    partial(cast.gateway, Word(kind="review", phone=PHONE)),
                    partial(cast.work, "one"),
                ),
            ),
            ("ann", partial(cast.decide, PHONE)),
            ("gateway", both(partial(_stop, cast), cast.read)),
        ],
    ),
)


def drawn(cast: Cast, dice: random.Random) -> tuple[str, Actors]:
    """A beginning, and up to eight actors who know nothing of each other."""
    parts = _parts(cast, dice)
    actors: Actors = [
        ("worker one", partial(cast.work, "one")),
        ("sender", partial(cast.ask, PHONE, 3)),
    ]
    names = dice.choices(list(parts), [weight for weight, _ in parts.values()], k=4)
    for name in names:
        actors.append((f"{name} {len(actors)}", parts[name][1]()))
    cast.org.lose = {1} if dice.random() < 0.15 else set()
    return dice.choice(BEGINNINGS), actors


def _parts(cast: Cast, dice: random.Random) -> dict[str, tuple[int, Callable[[], Action]]]:
    """Who may be drawn, how often, and how they are made."""

    def word(kind: str, aheads: Sequence[int | None]) -> Action:
        said = Word(
            kind=kind, phone=PHONE, account=dice.choice("aab"), ahead=dice.choice(aheads)
        )
        return partial(cast.gateway, said)

    record = partial(dice.choice, (ALEX, KIM))
    return {
        "stop": (5, lambda: word("stop", (0, 0, -6, 3, 6, None))),
        "start": (4, lambda: word("start", (0, 4, 5, 6, 10, 120, None))),
        "doubt": (1, lambda: word("review", (0, 3))),
        "start is read": (
            3,
            lambda: both(word("start", (6, 30)), cast.read, cast.work_out),
        ),
        "opt-in": (4, lambda: partial(cast.opt_in, PHONE, dice.choice((0, 4, 5, 6, 30)))),
        "opt-out": (3, lambda: partial(cast.opt_out, PHONE)),
        "decision": (2, lambda: both(cast.read, partial(cast.decide, PHONE))),
        "tick": (2, lambda: partial(cast.flag, record(), to=True)),
        "clear": (2, lambda: partial(cast.flag, record(), to=False)),
        "sync": (4, lambda: partial(cast.sync, "three")),
        "sync and work": (2, lambda: partial(cast.sync_and_work, "four")),
        "worker two": (3, lambda: partial(cast.work, "two")),
        "reader": (2, lambda: both(cast.read, cast.work_out)),
        "pusher": (3, lambda: partial(cast.push, "five")),
        "new record": (1, lambda: partial(cast.newcomer, NEWCOMER, PHONE)),
        "erase": (1, lambda: partial(cast.erase, PHONE)),
        "time": (2, lambda: partial(cast.wait, 6)),
    }
