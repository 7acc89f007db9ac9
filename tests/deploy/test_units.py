"""The units of systemd: they may do next to nothing, and name only what there is."""

import re
import subprocess

import pytest

from connector.cli.supervisor import GRACE
from connector.web.drain import LAST_SECONDS
from connector.web.server import END_SECONDS as WEB_END_SECONDS
from connector.worker import END_SECONDS, HANDING_BACK_SECONDS
from tests.deploy.dockerfile import ROOT


FOLDER = ROOT / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
#: On a scale from 0 to 10; ours is 1.4.
MOST_EXPOSED = 2.0
#: What CONNECTOR_DRAIN_SECONDS may be at the most.
LONGEST_DRAIN_SECONDS = 10


def lines(path):
    """The settings of a unit in their order, without comments."""
    text = path.read_text("utf-8")
    return [line for line in text.splitlines() if "=" in line and line[0] != "#"]


def values(path, name):
    return [line.partition("=")[2] for line in lines(path) if line.startswith(f"{name}=")]


def limits(path):
    """The part that says what it may not do."""
    found = lines(path)
    return found[found.index("DynamicUser=yes") : found.index("TasksMax=512") + 1]


def test_there_is_one_for_each_way_to_run():
    names = {path.stem for path in UNITS}

    assert names == {"connector", "connector-upgrade", "connector-web", "connector-worker@"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
class TestUnit:
    def test_it_is_hardly_exposed(self, path):
        told = subprocess.run(
            ["/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager", path],
            capture_output=True,
            text=True,
            check=True,
        )

        [level] = re.findall(r"Overall exposure level for .*: ([0-9.]+)", told.stdout)
        assert float(level) <= MOST_EXPOSED

    def test_it_runs_the_program_by_its_name(self, path):
        [command] = values(path, "ExecStart")

        program, *words = command.split()
        assert program == "/opt/connector/bin/connector"
        assert words in (["run"], ["web"], ["worker"], ["store", "upgrade"])

    def test_it_has_longer_to_end_than_the_program_takes(self, path):
        [kind] = values(path, "Type")
        times = values(path, "TimeoutStopSec")

        assert kind == "oneshot" or times == ["45"]
        assert END_SECONDS + HANDING_BACK_SECONDS < GRACE.total_seconds() < 25
        assert LONGEST_DRAIN_SECONDS + LAST_SECONDS < WEB_END_SECONDS < GRACE.total_seconds()

    def test_it_is_started_anew_when_it_falls_silent(self, path):
        [kind] = values(path, "Type")

        if kind != "oneshot":
            assert (kind, values(path, "NotifyAccess")) == ("notify", ["main"])
            assert values(path, "WatchdogSec") == ["60"]
            assert values(path, "Restart") == ["always"]

    def test_what_it_may_not_do_is_the_same_in_all(self, path):
        assert limits(path) == limits(FOLDER / "connector.service")

    def test_wrong_settings_do_not_make_it_start_for_ever(self, path):
        [kind] = values(path, "Type")

        assert kind == "oneshot" or values(path, "RestartPreventExitStatus") == ["2"]
