"""Brings a database to the schema that this version of the service wants."""

import functools
from collections.abc import Sequence
from pathlib import Path

import alembic.command
import alembic.util
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from connector.domain.errors import ConfigurationError


#: The two halves of the schema; SQLite keeps each in a file of its own.
INBOX, STATE = "inbox", "state"
#: Any constant does: one upgrade at a time (PostgreSQL advisory lock).
_UPGRADE_LOCK = 7_370_001


def upgrade(engine: sa.Engine, parts: Sequence[str]) -> None:
    """Create or upgrade these parts of the schema; does nothing when they are current."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        try:
            alembic.command.upgrade(_config(connection, parts), "head")
        except alembic.util.CommandError as error:
            raise ConfigurationError(
                f"the database cannot be brought to schema {head()}: {error};"
                " a newer version of this service may have upgraded it: run that one"
            ) from error


def revision(engine: sa.Engine) -> str:
    """Which revision the database is at; empty for a new one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


@functools.cache
def head() -> str:
    """Which revision this version of the service wants."""
    return ScriptDirectory(str(_folder())).get_current_head() or ""


def check(engine: sa.Engine) -> None:
    """Raise ConfigurationError unless the schema is current."""
    if (found := revision(engine)) != head():
        raise ConfigurationError(
            f"the database is at schema {found or 'none'}, this version wants {head()}:"
            " run `connector store upgrade`"
        )


def _folder() -> Path:
    return Path(__file__).with_name("migrations")


def _config(connection: sa.Connection, parts: Sequence[str]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["parts"] = tuple(parts)
    return config
