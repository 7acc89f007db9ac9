"""The page on what the doctor finds, from its checks."""

import re
from collections.abc import Iterator
from pathlib import Path

from connector.setup.doctor import ANYWHERE, CHECKS, Trouble


PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"

_INTRODUCTION = """\
`connector setup doctor` looks at everything that makes the connection to Salesforce fail in
practice. It changes nothing, in the org or on this machine, and may be called at any time, also
while the service runs. It logs in as the integration user, with the service's own settings, so
that it sees what the service sees.

Each check is one line: `ok`, `warning` (it works, and something may go wrong), `BROKEN`
(something does not work) or `skipped` (another check must be well first). Below follows what to
do about each that is not ok. The exit code is 0 where nothing is broken, 1 where something is,
and 2 where a setting is missing and nothing could be looked at. `--json` gives programs the
findings, each with the name by which it stands on this page.

A warning `not-told` is no reason to worry: the integration user has few permissions, and that
is right."""


def page() -> str:
    """Every check and every finding: what it means, what to do, where to click."""
    comment = "<!-- Written by `make docs` from the code: change it there. -->"
    return "\n\n".join(["# Doctor", comment, _INTRODUCTION, *_sections()]) + "\n"


def names() -> set[str]:
    """The findings that the page tells of."""
    return set(re.findall(r"^### (\S+)$", page(), re.MULTILINE))


def _sections() -> Iterator[str]:
    told: set[str] = set()
    for check in CHECKS:
        yield f"## {check.name}"
        yield check.about
        for trouble in check.troubles:
            if trouble.name in told:
                yield f"See also [{trouble.name}](#{trouble.name})."
            else:
                yield from _trouble(trouble)
            told.add(trouble.name)
    yield "## Any check"
    yield "What each of them may come upon."
    for trouble in ANYWHERE:
        yield from _trouble(trouble)


def _trouble(trouble: Trouble) -> Iterator[str]:
    yield f"### {trouble.name}"
    yield f"{trouble.level.value.capitalize()}. {_plain(trouble.means)}"
    lines = [f"- **Do:** {_plain(trouble.cure)}"]
    if trouble.where:
        lines.append(f"- **Click:** {_plain(trouble.where)}")
    yield "\n".join(lines)


def _plain(text: str) -> str:
    """The names that a finding fills in, as words."""
    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), text)
