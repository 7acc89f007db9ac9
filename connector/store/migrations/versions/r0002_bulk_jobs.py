"""Bulk jobs on their way, with the changes in them; how many calls we made, and their pace."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As in the first revision: compared byte by byte on both engines.
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
MOMENT = sa.BigInteger  # microseconds since 1970; 0 is none


def upgrade() -> None:
    if "state" in context.config.attributes["parts"]:
        create_bulk_jobs()
        create_calls()


def create_bulk_jobs() -> None:
    table(
        "bulk_jobs",
        key("job"),  # our own name of it
        text("object"),
        text("salesforce_id"),
        text("state"),
        count("records"),
        count("settled"),
        count("failed"),
        count("processed"),  # as of the last poll
        count("polls"),
        text("error"),
        moment("created_at"),
        moment("progressed_at"),
        moment("poll_at"),
        moment("ended_at"),
    )
    op.create_index("bulk_jobs_object", "bulk_jobs", ["object", "ended_at"])
    table(
        "bulk_changes",  # what is in a job and not settled yet
        key("job"),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        text("record_id"),
        text("fields"),  # JSON
        text("change_ids"),  # JSON
        text("parent"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("bulk_changes_record", "bulk_changes", ["job", "record_id"])
    # What a bulk job did not decide goes by collections.
    op.add_column(
        "pending",
        sa.Column("calls_only", sa.SmallInteger, nullable=False, server_default="0"),
    )


def create_calls() -> None:
    table(
        "call_slots",  # ten minutes: calls of ours, and the whole org's as it told them last
        sa.Column("start", MOMENT, primary_key=True, autoincrement=False),
        count("ours"),
        count("used"),
        count("total"),
        moment("told_at"),
    )
    table(
        "call_pace",  # what all workers together may spend now
        key("name"),
        count("saved_micros"),
        moment("counted_at"),
    )


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def moment(name: str) -> sa.Column[int]:
    return sa.Column(name, MOMENT, nullable=False, server_default="0")


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def table(name: str, *columns: sa.Column[Any]) -> None:
    """A table whose primary key is its order on disk."""
    op.create_table(name, *columns, sqlite_with_rowid=False)
