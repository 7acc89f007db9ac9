"""What events have to tell of records that Salesforce has taken, and what they told."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "announcements",  # written to the record, not told of yet
        *map(_key, ("object", "record_id", "topic")),
        sa.Column("change_id", TEXT, nullable=False),
        sa.Column("urgent", sa.SmallInteger, nullable=False, server_default="0"),
        *map(_number, ("since", "attempts", "not_before")),
        sqlite_with_rowid=False,
    )
    op.create_index("announcements_change", "announcements", ["change_id"])
    op.create_index("announcements_order", "announcements", [sa.text("urgent DESC"), "since"])
    op.create_table(
        "announced",  # what was told of a record last, so that it is not told again
        *map(_key, ("object", "record_id", "subject")),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        _number("at"),
        sqlite_with_rowid=False,
    )


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
