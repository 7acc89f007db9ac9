"""A part of the orders, and the mistakes that they must find; `orders` plays many more."""

import logging
import random
import secrets

import pytest

from tests.jobs.faults import FAULTS
from tests.jobs.orders import Stage, drawn, enumerated


ORDERS, RUNS, FAULTY_RUNS = 300, 300, 1_500


@pytest.fixture(scope="module")
def stage():
    logging.disable(logging.CRITICAL)
    yield Stage()
    logging.disable(logging.NOTSET)


def test_no_order_of_two_workers_and_a_lease_that_ends_breaks_a_rule(stage):
    shown = enumerated(stage, ORDERS, random.Random(1))  # noqa: S311 (repeatable, not secret)

    assert shown is None, f"\n{shown}"


def test_nor_does_an_order_that_nobody_has_seen_before(stage):
    shown = drawn(stage, secrets.randbelow(10**6), RUNS)

    assert shown is None, f"\n{shown}"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_mistake_in_the_code_is_found(stage, fault):
    (words,) = fault.rules

    with fault.planted():
        shown = drawn(stage, 1, FAULTY_RUNS, words)

    assert shown is not None


def test_what_is_shown_can_be_played_again(stage):
    with FAULTS[0].planted():
        shown = drawn(stage, 1, FAULTY_RUNS)
        again = stage.replay(shown.replay) if shown else None

    assert shown
    assert again == shown
