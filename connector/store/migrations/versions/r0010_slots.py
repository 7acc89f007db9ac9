"""Which jobs there are, and which ran when: each slot of time once."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "jobs",  # what the worker that started last does slot by slot
        sa.Column("name", TEXT, primary_key=True),
        _number("every"),  # microseconds
        _number("declared_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_slots",  # one that was begun and has no end is open: a job has one at most
        sa.Column("job", TEXT, primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        _number("since"),  # the oldest slot that this one makes up for
        _text("holder"),
        _number("fence"),
        _number("attempts"),
        _number("not_before"),
        _number("started_at"),
        _number("finished_at"),
        _text("result"),
        _number("coalesced"),  # the slot that made up for this one; 0 is none
        sqlite_with_rowid=False,
    )
    where = sa.text("finished_at = 0")
    op.create_index(
        "job_slots_open", "job_slots", ["job"], sqlite_where=where, postgresql_where=where
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
