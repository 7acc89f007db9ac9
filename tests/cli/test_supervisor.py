"""When a process that ended is started again."""

import subprocess
from datetime import timedelta

from connector.cli.supervisor import LONGEST_WAIT, SILENCE_SECONDS, SOUND_AFTER, Child, Signs
from connector.notify import Notifier
from tests.support.manager import listening


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


class TestSilence:
    def child(self):
        child = Child(["--version"])
        child.process = subprocess.Popen(["/bin/sleep", "600"])
        return child

    def test_one_that_hangs_is_killed_and_so_falls(self, clock):
        child = self.child()
        child.says("READY=1", 100)

        silent = child.kill_if_silent(100 + SILENCE_SECONDS + 1)

        child.process.wait()
        assert silent
        assert child.fallen(clock())
        assert child.start_at == clock()

    def test_one_that_was_never_heard_may_take_its_time_to_start(self):
        child = self.child()

        assert not child.kill_if_silent(10_000)

        child.process.kill()
        child.process.wait()

    def test_a_manager_hears_of_it_once_all_serve(self, tmp_path):
        children = [Child(["web"]), Child(["worker"])]
        with listening(tmp_path) as manager:
            signs = Signs(children, None, Notifier(manager.settings["NOTIFY_SOCKET"], 40))
            children[0].ready = True
            signs.look(1)
            children[1].ready = True
            for moment in (2, 3, 12):
                signs.look(moment)
            signs.stop()

            assert manager.until("STOPPING=1") == ["READY=1", "WATCHDOG=1", "STOPPING=1"]
