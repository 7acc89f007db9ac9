"""What messages cost, what was counted of each, and the figures added up from that."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    _of_messages()
    op.create_table(
        "figure_changes",  # what has to be added to the figures: workers never wait here
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True),
        *map(_text, ("campaign", "period")),
        _number("start"),
        *map(_text, ("split", "value", "counts")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "figures",  # a row a campaign, period and split
        *map(_key, ("campaign", "period")),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        *map(_key, ("split", "value")),
        _text("counts"),  # JSON
        _text("key"),  # the external id of its row; empty where Salesforce gets none
        sa.Column("unjudged", sa.SmallInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    where = sa.text("key <> ''")
    op.create_index(
        "figures_key",
        "figures",
        ["key"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("unjudged = 1")
    op.create_index(
        "figures_unjudged", "figures", ["campaign"], sqlite_where=where, postgresql_where=where
    )


def _of_messages() -> None:
    added: tuple[sa.Column[Any], ...] = (
        _number("cost"),  # in millionths of the currency
        *map(_text, ("currency", "carrier")),
        sa.Column("overdue", sa.SmallInteger, nullable=False, server_default="0"),
        _number("due_at"),  # when time alone changes what is said of it; 0 is never
        _text("counted"),  # what of it is in the figures
        _text("counted_for"),  # and for which campaign
    )
    for column in added:
        op.add_column("deliveries", column)
    where = sa.text("due_at > 0")
    op.create_index(
        "deliveries_due", "deliveries", ["due_at"], sqlite_where=where, postgresql_where=where
    )
    where = sa.text("counted_for <> ''")
    op.create_index(
        "deliveries_counted",
        "deliveries",
        ["counted_for", "gateway", "message_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
