"""
A part of the runs; `interleavings` plays as many as are wanted.

That they find planted faults is tried with the suite of trials (`tests.reliability.consent`).
"""

import logging
import secrets

import pytest

from tests.consent.faults import FAULTS
from tests.consent.interleavings import play
from tests.consent.scenes import SCENES
from tests.consent.stage import Stage


RUNS, FRESH_RUNS, FAULTY_RUNS = 600, 200, 1_500


@pytest.fixture(scope="module")
def stage():
    logging.disable(logging.CRITICAL)
    yield Stage()
    logging.disable(logging.NOTSET)


def test_no_order_of_things_breaks_an_invariant(stage):
    shown = play(stage, seed=1, runs=RUNS)

    assert shown is None, f"\n{shown}"


def drawn(stage, seed, runs):
    """The first of so many runs that breaks an invariant."""
    return next(filter(None, (stage.draw(seed, number) for number in range(runs))), None)


def test_nor_does_one_that_nobody_has_seen_before(stage):
    shown = drawn(stage, secrets.randbelow(10**6), FRESH_RUNS)

    assert shown is None, f"\n{shown}"


def test_what_is_shown_can_be_played_again(stage):
    (fault,) = (each for each in FAULTS if each.name == "what is unread does not count")

    with fault.planted():
        shown = drawn(stage, 1, FAULTY_RUNS)
        again = stage.replay(shown.replay)

    assert again is not None
    assert (again.steps, str(again.violation)) == (shown.steps, str(shown.violation))


def test_every_order_of_a_scene_is_another_one(stage):
    scene = SCENES[0]

    _, branches = stage.enumerate(scene, [])

    assert len({tuple(path) for path in branches}) == len(branches) > 20
