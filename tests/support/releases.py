"""A later release of the service, made of today's code and revisions that do not exist yet."""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import connector
from connector.store.schema import FOLDER, head


PATIENCE_SECONDS = 120
_PACKAGE = Path(connector.__file__).parent
_HEAD = '''"""A revision of a later release."""

import sqlalchemy as sa
from alembic import context, op

from connector.store.migrations.indexes import build_index


revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None

{phase}


def upgrade() -> None:
'''


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What one does, as the lines of its function, and what it says of itself."""

    lines: Sequence[str]
    phase: str = 'phase = "expand"'


def expanding(tables: Iterable[str], *, inbox: Iterable[str]) -> list[Revision]:
    """Two columns for each of these tables, an index for the big ones, and a new table."""
    inbox = set(inbox)
    found = []
    for table in tables:
        part = "inbox" if table in inbox else "state"
        lines = [
            f'if "{part}" not in context.config.attributes["parts"]:',
            "    return",
            f'op.add_column("{table}", sa.Column("later", sa.Text))',
            f'op.add_column("{table}", sa.Column(',
            '    "later_count", sa.BigInteger, nullable=False, server_default="7"))',
        ]
        if table in {"callbacks", "deliveries", "pending"}:
            lines.append(f'build_index("{table}_later", "{table}", ["later_count"])')
        found.append(Revision(lines=lines))
    new = [
        'if "state" in context.config.attributes["parts"]:',
        '    op.create_table("later", sa.Column("id", sa.Text, primary_key=True))',
        '    op.create_index("later_id", "later", ["id"])',
    ]
    return [*found, Revision(lines=new)]


def contracting(oldest: str) -> Revision:
    """Takes away what the release before needs no more."""
    lines = ['if "state" in context.config.attributes["parts"]:', '    op.drop_table("later")']
    return Revision(lines=lines, phase=f'phase = "contract"\noldest = "{oldest}"')


def write_revisions(folder: Path, revisions: Sequence[Revision]) -> str:
    """Put these behind the newest of a folder; returns what is the newest then."""
    newest = head(folder)
    for each in revisions:
        before, newest = newest, f"{int(newest) + 1:04}"
        text = _HEAD.format(revision=newest, before=before, phase=each.phase)
        body = "".join(f"    {line}\n" for line in each.lines)
        (folder / "versions" / f"r{newest}_later.py").write_text(text + body)
        head.cache_clear()
    return newest


def copied_revisions(folder: Path) -> Path:
    """A copy of the revisions that are there."""
    return Path(shutil.copytree(FOLDER, folder / "migrations", ignore=_unwanted))


class Release:
    """A copy of the service with revisions of its own; `newest` is the schema that it wants."""

    def __init__(self, folder: Path, revisions: Sequence[Revision]) -> None:
        package = folder / _PACKAGE.name
        shutil.copytree(_PACKAGE, package, ignore=_unwanted)
        if not (package / "mappings").is_dir():
            shutil.copytree(_PACKAGE.parent / "mappings", folder / "mappings")
        self.newest = write_revisions(package / "store" / "migrations", revisions)
        self._folder = folder

    #: What lies in the current folder is no part of the program.
    launcher = (sys.executable, "-P", "-m", "connector")

    def settings(self, of: Mapping[str, str]) -> dict[str, str]:
        """The same, with which this release is found before the installed one."""
        return {**of, "PYTHONPATH": str(self._folder), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, settings: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        """A command of this release."""
        return subprocess.run(
            [*self.launcher, *words],
            env={"PATH": os.defpath, **self.settings(settings)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )


def _unwanted(_folder: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name == "__pycache__"]
