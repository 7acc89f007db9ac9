"""What the opt-out flags of records said when they were last read."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "record_flags",
        sa.Column("record_id", TEXT, primary_key=True),
        sa.Column("opted_out", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
