"""Runs one trial, or one of its controls, and prints what it told as one line of JSON."""

import argparse
import json
import sys

from tests.reliability.suite import TRIALS
from tests.reliability.trial import Ask, Run


def find(trial: str, control: str) -> Run:
    found = next(each for each in TRIALS if each.name == trial)
    if not control:
        return found.run
    return next(each for each in found.controls if each.name == control).run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.one")
    parser.add_argument("trial", choices=[each.name for each in TRIALS])
    parser.add_argument("--control", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0)
    given = parser.parse_args()
    tally = find(given.trial, given.control)(Ask(given.seed, given.size))
    sys.stdout.write(f"{json.dumps({'counts': tally.counts, 'faults': tally.faults})}\n")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
