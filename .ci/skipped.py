"""Fails when tests were skipped, or when none ran on PostgreSQL."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET


def main(report: Path) -> int:
    if not report.is_file():
        sys.stderr.write("the tests did not finish\n")
        return 1
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314, written by our own pytest
    skipped = [case for case in cases if case.find("skipped") is not None]
    for case in skipped:
        reason = case.find("skipped").get("message", "")
        sys.stderr.write(f"skipped: {case.get('classname')}.{case.get('name')}: {reason}\n")
    on_postgresql = [case for case in cases if "postgresql" in case.get("name", "")]
    if not on_postgresql:
        sys.stderr.write("no test ran on PostgreSQL\n")
    return 1 if skipped or not on_postgresql else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
