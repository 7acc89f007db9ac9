"""Which messages gateways were asked about, and what they answered."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    where = sa.text("rank < 1")  # no final status: messages leave it when they end
    op.create_index(
        "deliveries_open",
        "deliveries",
        ["gateway", "first_seen_at", "message_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "reconciliations",  # a row a message that is, was or shall be asked for
        *map(_key, ("gateway", "account", "message_id")),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        _number("next_at"),  # 0 is never
        _number("asked_at"),
        sa.Column("answer", TEXT, nullable=False, server_default=""),
        _number("sent_at"),  # when the message was sent, as far as it is known
        # What was lost on the way: 1 its end, 2 all that there was to know.
        sa.Column("lost", sa.SmallInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    where = sa.text("next_at > 0")
    op.create_index(
        "reconciliations_due",
        "reconciliations",
        ["gateway", "account", "next_at"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("reconciliations_sent", "reconciliations", ["sent_at", "lost"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
