"""How many records Salesforce answered for, and how: counted where the answer is kept."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "answers",  # a row an object and verdict, for ever rising
        sa.Column("object", TEXT, primary_key=True),
        sa.Column("verdict", TEXT, primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
