"""The phone directory: which record holds which number, and where records went."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros, moment


PUT_RECORDS = Bulk(
    "directory_records",
    (
        "record_id text",
        "object text",
        "modified_at bigint",
        "parent text",
        "deleted smallint",
        "successor_object text",
        "successor_id text",
    ),
    """
    ON CONFLICT (record_id) DO UPDATE SET
      modified_at = excluded.modified_at, parent = excluded.parent,
      deleted = excluded.deleted, successor_object = excluded.successor_object,
      successor_id = excluded.successor_id
    """,
)
FORGET_PHONES = Sql("DELETE FROM directory_phones WHERE record_id IN {items}")
PUT_PHONES = Bulk(
    "directory_phones", ("record_id text", "field text", "object text", "phone text")
)
SELECT_PHONES = Sql("""
    SELECT record_id, field, object, phone FROM directory_phones WHERE record_id IN {items}
""")
SELECT_RECORDS = Sql("""
    SELECT record_id, object, modified_at, parent, deleted, successor_object, successor_id
    FROM directory_records WHERE record_id IN {items}
""")
#: Who is gone is left out by us: asked to do it, PostgreSQL takes the records that are left
#: for few, as long as it has no statistics, and reads all of them for each number.
SELECT_HOLDERS = Sql("""
    SELECT p.phone, p.field, r.record_id, r.object, r.modified_at, r.deleted, r.successor_id
    FROM directory_phones AS p JOIN directory_records AS r ON r.record_id = p.record_id
    WHERE p.phone IN {items} ORDER BY r.record_id, p.field
""")
#: Salesforce's codes for a record that is not there (any more).
SELECT_REFUSED_AS_GONE = Sql("""
    SELECT object, record_id FROM refused
    WHERE (record_id, object) IN {pairs} AND error_code IN (
      'ENTITY_IS_DELETED', 'INVALID_CROSS_REFERENCE_KEY', 'NOT_FOUND'
    )
""")
#: Others stay on the list, and would fill a page for ever.
SELECT_GONE = Sql("""
    SELECT object, record_id FROM refused AS r WHERE object IN {items} AND error_code IN (
      'ENTITY_IS_DELETED', 'INVALID_CROSS_REFERENCE_KEY', 'NOT_FOUND'
    ) AND EXISTS (
      SELECT 1 FROM lookups AS l WHERE l.record_id = r.record_id AND l.record_id <> ''
    ) ORDER BY since, record_id LIMIT :limit
""")
PUT_PERSON_ACCOUNTS = Bulk(
    "person_accounts",
    ("account_id text", "contact_id text"),
    "ON CONFLICT (account_id) DO UPDATE SET contact_id = excluded.contact_id",
)
SELECT_CONTACTS = Sql("""
    SELECT account_id, contact_id FROM person_accounts WHERE account_id IN {items}
""")
SELECT_ACCOUNTS = Sql("""
    SELECT account_id, contact_id FROM person_accounts WHERE contact_id IN {items}
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A record that holds a number."""

    record: RecordRef
    field: str
    modified_at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecord:
    """What the directory knows of a record besides its numbers."""

    record: RecordRef
    parent: str
    deleted: bool
    successor: RecordRef | None


class Directory:
    """The phone directory, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(
        self, entries: Sequence[DirectoryEntry], phones: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Replace what is known of records; `phones` gives E.164 by record id and field."""
        entries = sorted(entries, key=lambda entry: entry.record.id)
        PUT_RECORDS.run(self._connection, [_row(entry) for entry in entries])
        FORGET_PHONES.run(self._connection, keys=keys(entry.record.id for entry in entries))
        PUT_PHONES.run(
            self._connection,
            [
                (entry.record.id, field, entry.record.object, phone)
                for entry in entries
                for field, phone in sorted(phones.get(entry.record.id, {}).items())
            ],
        )

    def phones(self, record_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """The numbers of records, by record id and field."""
        found: dict[str, dict[str, str]] = {}
        for row in SELECT_PHONES.run(self._connection, keys=keys(record_ids)):
            found.setdefault(row.record_id, {})[row.field] = row.phone
        return found

    def records(self, record_ids: Iterable[str]) -> dict[str, KnownRecord]:
        return {
            row.record_id: KnownRecord(
                record=RecordRef(row.object, row.record_id),
                parent=row.parent,
                deleted=bool(row.deleted),
                successor=RecordRef(row.successor_object, row.successor_id)
                if row.successor_id
                else None,
            )
            for row in SELECT_RECORDS.run(self._connection, keys=keys(record_ids))
        }

    def holders(self, phones: Iterable[str]) -> dict[str, list[Holder]]:
        """Who holds these numbers now, in a fixed order."""
        found: dict[str, list[Holder]] = {}
        for row in SELECT_HOLDERS.run(self._connection, keys=keys(phones)):
            if row.deleted or row.successor_id:
                continue
            found.setdefault(row.phone, []).append(
                Holder(
                    record=RecordRef(row.object, row.record_id),
                    field=row.field,
                    modified_at=moment(row.modified_at),
                )
            )
        return found

    def refused_as_gone(self, records: Iterable[RecordRef]) -> list[RecordRef]:
        """Those of these records that Salesforce did not find when they were written."""
        pairs = keys((record.id, record.object) for record in records)
        rows = SELECT_REFUSED_AS_GONE.run(self._connection, keys=pairs)
        return [RecordRef(row.object, row.record_id) for row in rows]

    def gone(self, objects: Iterable[str], limit: int) -> list[RecordRef]:
        """Records that were looked up, and that Salesforce did not find when written to."""
        rows = SELECT_GONE.run(self._connection, keys=keys(objects), limit=limit)
        return [RecordRef(row.object, row.record_id) for row in rows]

    def put_person_accounts(self, contacts: Mapping[str, str]) -> None:
        """Whose account is a person's: contact ids by account id."""
        PUT_PERSON_ACCOUNTS.run(self._connection, sorted(contacts.items()))

    def contacts_of(self, account_ids: Iterable[str]) -> dict[str, str]:
        """The contacts of those accounts that are persons."""
        rows = SELECT_CONTACTS.run(self._connection, keys=keys(account_ids))
        return {row.account_id: row.contact_id for row in rows}

    def accounts_of(self, contact_ids: Iterable[str]) -> dict[str, str]:
        """The accounts of those contacts that are persons."""
        rows = SELECT_ACCOUNTS.run(self._connection, keys=keys(contact_ids))
        return {row.contact_id: row.account_id for row in rows}


def _row(entry: DirectoryEntry) -> tuple[object, ...]:
    return (
        entry.record.id,
        entry.record.object,
        micros(entry.modified_at),
        entry.parent,
        int(entry.deleted),
        entry.successor.object if entry.successor else "",
        entry.successor.id if entry.successor else "",
    )
