"""What the block lists of gateways have to be told, were told, and told us."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "block_entries",  # what each list should hold of each number, and does
        sa.Column("list", TEXT, primary_key=True),
        sa.Column("phone", TEXT, primary_key=True),
        sa.Column("blocked", sa.SmallInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        _text("state"),
        _number("since"),
        _number("not_before"),
        _number("attempts"),
        _text("error"),
        sa.Column("told", sa.SmallInteger, nullable=False, server_default="-1"),
        _number("told_at"),
        _number("changed_at"),
        sqlite_with_rowid=False,
    )
    where = sa.text("state IN ('waiting', 'sent')")
    op.create_index(
        "block_entries_due",
        "block_entries",
        ["list", "state", sa.text("blocked DESC"), "since", "phone"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "block_listings",  # since when a number is listed, where the gateway does not tell
        sa.Column("list", TEXT, primary_key=True),
        sa.Column("subject", TEXT, primary_key=True),
        _number("first_seen"),
        _number("last_seen"),
        sqlite_with_rowid=False,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
