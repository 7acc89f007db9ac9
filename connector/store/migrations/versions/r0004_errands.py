"""What gateways asked for in callbacks, and what became of it."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    moments = [
        sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        for name in ("since", "changed_at", "not_before", "tries")
    ]
    op.create_table(
        "errands",
        sa.Column("callback_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("cause", TEXT, nullable=False, server_default=""),
        *moments,
        sqlite_with_rowid=False,
    )
    where = sa.text("state = 'open'")
    op.create_index(
        "errands_open",
        "errands",
        ["callback_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
