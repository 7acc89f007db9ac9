"""
The service with databases of another manner: `python -m tests.reliability.disk.service`.

What follows `--` is a command of `connector`, on the real code.
"""

import argparse
import sys

from connector import cli
from tests.reliability.disk.mistakes import KNOWN
from tests.reliability.disk.workload import JOURNALS, LEVELS, use


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.disk.service")
    parser.add_argument("--journal", choices=JOURNALS, default="")
    parser.add_argument("--synchronous", choices=("", *LEVELS), default="")
    parser.add_argument("--mistake", choices=("", *KNOWN), default="")
    parser.add_argument("words", nargs="+", metavar="-- WORD", help="as `web`")
    given = parser.parse_args()
    use(given.journal, given.synchronous)
    if given.mistake:
        KNOWN[given.mistake].plant()
    sys.argv = ["connector", *given.words]
    cli.main()


if __name__ == "__main__":
    main()
