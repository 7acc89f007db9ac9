"""Clicks, replies and opt-outs, and the message that each answers."""

# ruff: noqa: S608 (the column names put in are constants of this module)

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from connector.domain.delivery import Delivery
from connector.domain.figures import Reaction
from connector.domain.reaction import Heard, Key, Response, Sent
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment


_NAMES = (
    "id, kind, gateway, phone, sender, named, at, revision, open, "
    "answered_gateway, answered_message_id"
)
PUT = Bulk(
    "reactions AS r",
    (
        "id text",
        "kind text",
        "gateway text",
        "phone text",
        "sender text",
        "named text",
        "at bigint",
    ),
    """
    ON CONFLICT (id) DO UPDATE SET
      at = {least}(r.at, excluded.at), phone = {greatest}(r.phone, excluded.phone),
      sender = {greatest}(r.sender, excluded.sender), open = 1, revision = r.revision + 1
    WHERE excluded.at < r.at OR excluded.phone > r.phone OR excluded.sender > r.sender
    """,
)
SELECT_OPEN = Sql(f"""
    SELECT {_NAMES} FROM reactions WHERE open = 1 ORDER BY id LIMIT :limit
""")
SELECT_OF_PHONES = Sql(f"""
    SELECT {_NAMES} FROM reactions WHERE phone <> '' AND phone IN {{items}} ORDER BY id
""")
SELECT_KEPT = Sql(f"SELECT {_NAMES} FROM reactions WHERE id IN {{items}} ORDER BY id")
COUNT_OPEN = Sql("SELECT COUNT(*) FROM reactions WHERE open = 1")
#: In the order of their ids, as every writer goes through them, so that none waits for another
#: that waits for it. What was sent before may be answered; a message may have been learnt of
#: too late, or be taken for a later one than it was.
REOPEN = Sql("""
    UPDATE reactions SET open = 1, revision = revision + 1 WHERE id IN (
      SELECT id FROM reactions
      WHERE phone <> '' AND phone IN {items} AND at >= :since ORDER BY id {lock}
    )
""")
REOPEN_NAMED = Sql("""
    UPDATE reactions SET open = 1, revision = revision + 1 WHERE id IN (
      SELECT id FROM reactions
      WHERE named <> '' AND phone = '' AND (gateway, named) IN {pairs} ORDER BY id {lock}
    )
""")
#: Of rows that are there: an INSERT, because only that takes many rows in one statement.
SETTLE = Bulk(
    "reactions AS r",
    (
        "id text",
        "revision bigint",
        "phone text",
        "answered_gateway text",
        "answered_message_id text",
    ),
    """
    ON CONFLICT (id) DO UPDATE SET
      open = 0, revision = r.revision + 1, phone = excluded.phone,
      answered_gateway = excluded.answered_gateway,
      answered_message_id = excluded.answered_message_id
    WHERE r.revision = excluded.revision
    """,
)
_STARTED = "CASE WHEN sent_at <> 0 THEN sent_at ELSE first_seen_at END"
SELECT_SENT = Sql(f"""
    SELECT gateway, message_id, recipient, sender, {_STARTED} AS started_at FROM deliveries
    WHERE recipient IN {{items}} AND {_STARTED} >= :first AND {_STARTED} <= :last
""")
SELECT_RECIPIENTS = Sql("""
    SELECT gateway, message_id, recipient FROM deliveries
    WHERE (gateway, message_id) IN {pairs} AND recipient <> ''
""")
SELECT_OF_MESSAGES = Sql("""
    SELECT DISTINCT answered_gateway, answered_message_id, kind FROM reactions
    WHERE answered_message_id <> '' AND (answered_gateway, answered_message_id) IN {pairs}
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownReaction:
    """A reaction as it was read: how often it has changed, and what it answered so far."""

    heard: Heard
    revision: int
    open: bool
    answers: Key | None


class Reactions:
    """The reactions, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, responses: Iterable[Response]) -> None:
        """Keep these; what is known already stays, unless it is known better now."""
        joined: dict[str, Response] = {}
        for each in responses:
            known = joined.get(each.id)
            joined[each.id] = known.join(each) if known else each
        PUT.run(self._connection, sorted(_row(key, each) for key, each in joined.items()))

    def kept(self, ids: Iterable[str]) -> list[Response]:
        """What is known of those of these ids that were put."""
        rows = SELECT_KEPT.run(self._connection, keys=keys(ids))
        return [_known(row).heard.response for row in rows]

    def any_open(self) -> bool:
        """Whether there is one of which it is not known what it answers."""
        return bool(SELECT_OPEN.run(self._connection, limit=1).first())

    def open_count(self) -> int:
        return number(COUNT_OPEN.run(self._connection))

    def open(self, limit: int) -> list[KnownReaction]:
        """Some of which it is not known what they answer."""
        return [_known(row) for row in SELECT_OPEN.run(self._connection, limit=limit)]

    def of_phones(self, phones: Iterable[str]) -> list[KnownReaction]:
        """All reactions from these numbers."""
        rows = SELECT_OF_PHONES.run(self._connection, keys=keys(phones))
        return [_known(row) for row in rows]

    def sent(
        self, phones: Iterable[str], first: datetime, last: datetime
    ) -> dict[str, list[Sent]]:
        """The messages that went to these numbers between these moments, by number."""
        found: dict[str, list[Sent]] = {}
        rows = SELECT_SENT.run(
            self._connection, keys=keys(phones), first=micros(first), last=micros(last)
        )
        for row in rows:
            sent = Sent(
                key=(row.gateway, row.message_id),
                sender=row.sender,
                started_at=moment(row.started_at),
            )
            found.setdefault(row.recipient, []).append(sent)
        return found

    def recipients(self, messages: Iterable[Key]) -> dict[Key, str]:
        """The numbers that these messages went to, where they are known."""
        rows = SELECT_RECIPIENTS.run(self._connection, keys=keys(messages))
        return {(row.gateway, row.message_id): row.recipient for row in rows}

    def settle(self, settled: Iterable[tuple[KnownReaction, str, Key | None]]) -> None:
        """Note the number and the answer of each, unless it has changed since it was read."""
        rows = [
            (known.heard.id, known.revision, phone, *(answers or ("", "")))
            for known, phone, answers in settled
        ]
        SETTLE.run(self._connection, sorted(rows))

    def reopen(self, deliveries: Iterable[Delivery]) -> None:
        """Something is known of these messages: they may be what a reaction answers."""
        known = list(deliveries)
        since = min(
            (
                min(each.first_seen_at, each.sent_at or each.first_seen_at)
                for each in known
                if each.recipient
            ),
            default=None,
        )
        if since is not None:
            phones = keys(sorted({each.recipient for each in known} - {""}))
            REOPEN.run(self._connection, keys=phones, since=micros(since))
            named = keys((each.gateway, each.message_id) for each in known if each.recipient)
            REOPEN_NAMED.run(self._connection, keys=named)

    def of_messages(self, messages: Iterable[Key]) -> Mapping[Key, frozenset[Reaction]]:
        """How people reacted to these messages, by gateway and message id."""
        found: dict[Key, set[Reaction]] = {}
        for row in SELECT_OF_MESSAGES.run(self._connection, keys=keys(messages)):
            key = (row.answered_gateway, row.answered_message_id)
            found.setdefault(key, set()).add(Reaction(row.kind))
        return {key: frozenset(kinds) for key, kinds in found.items()}


def _row(key: str, response: Response) -> tuple[object, ...]:
    return (
        key,
        response.kind.value,
        response.gateway,
        response.phone,
        response.sender,
        response.named,
        micros(response.at),
    )


def _known(row: Row) -> KnownReaction:
    response = Response(
        kind=Reaction(row.kind),
        at=moment(row.at),
        gateway=row.gateway,
        phone=row.phone,
        sender=row.sender,
        named=row.named,
    )
    answers = (row.answered_gateway, row.answered_message_id)
    return KnownReaction(
        heard=Heard(id=row.id, response=response),
        revision=row.revision,
        open=bool(row.open),
        answers=answers if answers[1] else None,
    )
