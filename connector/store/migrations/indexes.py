"""Indexes on tables that may be big, built while others write."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


_BROKEN = sa.text("""
    SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = pg_index.indexrelid
    WHERE pg_class.oid = to_regclass(:name) AND NOT pg_index.indisvalid
""")


def build_index(name: str, table: str, columns: Sequence[str], *, where: str = "") -> None:
    """
    Add an index to a table that exists.

    On a server it is built concurrently: nobody who writes has to wait. One that was broken
    off, and is of no use, is built anew. An embedded database has one writer, who waits.

    What the revision did before is committed by it, before the revision counts as done: it has
    to bear being done again.
    """
    condition = sa.text(where) if where else None
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        op.create_index(name, table, columns, sqlite_where=condition, if_not_exists=True)
        return
    with op.get_context().autocommit_block():
        # In this block the connection is another one, which is in no transaction.
        if op.get_bind().execute(_BROKEN, {"name": f'"{name}"'}).scalar():
            op.drop_index(name, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            columns,
            postgresql_where=condition,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
