"""The small scenes of which every order is tried."""

import dataclasses
from collections.abc import Callable
from functools import partial

from tests.consent.actors import WITH_LEADS, WITH_REPLIES, Cast, Word
from tests.consent.scheduler import Action


PHONE, OTHER, FRESH = "+12015550101", "+12015550102", "+12015550103"
LEAD = "00Q000000000001AAA"
ALEX, KIM, NEWCOMER, SAM = (f"00300000000000{number}AAA" for number in range(1, 5))
#: How things stand when a scene begins.
UNKNOWN, OUT, IN_AGAIN = "unknown", "out", "in again"
BEGINNINGS = (UNKNOWN, OUT, IN_AGAIN)
#: Most is said to everybody.
BRANDS = ("", "", "", "shoes", "hats")

Actors = list[tuple[str, Action]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Two or three actors, tried in every order with so few changes between them."""

    name: str
    begins: str
    actors: Callable[[Cast], Actors]
    switches: int = 2
    crashes: int = 1
    #: Whether every tick that is heard has to have been made by somebody.
    exact: bool = False


def both(*actions: Action) -> Action:
    """One actor that does one thing after the other."""

    def act() -> None:
        for action in actions:
            action()

    return act


def _stop(cast: Cast, brand: str = "") -> None:
    cast.gateway(Word(kind="stop", phone=PHONE, brand=brand))


def _start_is_read(cast: Cast) -> None:
    cast.gateway(Word(kind="start", phone=PHONE, ahead=30))
    cast.read()
    cast.work_out()


def _start_to_a_brand(cast: Cast) -> None:
    _stop(cast)
    cast.read()
    cast.gateway(Word(kind="start", phone=PHONE, ahead=30, brand="shoes"))
    cast.read()


def _merged(cast: Cast) -> Actors:
    return [
        ("salesforce", partial(cast.bury, KIM, ALEX)),
        ("gateway", both(partial(_stop, cast), cast.read)),
        ("worker", partial(cast.sync_and_work, "one")),
    ]


def _converted(cast: Cast) -> Actors:
    cast.mappings = WITH_LEADS
    return [
        (
            "salesforce",
            both(
                partial(cast.sync, "one"),
                partial(cast.newcomer, NEWCOMER, PHONE),
                partial(cast.bury, LEAD, NEWCOMER),
            ),
        ),
        ("gateway", both(partial(_stop, cast), cast.read)),
        ("worker", partial(cast.sync_and_work, "two")),
    ]


def _by_a_job(cast: Cast) -> Actors:
    cast.mappings, cast.bulk_from = WITH_REPLIES, 1
    return [
        (
            "worker",
            both(
                partial(_start_is_read, cast),
                partial(cast.push, "one"),
                partial(cast.wait, 1),
                partial(cast.push, "one"),
            ),
        ),
        ("API", partial(cast.opt_out, PHONE)),
        ("other worker", partial(cast.work, "two")),
    ]


SCENES = (
    Scene(
        name="STOP to a brand, senders of two",
        begins=UNKNOWN,
        actors=lambda cast: [
            ("gateway", partial(_stop, cast, "shoes")),
            ("worker", partial(cast.work, "one")),
            (
                "sender",
                both(partial(cast.ask, PHONE, 1, "shoes"), partial(cast.ask, PHONE, 1, "hats")),
            ),
        ],
    ),
    Scene(
        name="START to a brand, STOP to all",
        begins=UNKNOWN,
        actors=lambda cast: [
            ("gateway", partial(_start_to_a_brand, cast)),
            ("API", partial(cast.opt_out, PHONE)),
            ("sender", partial(cast.ask, PHONE, 2, "shoes")),
        ],
    ),
    Scene(
        name="opt-in to a brand, STOP to it",
        begins=OUT,
        actors=lambda cast: [
            ("ann", partial(cast.opt_in, PHONE, 30, "shoes")),
            ("gateway", both(partial(_stop, cast, "shoes"), cast.read)),
            ("sender", partial(cast.ask, PHONE, 2, "shoes")),
        ],
    ),
    Scene(name="records are merged, STOP comes", begins=UNKNOWN, actors=_merged),
    Scene(name="a Lead is converted, STOP comes", begins=UNKNOWN, actors=_converted),
    Scene(
        name="another number, STOP to the old one",
        begins=UNKNOWN,
        exact=True,
        actors=lambda cast: [
            ("salesforce", partial(cast.renumber, ALEX, FRESH)),
            ("gateway", both(partial(_stop, cast), cast.read)),
            ("worker", partial(cast.sync_and_work, "one")),
        ],
    ),
    Scene(
        name="a number that opted out, on a record",
        begins=OUT,
        exact=True,
        actors=lambda cast: [
            (
                "salesforce",
                both(partial(cast.renumber, ALEX, FRESH), partial(cast.renumber, SAM, PHONE)),
            ),
            ("sync", partial(cast.sync_and_work, "one")),
            ("ann", partial(cast.opt_in, PHONE, 30)),
        ],
    ),
    Scene(name="a bulk job goes, STOP comes", begins=OUT, actors=_by_a_job),
    Scene(
        name="a list is told of START, STOP comes",
        begins=OUT,
        actors=lambda cast: [
            (
                "worker",
                both(
                    partial(cast.lists.push, "one"),
                    partial(cast.opt_in, PHONE, 30),
                    partial(cast.lists.push, "one"),
                ),
            ),
            ("API", partial(cast.opt_out, PHONE)),
            ("other worker", partial(cast.lists.push, "two")),
        ],
    ),
    Scene(
        name="a list tells of a number, opt-in",
        begins=OUT,
        actors=lambda cast: [
            (
                "console",
                both(
                    partial(cast.lists.push, "one"),
                    partial(cast.lists.enter, PHONE),
                    partial(cast.lists.pull, "one"),
                ),
            ),
            ("ann", partial(cast.opt_in, PHONE, 30)),
            ("sender", partial(cast.ask, PHONE, 2)),
        ],
    ),
    Scene(
        name="a list is told, opt-in, erase",
        begins=OUT,
        actors=lambda cast: [
            ("worker", both(partial(cast.wait, 1), partial(cast.lists.push, "one"))),
            ("ann", both(partial(cast.opt_in, PHONE, 0), partial(cast.erase, PHONE))),
            ("puller", partial(cast.lists.pull, "two")),
        ],
    ),
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
