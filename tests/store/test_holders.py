"""Leases of processes that were killed, and of those that were not."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from connector.store import holders
from tests.support.clock import NOON


LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells for certain that a process is gone"
)
LENGTH = timedelta(minutes=5)
_TELL = "from connector.store import holders; print(holders.own_name(), flush=True); input()"


@pytest.fixture
def neighbour():
    """Another process and the name it gives itself; it lives until its input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", _TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()
        process.kill()


def test_no_two_names_are_the_same():
    assert holders.own_name() != holders.own_name()


def test_we_are_here():
    assert not holders.is_gone(holders.own_name())


def test_a_process_that_runs_is_not_gone(neighbour):
    _, name = neighbour

    assert not holders.is_gone(name)


@LINUX
def test_a_killed_process_is_gone_before_anybody_waited_for_it(neighbour):
    process, name = neighbour
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert holders.is_gone(name)


@LINUX
def test_a_killed_process_is_gone(neighbour):
    process, name = neighbour
    process.kill()
    process.wait()

    assert holders.is_gone(name)


@LINUX
def test_another_process_with_the_same_number_is_not_the_same():
    host, pid, _, space, _ = holders.own_name().split(" ")

    assert holders.is_gone(f"{host} {pid} 1 {space}")


@pytest.mark.parametrize(
    "name", ["", "one", "host:12:abcd", "host 1 2", "host 999999999 1 elsewhere", "a x 1 y"]
)
def test_of_a_process_elsewhere_nobody_knows(name):
    assert not holders.is_gone(name)


@LINUX
def test_the_lease_of_a_killed_process_is_free_at_once(store, neighbour):
    process, name = neighbour
    with store.transaction() as t:
        killed = t.leases.take("push", name, NOON, LENGTH)
    process.kill()
    process.wait()

    with store.transaction() as t:
        taken = t.leases.take("push", "two", NOON, LENGTH)
        assert t.leases.holds(taken)
        assert not t.leases.holds(killed)
        assert taken.fence > killed.fence


def test_the_lease_of_a_running_process_is_left_alone(store, neighbour):
    _, name = neighbour
    with store.transaction() as t:
        t.leases.take("push", name, NOON, LENGTH)

    with store.transaction() as t:
        assert t.leases.take("push", "two", NOON, LENGTH) is None
