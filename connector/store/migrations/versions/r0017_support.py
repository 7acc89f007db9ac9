"""Which versions of the service may run on this schema, kept beside it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Versions before this one want their own schema and no other.
phase = "contract"
oldest = "0017"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(  # in each half: the door looks at its own
        "schema_support",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("oldest", TEXT, nullable=False),
        sa.Column("made_by", TEXT, nullable=False),
    )
