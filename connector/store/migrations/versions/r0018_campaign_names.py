"""What campaigns are called; and what was said of messages, by its age, so that it can go."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from connector.store.migrations.indexes import build_index


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

phase = "expand"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "campaign_names",  # as Salesforce told them; empty where it knows no such campaign
        sa.Column("campaign", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,  # building an index commits it, and may be broken off
    )
    build_index("events_received", "events", ["received_at"])
