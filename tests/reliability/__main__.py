"""
All trials, two at a time: `python -m tests.reliability --help`.

Each is a process of its own, so that what it plants into the code stays there. It ends with 1
if a trial found something, or did not find what was planted.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.reliability.report import Report, Told, page
from tests.reliability.suite import TRIALS
from tests.reliability.trial import Control, Tally, Trial


ROOT = Path(__file__).parents[2]
AT_ONCE = 2
#: A mistake that is planted has to be found within so many tries, each with another seed.
TRIES = 3
#: A part of what a process said before it failed.
TAIL = 1_500


class Runner:
    """Runs trials and tells of each when it has ended."""

    def __init__(self, seed: int, size: float) -> None:
        self._seed = seed
        self._size = size
        self._voice = threading.Lock()

    def run(self, trial: Trial, control: Control | None) -> Told:
        started = time.monotonic()
        tally, tries = self._tried(trial, control.name if control else "")
        told = Told(
            trial=trial.name,
            title=trial.title,
            shows=trial.shows,
            control=control.name if control else "",
            seconds=round(time.monotonic() - started),
            tries=tries,
            tally=tally,
        )
        with self._voice:
            sys.stdout.write(self._line(told))
            sys.stdout.flush()
        return told

    def _tried(self, trial: Trial, control: str) -> tuple[Tally, int]:
        """What a trial finds counts at once; what is planted may take luck to show."""
        tally = Tally()
        for number in range(TRIES if control else 1):
            tally = self._tally(trial, control, self._seed + number)
            if tally.faults:
                break
        return tally, number + 1

    def _tally(self, trial: Trial, control: str, seed: int) -> Tally:
        command = [sys.executable, "-m", "tests.reliability.one", trial.name]
        command += ["--seed", str(seed), "--size", str(self._size)]
        command += ["--control", control] if control else []
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
            text=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=trial.most_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said, _ = process.communicate()
                return _broken(
                    control, f"not done after {trial.most_seconds} s: {said[-TAIL:]}"
                )
        try:
            return Tally(**json.loads(said.splitlines()[-1]))
        except (IndexError, TypeError, ValueError):
            return _broken(control, f"it broke: {said[-TAIL:]}")

    @staticmethod
    def _line(told: Told) -> str:
        name = f"{told.trial}: {told.control}" if told.control else told.trial
        mark = "ok  " if told.good else "FAIL"
        lines = [f"{mark} {name} ({told.seconds} s)"]
        if not told.control:
            counts = ", ".join(f"{count:,} {what}" for what, count in told.tally.counts.items())
            lines.append(f"     {counts}")
        if not told.good:
            lines += [f"     {each}" for each in told.tally.faults[:5] or ["was not found"]]
        return "\n".join(lines) + "\n"


def _broken(control: str, what: str) -> Tally:
    """A trial that broke has failed; a control that broke has found nothing."""
    if control:
        sys.stdout.write(f"{control}: {what}\n")
        return Tally()
    return Tally(faults=[what])


def main() -> int:
    names = [each.name for each in TRIALS]
    parser = argparse.ArgumentParser(prog="python -m tests.reliability")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--size", type=float, default=1.0, help="of each trial; 0.1: a tenth")
    parser.add_argument("--only", action="append", choices=names, metavar="|".join(names))
    parser.add_argument("--report", type=Path, help="write the page here if all was run")
    given = parser.parse_args()
    sys.stdout.write(f"seed {given.seed}\n")
    started = time.monotonic()
    runner = Runner(given.seed, given.size)
    chosen = [each for each in TRIALS if each.name in (given.only or names)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(runner.run, each, None) for each in chosen]
        under_way += [
            pool.submit(runner.run, each, c) for each in chosen for c in each.controls
        ]
        told = [each.result() for each in under_way]
    seconds = round(time.monotonic() - started)
    whole = not given.only and given.size >= 1
    if given.report and whole:
        report = Report(seed=given.seed, seconds=seconds, told=tuple(told))
        given.report.write_text(page(report), "utf-8")
    bad = sum(not each.good for each in told)
    sys.stdout.write(f"seed {given.seed}: {bad} failed of {len(told)}, {seconds} seconds\n")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
