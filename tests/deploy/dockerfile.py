"""The Dockerfile as a list of instructions, and its steps done without Docker."""

import dataclasses
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path


ROOT = Path(__file__).parents[2]
#: Where the steps work, in the image and in a test.
_PLACES = ("/opt/tools", "/opt/connector", "/dist", "/empty")


@dataclasses.dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word, and all that follows on its lines."""

    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """What an exec form says; no other form is a list."""
        return [str(each) for each in json.loads(self.text)]

    def pairs(self) -> dict[str, str]:
        """What ENV and LABEL set."""
        return dict(word.split("=", 1) for word in shlex.split(self.text))


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, the FROM first."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:  # what stands before the first FROM belongs to none
            found[-1].append(Instruction(word, rest.strip()))
    return found


def build(place: Path) -> None:
    """Do the first stage's steps below this folder, with this Python."""
    source = place / "src"
    source.mkdir()
    for each in stages()[0]:
        if each.word == "COPY":
            *froms, to = each.text.split()
            target = source / to
            target.mkdir(exist_ok=True)
            for name in froms:
                _copy(ROOT / name, target)
        elif each.word == "RUN":
            command = each.text.replace(
                "python -m venv", f"{shlex.quote(sys.executable)} -m venv"
            )
            for path in _PLACES:
                command = command.replace(path, f"{place}{path}")
            subprocess.run(["/bin/sh", "-euc", command], cwd=source, check=True)


def _copy(source: Path, target: Path) -> None:
    """As COPY does: of a folder what is in it, of a file itself."""
    what = [f"{source}/."] if source.is_dir() else [str(source)]
    subprocess.run(["/bin/cp", "-r", *what, str(target)], check=True)
