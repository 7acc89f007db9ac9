"""The first schema: an inbox of raw callbacks, and the state read from them."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Compared byte by byte on both engines: under a language's collation 'B' > 'a', Python and
# SQLite say the opposite, and the joins would differ.
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
MOMENT = sa.BigInteger  # microseconds since 1970; 0 is none
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    parts = context.config.attributes["parts"]
    if "inbox" in parts:
        create_inbox()
    if "state" in parts:
        create_reading()
        create_deliveries()
        create_directory()
        create_outbox()
        create_house()


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def moment(name: str) -> sa.Column[int]:
    return sa.Column(name, MOMENT, nullable=False, server_default="0")


def small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False, server_default="0")


def table(name: str, *columns: sa.Column[Any]) -> None:
    """A table whose primary key is its order on disk."""
    op.create_table(name, *columns, sqlite_with_rowid=False)


def create_inbox() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True),
        text("gateway"),
        text("account"),
        text("method"),
        text("target"),
        text("headers"),  # JSON
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("parts", TEXT),  # JSON: fields that the door decoded
        small("urgent"),
        moment("received_at"),
        sqlite_autoincrement=True,  # a number is never used again, cursors rely on it
    )
    op.create_index(
        "callbacks_urgent",
        "callbacks",
        ["id"],
        sqlite_where=sa.text("urgent = 1"),
        postgresql_where=sa.text("urgent = 1"),
    )


def create_reading() -> None:
    """Which callbacks still have to be read, and which could not be."""
    table("cursors", key("lane"), sa.Column("position", sa.BigInteger, nullable=False))
    table(
        "unread",
        sa.Column("urgent", sa.SmallInteger, primary_key=True),
        sa.Column("callback_id", sa.BigInteger, primary_key=True, autoincrement=False),
        small("again"),  # asked for: the parts that the door kept do not count
    )
    table(
        "quarantine",
        sa.Column("callback_id", sa.BigInteger, primary_key=True, autoincrement=False),
        text("gateway"),
        text("reason"),
        moment("since"),
    )


def create_deliveries() -> None:
    table(
        "events",  # the set of distinct things said about a message; its state is their fold
        key("gateway"),
        key("message_id"),
        key("kind"),  # delivery, registration, click, reply
        key("word"),  # the status, or the gateway's own word where it documents none
        sa.Column("occurred_at", MOMENT, primary_key=True, autoincrement=False),
        key("error_code"),
        sa.Column("callback_id", sa.BigInteger, nullable=False),
        moment("received_at"),
    )
    table(
        "deliveries",
        key("gateway"),
        key("message_id"),
        small("rank"),
        moment("occurred_at"),
        text("status"),
        text("error_code"),
        text("reason"),
        moment("reported_at"),
        moment("first_seen_at"),
        moment("sent_at"),
        text("account"),
        text("recipient"),
        text("sender"),
        text("reference"),
        text("campaign"),
        text("registered_record"),
        small("segments"),
        small("changed"),  # since it was last matched
        small("unmatched"),  # no record holds it yet
    )
    where = sa.text("changed = 1")
    op.create_index(
        "deliveries_changed",
        "deliveries",
        ["gateway", "message_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("deliveries_recipient", "deliveries", ["recipient", "first_seen_at"])
    where = sa.text("unmatched = 1")
    op.create_index(
        "deliveries_unmatched",
        "deliveries",
        ["recipient"],
        sqlite_where=where,
        postgresql_where=where,
    )
    table(
        "delivery_records",  # which records a message is shown on
        key("gateway"),
        key("message_id"),
        key("object"),
        key("record_id"),
        text("matched_by"),
        moment("started_at"),
        moment("delivered_at"),
    )
    op.create_index("delivery_records_record", "delivery_records", ["record_id", "started_at"])


def create_directory() -> None:
    table(
        "directory_records",
        key("record_id"),
        text("object"),
        moment("modified_at"),
        text("parent"),
        small("deleted"),
        text("successor_object"),
        text("successor_id"),
    )
    table(
        "directory_phones",
        key("record_id"),
        key("field"),
        text("object"),
        text("phone"),
    )
    op.create_index("directory_phones_phone", "directory_phones", ["phone"])


def create_outbox() -> None:
    table(
        "changed_records",  # what a record shall show has to be worked out anew
        key("record_id"),
        key("object"),
        small("urgent"),
    )
    op.create_index(
        "changed_records_order",
        "changed_records",
        [sa.text("urgent DESC"), "object", "record_id"],
    )
    table(
        "pending",
        key("record_id"),
        key("object"),
        key("topic"),
        text("fields"),  # JSON
        text("change_id"),
        moment("since"),
        small("urgent"),
        text("parent"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        moment("not_before"),
    )
    op.create_index("pending_order", "pending", ["object", sa.text("urgent DESC"), "since"])
    op.create_index("pending_change", "pending", ["change_id"])
    table(
        "written",  # what Salesforce has already, so that nothing is sent twice
        key("record_id"),
        key("object"),
        key("topic"),
        text("fields"),
        moment("at"),
    )
    op.create_table(
        "writes",
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True),
        text("object"),
        text("record_id"),
        text("fields"),
        text("verdict"),
        text("error_code"),
        moment("at"),
    )
    op.create_index("writes_record", "writes", ["record_id"])
    table(
        "refused",
        key("record_id"),
        key("object"),
        text("fields"),
        text("error_code"),
        text("message"),
        text("error_fields"),
        moment("since"),
    )
    op.create_index("refused_order", "refused", ["since", "record_id"])
    table(
        "stopped_lanes",
        key("object"),
        sa.Column("urgent", sa.SmallInteger, primary_key=True, autoincrement=False),
        text("error_code"),
        text("message"),
        moment("since"),
        moment("retry_at"),
    )


def create_house() -> None:
    table(
        "leases",
        key("name"),
        text("holder"),
        moment("until"),
        sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    )
    table("marks", key("name"), text("value"))
    table(
        "api_keys",
        key("name"),
        text("secret_hash"),
        text("scopes"),
        moment("created_at"),
        moment("revoked_at"),
    )
    op.create_index("api_keys_hash", "api_keys", ["secret_hash"], unique=True)
