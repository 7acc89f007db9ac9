"""Since when messages are overdue, and which numbers no longer work, as far as they show."""

import sqlalchemy as sa
from alembic import context, op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.add_column(
        "deliveries",
        sa.Column("overdue_since", sa.BigInteger, nullable=False, server_default="0"),
    )
    # Messages that were under way before there were time rules are looked at by and by.
    op.execute("UPDATE deliveries SET due_at = 1 WHERE rank < 1")
