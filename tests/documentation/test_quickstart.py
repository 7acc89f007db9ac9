"""The quick start, typed as it stands: only the ports and folders are others."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.documentation.page import Page
from tests.support.serving import free_port


ROOT = Path(__file__).parents[2]
PAGE = Page(
    ROOT / "docs" / "quickstart.md", (ROOT / "docs" / "quickstart.md").read_text("utf-8")
)
#: What runs until it is ended, each in a terminal of its own.
STAYS = ("connector org emulate", "connector run")
SECONDS = 120


class Walk:
    """Somebody at a few terminals, in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self._changed = {
            "8490": str(free_port()),
            "8090": str(free_port()),
            "8080": str(free_port()),
            "/tmp/org": str(folder / "org"),  # noqa: S108
        }
        self.variables = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "CONNECTOR_LISTEN": f"127.0.0.1:{self._changed['8080']}",
        }
        self._running = []

    def here(self, line):
        for written, meant in self._changed.items():
            line = line.replace(written, meant)
        return line

    def type(self, line):
        """What a command answers, and its exit code; nothing of one that stays."""
        line = self.here(line)
        if found := re.fullmatch(r"export (\w+)=(\S+)", line):
            self.variables[found[1]] = found[2]
            return "", 0
        if line.startswith(STAYS):
            ports = ["--http", self._changed["8090"], "--https", self._changed["8490"]]
            self._start([*line.split(), *(ports if "emulate" in line else [])])
            return "", 0
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout + done.stderr, done.returncode

    def until(self, line, words):
        """The same, again and again until it says these."""
        for _ in range(SECONDS * 5):
            answer, code = self.type(line)
            if words in answer:
                return answer, code
            threading.Event().wait(0.2)
        raise AssertionError(f"{line}: {answer}\n{self.log()}")

    def log(self):
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def close(self):
        for process in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)

    def _start(self, words):
        with (self.folder / f"{len(self._running)}.log").open("wb") as log:
            process = subprocess.Popen(
                words,
                cwd=self.folder,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)


@pytest.fixture
def walk(tmp_path):
    walked = Walk(tmp_path)
    yield walked
    walked.close()


def test_it_leads_to_the_first_field_and_to_an_opt_out(walk):
    lines = [each for each in PAGE.typed if not each.startswith((". ", "make "))]
    told = {}

    for line in lines:
        if line.startswith("connector explain"):
            told[line] = walk.until(line, "written, ")
        elif line.startswith("connector consent show"):
            told[line] = walk.until(line, "SMS_Opt_Out__c = True")
        elif line == "connector config check":
            told[line] = walk.until(line, "ok      Salesforce: logged in")
        elif "callbacks/kannel" in line:
            walk.until(f"curl -s {walk.here('http://127.0.0.1:8080/readyz')}", "true")
            told[line] = walk.type(line)
        else:
            told[line] = walk.type(line)

    assert [line for line, (_, code) in told.items() if code] == [
        "connector consent check +12015550101"
    ]
    assert "SMS_Delivery_Status__c = Delivered" in told["connector explain hello-1"][0]
    assert "003xx000015ftgIAAQ: it holds the number" in told["connector explain hello-1"][0]
    assert re.search(r"^\d+ ok$", told["connector setup doctor"][0], re.MULTILINE)
    assert "smsconn_" in told["connector keys create me --scope status:read"][0]
