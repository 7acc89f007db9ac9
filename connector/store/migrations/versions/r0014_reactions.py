"""Clicks, replies and opt-outs, and the message that each answers."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "reactions",
        sa.Column("id", TEXT, primary_key=True),  # the same for the same reaction
        *map(_text, ("kind", "gateway", "phone", "sender")),
        _text("named"),  # the id of the message that it names
        _number("at"),
        _number("revision"),  # goes up with every change
        sa.Column("open", sa.SmallInteger, nullable=False, server_default="1"),
        *map(_text, ("answered_gateway", "answered_message_id")),
        sqlite_with_rowid=False,
    )
    _index("open", "id", where="open = 1")
    _index("phone", "phone", "at", where="phone <> ''")
    _index("named", "gateway", "named", where="named <> '' AND phone = ''")
    _index(
        "answered",
        "answered_gateway",
        "answered_message_id",
        where="answered_message_id <> ''",
    )


def _index(name: str, *columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"reactions_{name}",
        "reactions",
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
