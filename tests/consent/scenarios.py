"""Casts drawn by chance: up to eight actors who know nothing of each other."""

import random
from collections.abc import Callable, Sequence
from functools import partial

from tests.consent.actors import WITH_LEADS, WITH_REPLIES, Cast, Word
from tests.consent.scenes import (
    ALEX,
    BEGINNINGS,
    BRANDS,
    FRESH,
    KIM,
    LEAD,
    NEWCOMER,
    PHONE,
    SAM,
    Actors,
    both,
)
from tests.consent.scheduler import Action


def drawn(cast: Cast, dice: random.Random) -> tuple[str, Actors]:
    """A beginning, and up to eight actors who know nothing of each other."""
    parts = _parts(cast, dice)
    if dice.random() < 0.1:
        cast.mappings = WITH_LEADS
    elif dice.random() < 0.1:
        cast.mappings, cast.bulk_from = WITH_REPLIES, 1
    actors: Actors = [
        ("worker one", partial(cast.work, "one")),
        ("sender", partial(cast.ask, PHONE, 3, dice.choice(BRANDS))),
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
            kind=kind,
            phone=PHONE,
            account=dice.choice("aab"),
            ahead=dice.choice(aheads),
            brand=dice.choice(BRANDS),
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
        "opt-in": (
            4,
            lambda: partial(
                cast.opt_in, PHONE, dice.choice((0, 4, 5, 6, 30)), dice.choice(BRANDS)
            ),
        ),
        "opt-out": (3, lambda: partial(cast.opt_out, PHONE, dice.choice(BRANDS))),
        "decision": (2, lambda: both(cast.read, partial(cast.decide, PHONE))),
        "tick": (2, lambda: partial(cast.flag, record(), to=True)),
        "clear": (2, lambda: partial(cast.flag, record(), to=False)),
        "sync": (4, lambda: partial(cast.sync, "three")),
        "sync and work": (2, lambda: partial(cast.sync_and_work, "four")),
        "worker two": (3, lambda: partial(cast.work, "two")),
        "reader": (2, lambda: both(cast.read, cast.work_out)),
        "pusher": (3, lambda: partial(cast.push, "five")),
        "new record": (1, lambda: partial(cast.newcomer, NEWCOMER, PHONE)),
        "another number": (
            1,
            lambda: partial(cast.renumber, *dice.choice(((ALEX, FRESH), (SAM, PHONE)))),
        ),
        "merge": (1, lambda: partial(cast.bury, *dice.choice(((KIM, ALEX), (LEAD, ALEX))))),
        "list": (1, lambda: both(partial(cast.lists.push, "six"), cast.read)),
        "console": (
            1,
            lambda: both(partial(cast.lists.enter, PHONE), partial(cast.lists.pull, "seven")),
        ),
        "erase": (1, lambda: partial(cast.erase, PHONE)),
        "time": (2, lambda: partial(cast.wait, 6)),
    }
