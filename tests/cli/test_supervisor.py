"""When a process that ended is started again."""

import subprocess
from datetime import timedelta

from connector.cli.supervisor import LONGEST_WAIT, SOUND_AFTER, Child


def fall(child, now):
    """It runs for a moment and ends."""
    child.start(now)
    assert child.process
    child.process.kill()
    child.process.wait()
    return child.fallen(now)


def test_the_first_fall_is_followed_by_a_start_at_once(clock):
    child = Child(["--version"])

    assert fall(child, clock())
    assert child.start_at == clock()


def test_waits_grow_to_the_longest_and_no_further(clock):
    child = Child(["--version"])
    waits = []

    for _ in range(60):
        child.process = subprocess.Popen(["/bin/true"])
        child.process.wait()
        child.fallen(clock())
        waits.append(child.start_at - clock())

    assert waits[:4] == [timedelta(seconds=each) for each in (0, 1, 3, 7)]
    assert waits[-1] == LONGEST_WAIT


def test_one_that_ran_for_long_starts_at_once_again(clock):
    child = Child(["--version"])
    fall(child, clock())
    fall(child, clock())
    child.start(clock())
    assert child.process
    child.process.kill()
    child.process.wait()
    clock.advance(seconds=SOUND_AFTER.total_seconds())

    child.fallen(clock())

    assert child.start_at == clock()


def test_only_one_that_never_fell_is_new(clock):
    child = Child(["--version"])
    assert child.is_new

    fall(child, clock())

    assert not child.is_new
