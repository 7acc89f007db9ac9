"""Which schema a database is at, and whether this version of the service may run on it."""

import dataclasses
import functools
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from connector.domain.errors import ConfigurationError
from connector.store.sql import Sql


#: Where the revisions lie.
FOLDER = Path(__file__).with_name("migrations")
TABLE = "schema_support"
SELECT = Sql("SELECT oldest, made_by FROM schema_support")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """
    What a database says of its schema.

    Versions of the service that want `oldest` or anything newer may run on it, at that revision
    as well as at later ones: until a revision takes away what they need, and says so here.
    """

    revision: str = ""
    oldest: str = ""
    made_by: str = ""

    @property
    def newer(self) -> bool:
        """Whether a later version of the service upgraded it."""
        return self.revision > head()

    @property
    def fault(self) -> str:
        """Why this version may not run on it; empty where it may."""
        own = head()
        if self.revision == own or (self.newer and "" < self.oldest <= own):
            return ""
        if not self.newer:
            return (
                f"the database is at schema {self.revision or 'none'}, this version wants"
                f" {own}: run `connector store upgrade`"
            )
        made_by = f" by version {self.made_by}" if self.made_by else ""
        oldest = f" for versions that know schema {self.oldest}" if self.oldest else ""
        return (
            f"a newer version of this service has upgraded the database: it is at schema"
            f" {self.revision}{made_by}, made{oldest}, and this one knows {own} only: install"
            " the newer version, or restore a backup from before"
        )


def look(engine: sa.Engine) -> Schema:
    """What this database says of itself; without a revision for one that has no schema."""
    with engine.connect().execution_options(reads=True) as connection:
        found = MigrationContext.configure(connection).get_current_revision() or ""
        if found <= head() or not sa.inspect(connection).has_table(TABLE):
            return Schema(revision=found)
        row = SELECT.run(connection).first()
        return Schema(
            revision=found,
            oldest=row.oldest if row else "",
            made_by=row.made_by if row else "",
        )


def revision(engine: sa.Engine) -> str:
    """Which revision the database is at; empty for a new one."""
    with engine.connect().execution_options(reads=True) as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def check(engine: sa.Engine) -> None:
    """Raise ConfigurationError unless this version may run on the schema as it is."""
    if fault := look(engine).fault:
        raise ConfigurationError(fault)


@functools.cache
def head(folder: Path = FOLDER) -> str:
    """Which revision this version of the service wants."""
    return ScriptDirectory(str(folder)).get_current_head() or ""


def oldest_at(revision: str, folder: Path = FOLDER) -> str:
    """
    The oldest schema whose versions of the service may run on this one.

    The last revision before it that takes something away says so.
    """
    scripts = ScriptDirectory(str(folder))
    for script in scripts.walk_revisions("base", revision):
        if getattr(script.module, "phase", "") == "contract":
            return str(script.module.oldest)
    return ""


def strands(found: str, folder: Path = FOLDER) -> str:
    """
    From which schema on versions may run once it is upgraded, if those of now may not.

    Empty where whoever runs on this schema may go on.
    """
    oldest = oldest_at(head(folder), folder)
    return oldest if "" < found < oldest else ""
