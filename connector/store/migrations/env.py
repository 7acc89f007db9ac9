"""Runs revisions on the connection that `connector.store.migrate` hands over."""

import importlib.metadata
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from connector.store import schema


#: The revision that brought the table; before it every version wanted a schema of its own.
_FIRST = "0017"
_KEEP = sa.text("""
    INSERT INTO schema_support (id, oldest, made_by) VALUES (1, :oldest, :made_by)
    ON CONFLICT (id) DO UPDATE SET oldest = excluded.oldest, made_by = excluded.made_by
""")


def keep_support(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: object,  # noqa: ARG001 (Alembic gives it by name)
    run_args: object,  # noqa: ARG001
) -> None:
    """With each revision: which versions of the service may run on what it made."""
    revision = step.up_revision_id
    if ctx.connection is None or not revision or revision < _FIRST:
        return
    oldest = schema.oldest_at(revision, Path(context.script.dir))
    version = importlib.metadata.version("connector")
    ctx.connection.execute(_KEEP, {"oldest": oldest, "made_by": version})


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    # On a server each is committed by itself, lest it keeps what it locked until all are done.
    transaction_per_migration=connection.dialect.name == "postgresql",
    on_version_apply=keep_support,
)
with context.begin_transaction():
    context.run_migrations()
