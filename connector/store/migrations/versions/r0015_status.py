"""Who is logged in on the status pages, and what passed through, by five minutes."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "sessions",
        sa.Column("token_hash", TEXT, primary_key=True),
        sa.Column("key_name", TEXT, nullable=False, server_default=""),
        _moment("until"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "traffic",  # each process counts in rows of its own, so none waits for another
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("process", sa.BigInteger, primary_key=True, autoincrement=False),
        _moment("amount"),
        sqlite_with_rowid=False,
    )
    for name in ("event_at", "heard_at"):  # of the report that the fields show
        op.add_column("pending", _moment(name))


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
