"""What the launcher plants is really there."""

import signal
import subprocess
import sys

import pytest

from connector.store import Store
from tests.reliability.points import POINTS


FAULTY = (sys.executable, "-m", "tests.reliability.faulty")


@pytest.mark.parametrize("point", POINTS.values(), ids=lambda each: each.name)
def test_every_point_is_a_place_of_the_code(point):
    assert point.function in vars(point.owner)


def test_a_process_dies_where_it_shall_and_the_next_goes_on(tmp_path):
    mark, folder = tmp_path / "died", tmp_path / "data"
    command = [*FAULTY, "--crash", f"a unit of work committed:2:{mark}", "--"]
    words = ["keys", "create", "sender", "--scope", "messages:write"]
    Store.open(f"sqlite:///{folder}").close()

    first, second = (
        subprocess.run(
            [*command, *words],
            env={"CONNECTOR_DATA_FOLDER": str(folder)},
            capture_output=True,
            check=False,
            timeout=60,
        )
        for _ in range(2)
    )

    assert first.returncode == -signal.SIGKILL
    assert second.returncode == 2, second.stderr  # the key is there: it was committed
    assert b"a key named 'sender' already" in second.stderr
