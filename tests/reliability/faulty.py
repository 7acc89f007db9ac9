"""
The service with something planted into it: `python -m tests.reliability.faulty --help`.

What follows `--` is a command of `connector`, run by its own main on the real code. Processes
that the web server starts are forks of the first, so they have it too; those of `connector run`
are programs of their own, and have not.
"""

import argparse
import sys
from collections.abc import Sequence

from connector import cli
from tests.reliability.crashing import Crash
from tests.reliability.mistakes import MISTAKES
from tests.reliability.points import POINTS


def plant(*, mistakes: Sequence[str] = (), crashes: Sequence[str] = ()) -> None:
    """From now on this process makes these mistakes, and dies at these points."""
    for name in mistakes:
        MISTAKES[name].plant()
    for text in crashes:
        crash = Crash.read(text)
        POINTS[crash.point].plant(crash.passing())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.faulty")
    parser.add_argument("--mistake", action="append", default=[], choices=MISTAKES)
    parser.add_argument(
        "--crash",
        action="append",
        default=[],
        metavar="POINT:K:FILE",
        help="die there the k-th time, unless FILE exists, which says that it happened;"
        f" POINT is one of {', '.join(POINTS)}",
    )
    parser.add_argument("words", nargs="+", metavar="-- WORD", help="as `web` or `worker`")
    given = parser.parse_args(arguments)
    plant(mistakes=given.mistake, crashes=given.crash)
    sys.argv = ["connector", *given.words]
    cli.main()


if __name__ == "__main__":
    main()
