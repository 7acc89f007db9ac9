"""Since when messages are overdue, and which numbers no longer work, as far as they show."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.add_column(
        "deliveries",
        sa.Column("overdue_since", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "hygiene",  # a row a number that has failed
        sa.Column("phone", TEXT, primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
            for name in ("failures", "since", "last_failure_at", "cleared_at")
        ),
        sa.Column("reason", TEXT, nullable=False, server_default=""),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hygiene_reports",  # of quarters that are over
        sa.Column("quarter", TEXT, primary_key=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("lines", TEXT, nullable=False),
    )
    # Messages that were under way before there were time rules are looked at by and by.
    op.execute("UPDATE deliveries SET due_at = 1 WHERE rank < 1")
