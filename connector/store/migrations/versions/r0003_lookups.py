"""What is looked for in Salesforce, whose an account is, and messages for gone records."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in the first revision: compared byte by byte on both engines.
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
MOMENT = sa.BigInteger  # microseconds since 1970; 0 is none


def upgrade() -> None:
    if "state" in context.config.attributes["parts"]:
        create_lookups()
        create_person_accounts()
        index_unmatched()


def create_lookups() -> None:
    table(
        "lookups",  # records that only Salesforce can name: found, sought, or given up
        key("scope"),  # a message's gateway, or a member's campaign
        key("name"),  # the message's id, or the member's person
        key("object"),
        text("record_id"),  # empty while it is not found
        text("details"),  # JSON: what else the record told
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        moment("since"),
        moment("asked_at"),
        moment("next_at"),  # 0 once it is found or given up
        text("error"),
    )
    where = sa.text("next_at > 0")
    op.create_index(
        "lookups_due", "lookups", ["next_at"], sqlite_where=where, postgresql_where=where
    )
    where = sa.text("record_id <> ''")
    op.create_index(
        "lookups_record", "lookups", ["record_id"], sqlite_where=where, postgresql_where=where
    )


def create_person_accounts() -> None:
    table("person_accounts", key("account_id"), text("contact_id"))
    op.create_index("person_accounts_contact", "person_accounts", ["contact_id"])


def index_unmatched() -> None:
    """By whom a message was sent for, so that it is found when that record comes back."""
    for name in ("reference", "registered_record"):
        where = sa.text(f"unmatched = 1 AND {name} <> ''")
        op.create_index(
            f"deliveries_unmatched_{name}",
            "deliveries",
            [name],
            sqlite_where=where,
            postgresql_where=where,
        )


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def moment(name: str) -> sa.Column[int]:
    return sa.Column(name, MOMENT, nullable=False, server_default="0")


def table(name: str, *columns: sa.Column[Any]) -> None:
    """A table whose primary key is its order on disk."""
    op.create_table(name, *columns, sqlite_with_rowid=False)
