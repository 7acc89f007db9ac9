"""Calls get smaller where the org is slow, and bigger again where it is not."""

import pytest

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.pipeline.batch_size import LONGEST_PATIENCE, PATIENCE, BatchSize


def outcomes(count, code="", message="", others=0):
    """So many records with this error, and others without one."""
    codes = [code] * count + [""] * others
    return [
        Outcome(
            change=RecordChange(
                record=RecordRef("Contact", str(number)), fields={}, change_ids=frozenset()
            ),
            verdict=Verdict.RETRY if each else Verdict.WRITTEN,
            error_code=each,
            message=message,
        )
        for number, each in enumerate(codes)
    ]


@pytest.fixture
def size():
    return BatchSize(200)


def good(size, calls):
    for _ in range(calls):
        size.judge(outcomes(0, others=size.now))


def test_a_call_that_was_too_big_halves_the_next(size):
    sizes = []
    for _ in range(9):
        size.shrink()
        sizes.append(size.now)

    assert sizes == [100, 50, 25, 12, 6, 3, 1, 1, 1]


@pytest.mark.parametrize(
    "code, message",
    [
        ("REQUEST_RUNNING_TOO_LONG", ""),
        ("TOO_MANY_APEX_REQUESTS", ""),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Apex CPU time limit"),
        ("UNKNOWN_EXCEPTION", "Too many batch retries in the presence of Apex triggers"),
    ],
)
def test_automation_that_ran_out_of_time_makes_calls_smaller(size, code, message):
    size.judge(outcomes(1, code, message, others=199))

    assert size.now == 100


@pytest.mark.parametrize("locked, now", [(60, 200), (99, 200), (100, 100), (200, 100)])
def test_locks_of_a_large_share_make_calls_smaller(size, locked, now):
    size.judge(outcomes(locked, "UNABLE_TO_LOCK_ROW", others=200 - locked))

    assert size.now == now


def test_locks_make_calls_no_smaller_than_helps_against_them(size):
    for _ in range(5):
        size.judge(outcomes(size.now, "UNABLE_TO_LOCK_ROW"))

    assert size.now == 50


def test_other_refusals_change_nothing(size):
    size.judge(outcomes(200, "FIELD_CUSTOM_VALIDATION_EXCEPTION"))

    assert size.now == 200


def test_good_calls_make_it_grow_step_by_step_up_to_the_setting(size):
    size.shrink()
    size.shrink()
    good(size, 4 * PATIENCE)
    assert size.now == 100
    good(size, 4 * PATIENCE)
    assert size.now == 200
    good(size, 100)
    assert size.now == 200


def test_each_set_back_makes_it_wait_longer_for_the_next_try(size):
    for _ in range(10):
        size.shrink()

    good(size, LONGEST_PATIENCE - 1)
    assert size.now == 1
    good(size, 1)
    assert size.now == 2


def test_a_bad_call_between_begins_the_count_anew(size):
    size.shrink()
    good(size, 2 * PATIENCE - 1)
    size.shrink()
    good(size, 1)

    assert size.now == 50
