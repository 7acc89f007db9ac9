"""What processes tell a service manager, over a real datagram socket."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from connector.heartbeat import Heartbeat
from connector.notify import USUAL_SECONDS, Ear, Notifier, says_alive, says_ready
from connector.progress import LONGEST_SILENCE_SECONDS, SCHEDULER, Progress
from connector.settings import supervised, take_supervision
from connector.web.watch import Watch
from connector.worker import Sign
from tests.support.manager import PATIENCE_SECONDS, listening
from tests.support.serving import PUBLIC_URL, TOKEN, free_port


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux")


class Seconds:
    """A clock that only counts."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class TestNotifier:
    @pytest.mark.parametrize("abstract", [False, True])
    def test_tells_the_three_words(self, tmp_path, abstract):
        with listening(tmp_path, abstract=abstract) as manager:
            notifier = Notifier(manager.settings["NOTIFY_SOCKET"])
            notifier.ready()
            notifier.alive()
            notifier.stopping()

            heard = [manager.next() for _ in range(3)]

        assert heard == ["READY=1", "WATCHDOG=1", "STOPPING=1"]

    def test_nobody_who_listens_is_no_trouble(self, tmp_path):
        Notifier(str(tmp_path / "gone")).ready()
        Notifier("@no such name").alive()
        Notifier().stopping()

    @pytest.mark.parametrize(
        "watchdog, seconds", [(0, USUAL_SECONDS), (2, 0.5), (3_600, USUAL_SECONDS)]
    )
    def test_tells_often_enough(self, watchdog, seconds):
        assert Notifier("@x", watchdog).seconds == seconds


class TestEar:
    def test_knows_who_speaks(self):
        ear = Ear()
        Notifier(ear.address).ready()
        Notifier(ear.address).alive()

        heard = list(ear.hear())

        ear.close()
        assert [pid for pid, _ in heard] == [os.getpid()] * 2
        assert [says_ready(message) for _, message in heard] == [True, False]
        assert all(says_alive(message) for _, message in heard)

    def test_nothing_is_no_reason_to_wait(self):
        ear = Ear()

        assert list(ear.hear()) == []
        ear.close()


class TestSettings:
    def test_a_child_is_told_where_and_takes_it_for_itself_alone(self):
        program = (
            "from connector.settings import take_supervision;"
            "print(take_supervision(), take_supervision())"
        )

        told = subprocess.run(
            [sys.executable, "-c", program],
            env=supervised("@x", 60),
            capture_output=True,
            text=True,
            check=True,
        )

        assert told.stdout == (
            "Supervision(address='@x', watchdog_seconds=60.0)"
            " Supervision(address='', watchdog_seconds=0.0)\n"
        )

    def test_a_watchdog_of_another_process_is_none(self):
        program = (
            "from connector.settings import take_supervision;"
            "print(take_supervision().watchdog_seconds)"
        )

        told = subprocess.run(
            [sys.executable, "-c", program],
            env={**supervised("@x", 60), "WATCHDOG_PID": "1"},
            capture_output=True,
            text=True,
            check=True,
        )

        assert told.stdout == "0.0\n"

    def test_nobody_is_there(self):
        assert take_supervision().address == ""


class TestProgress:
    def test_a_job_that_hangs_is_named_and_forgotten_when_it_goes_on(self):
        time = Seconds()
        progress = Progress({"long": 1_000}, usual=50, time=time)

        with progress.at("read"), progress.at("long"):
            time.now += 51
            assert progress.hanging() == ["read"]

        assert progress.hanging() == []

    def test_jobs_that_are_not_called_any_more(self):
        time = Seconds()
        progress = Progress(time=time)
        time.now += LONGEST_SILENCE_SECONDS + 1

        hanging = progress.hanging()
        progress.beat()

        assert hanging == [SCHEDULER]
        assert progress.hanging() == []

    def test_a_worker_that_hangs_gives_no_sign(self, tmp_path, caplog):
        time, file = Seconds(), tmp_path / "beat"
        progress = Progress(usual=50, time=time)
        with listening(tmp_path) as manager:
            notifier = Notifier(manager.settings["NOTIFY_SOCKET"])
            sign = Sign(progress, Heartbeat(file), notifier)
            file.unlink()
            with progress.at("read"):
                time.now += 51
                sign.give()
                sign.give()
            hung = file.exists()
            sign.give()

            assert manager.next() == "WATCHDOG=1"
        assert not hung
        assert file.exists()
        assert caplog.messages == ["worker.hangs"]


class TestWatch:
    def watch(self, manager, ear, time, *, processes=1, answers=lambda: True):
        notifier = Notifier(manager.settings["NOTIFY_SOCKET"])
        return Watch(notifier, ear, processes, answers, patience=20, time=time)

    def test_a_server_is_ready_once_all_speak_and_the_door_answers(self, tmp_path):
        ear, time, door = Ear(), Seconds(), [False, True, True]
        with listening(tmp_path) as manager:
            watch = self.watch(manager, ear, time, answers=lambda: door.pop(0))
            watch.look()
            for _ in range(3):
                Notifier(ear.address).alive()
                watch.look()
            watch.stop()

            heard = manager.until("STOPPING=1")

        ear.close()
        assert heard == ["READY=1", "WATCHDOG=1", "STOPPING=1"]

    def test_one_that_falls_silent_silences_the_server(self, tmp_path, caplog):
        ear, time = Ear(), Seconds()
        with listening(tmp_path) as manager:
            watch = self.watch(manager, ear, time)
            Notifier(ear.address).alive()
            watch.look()
            time.now += 21
            watch.look()
            watch.look()
            Notifier(ear.address).alive()
            watch.look()
            watch.stop()

            heard = manager.until("STOPPING=1")

        ear.close()
        assert heard == ["READY=1", "WATCHDOG=1", "STOPPING=1"]
        assert caplog.messages == ["web.hangs"]


class Running:
    """A command of ours under a manager."""

    def __init__(self, words, folder: Path, manager, **settings):
        self.port = free_port()
        self.log = folder / "log"
        environment = {
            "PATH": os.defpath,
            "CONNECTOR_DATA_FOLDER": str(folder / "data"),
            "CONNECTOR_LISTEN": f"127.0.0.1:{self.port}",
            "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
            "CONNECTOR_GATEWAY_KANNEL_TOKEN": TOKEN,
            "CONNECTOR_DRAIN_SECONDS": "0",
            "CONNECTOR_SALESFORCE_LOGIN_URL": f"https://localhost:{free_port()}",
            "CONNECTOR_SALESFORCE_CLIENT_ID": "nobody",
            "CONNECTOR_SALESFORCE_CLIENT_SECRET": "nothing",
            **manager.settings,
            **settings,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "connector", *words],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def until_logged(self, event):
        for _ in range(PATIENCE_SECONDS * 20):
            if event in self.log.read_text():
                return
            threading.Event().wait(0.05)
        raise AssertionError(self.log.read_text())

    def children(self):
        return [
            int(child)
            for task in Path(f"/proc/{self.process.pid}/task").glob("*/children")
            for child in task.read_text().split()
        ]


class TestProcesses:
    def test_a_worker_tells_of_its_life(self, tmp_path):
        with listening(tmp_path) as manager, Running(["worker"], tmp_path, manager) as worker:
            begun = manager.until("WATCHDOG=1")
            code = worker.end()
            ended = manager.until("STOPPING=1")

        assert begun[0] == "READY=1"
        assert set(ended[:-1]) <= {"WATCHDOG=1"}
        assert code == 0

    def test_a_web_server_is_silent_while_one_of_its_processes_hangs(self, tmp_path):
        with (
            listening(tmp_path, abstract=True) as manager,
            Running(["web", "--processes", "2"], tmp_path, manager) as web,
        ):
            begun = manager.until("WATCHDOG=1")
            hanging = web.children()[0]
            os.kill(hanging, signal.SIGSTOP)
            web.until_logged("web.hangs")
            manager.forget()
            os.kill(hanging, signal.SIGCONT)
            manager.until("WATCHDOG=1")
            code = web.end()
            ended = manager.until("STOPPING=1")

        assert begun[0] == "READY=1"
        assert ended[-1] == "STOPPING=1"
        assert code == 0

    def test_one_command_speaks_for_all(self, tmp_path):
        with listening(tmp_path) as manager, Running(["run"], tmp_path, manager) as everything:
            begun = manager.until("WATCHDOG=1")
            code = everything.end()
            manager.until("STOPPING=1")

        assert begun == ["READY=1", "WATCHDOG=1"]
        assert code == 0
