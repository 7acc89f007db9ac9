"""What is wrong with campaigns and accounts, since when, and who was told."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "campaign_health",  # as it was judged last; an empty word below the minimum sample
        sa.Column("campaign", TEXT, primary_key=True),
        _text("health"),
        _number("since"),
        _number("settled"),
        _number("delivered"),
        sqlite_with_rowid=False,
    )
    _alerts()
    op.create_table(
        "alert_messages",  # what somebody outside has to be told of an alert, and was
        sa.Column("alert_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", TEXT, primary_key=True),
        sa.Column("way", TEXT, primary_key=True),
        _number("since"),
        _number("attempts"),
        _number("not_before"),
        _number("done_at"),
        _text("cause"),  # why it was not told; empty where it was
        sqlite_with_rowid=False,
    )
    where = sa.text("done_at = 0")
    op.create_index(
        "alert_messages_due",
        "alert_messages",
        ["way", "not_before"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True),
        *map(_text, ("kind", "subject", "what")),
        _number("since"),
        _number("ended_at"),
        _text("text"),  # what people read
        _text("figures"),  # JSON: what it was judged by when it began
        sqlite_autoincrement=True,
    )
    where = sa.text("ended_at = 0")
    op.create_index(
        "alerts_open",  # whatever many judges see at once: one alert
        "alerts",
        ["subject", "kind", "what"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
