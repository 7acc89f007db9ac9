"""The ledger of consent, the state folded from it, what was decided on it, and the audit."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    if "state" not in context.config.attributes["parts"]:
        return
    op.create_table(
        "consent_events",  # only ever added to
        _key("phone"),
        _key("id"),
        _number("at"),
        _number("timed"),
        *map(_text, ("kind", "source", "gateway", "account", "message_id", "sender")),
        *map(_text, ("keyword", "scope", "actor", "reason", "evidence", "about")),
        _number("callback_id"),
        _number("received_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "consents",  # their fold, for those who ask often
        _key("phone"),
        _key("scope"),
        _number("opted_out"),
        _number("doubtful"),
        _number("changed_at"),
        *map(_text, ("source", "keyword", "gateway", "message_id")),
        _number("questions"),
        _number("version"),
        sqlite_with_rowid=False,
    )
    where = sa.text("questions > 0")
    op.create_index(
        "consents_questions",
        "consents",
        ["changed_at", "phone"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "engagements",
        _key("phone"),
        _number("last_click_at"),
        _number("last_reply_at"),
        sqlite_with_rowid=False,
    )
    _decisions()
    _audit()


def _decisions() -> None:
    op.create_table(
        "decisions",  # what senders were told; the number stands here as its pseudonym
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True),
        _number("at"),
        *map(_text, ("actor", "subject", "scope", "rule")),
        _number("sendable"),
        _number("version"),
    )
    op.create_index("decisions_subject", "decisions", ["subject", "at"])


def _audit() -> None:
    op.create_table(
        "audit",  # each entry names the one before it by its hash
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        _number("at"),
        *map(_text, ("actor", "action", "subject", "detail")),
        _number("version_before"),
        _number("version_after"),
        *map(_text, ("previous", "hash")),
    )
    op.create_index("audit_subject", "audit", ["subject", "number"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
