"""
Reading who holds which number, and where records went.

Merged, deleted and converted records stay readable through queryAll for 15 days (REST API
Developer Guide, "QueryAll"; Object Reference, "MasterRecordId", "ConvertedContactId").
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.salesforce import soql
from connector.salesforce.classify import STALE_DESCRIPTION
from connector.salesforce.connection import Connection
from connector.salesforce.describe import Descriptions, ObjectDescription
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.rows import Row, id_of, moment_of, query, text_of


#: Ids of one query: Salesforce takes addresses of 16 KB, an id is 27 bytes of it.
IDS_A_QUERY = 300
#: How often a record may have moved on before we lose its trail.
LONGEST_TRAIL = 5

_WENT = ("IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId")
_PARENT = "AccountId"
#: There only where the org has person accounts; an account and its contact are one person.
_TWIN = ("IsPersonAccount", "PersonContactId")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPage:
    """
    The next entries in order of their change, `org_time` by the org's clock.

    `done` says that there are no more now. The last entry says where the next page begins.
    """

    entries: list[DirectoryEntry]
    org_time: datetime
    done: bool


class Directory:
    """Reads pages of records that changed, and follows those that went elsewhere."""

    def __init__(self, connection: Connection, descriptions: Descriptions) -> None:
        self._connection = connection
        self._descriptions = descriptions

    def page(
        self,
        name: str,
        phone_fields: Sequence[str],
        *,
        since: datetime | None,
        after_id: str,
        limit: int,
        flags: Mapping[str, bool] = MappingProxyType({}),
    ) -> DirectoryPage:
        following = () if since is None else (f"WHERE {_from(since, after_id)}",)
        clauses = (*following, "ORDER BY SystemModstamp, Id", f"LIMIT {limit:d}")
        try:
            entries = self._entries(name, phone_fields, clauses, flags)
        except OrgRefusedError as refusal:
            if refusal.code not in STALE_DESCRIPTION:
                raise
            # A field went away since we looked.
            self._descriptions.forget(name)
            entries = self._entries(name, phone_fields, clauses, flags)
        return DirectoryPage(
            entries=entries,
            org_time=self._connection.meter.org_time or self._connection.clock(),
            done=len(entries) < limit,
        )

    def _entries(
        self,
        name: str,
        phone_fields: Sequence[str],
        clauses: Sequence[str],
        flags: Mapping[str, bool],
    ) -> list[DirectoryEntry]:
        described = self._descriptions.of(name)
        phones = described.known(*phone_fields)
        columns = described.known(
            *("Id", "SystemModstamp", _PARENT, *_WENT, *_TWIN), *phones, *flags
        )
        statement = soql.select(columns, described.name, *clauses)
        rows = query(self._connection, statement, deleted=True)
        return [_entry(described.name, phones, flags, row) for row in rows]

    def successors(self, records: Iterable[RecordRef]) -> dict[RecordRef, RecordRef | None]:
        """
        Where each of these is now: itself where it did not move, None where it is gone.

        Converted and merged records are followed, a few steps far.
        """
        heads: dict[RecordRef, RecordRef | None] = {record: record for record in records}
        settled: set[RecordRef | None] = {None}
        for _ in range(LONGEST_TRAIL):
            open_heads = {head for head in heads.values() if head and head not in settled}
            if not open_heads:
                return heads
            went = self._went(open_heads)
            settled.update(head for head, to in went.items() if head == to)
            heads = {record: _next(head, went) for record, head in heads.items()}
        return {record: head if head in settled else None for record, head in heads.items()}

    def _went(self, records: set[RecordRef]) -> dict[RecordRef, RecordRef | None]:
        went: dict[RecordRef, RecordRef | None] = dict.fromkeys(records)
        for name, group in itertools.groupby(sorted(records), key=lambda each: each.object):
            for row in self._rows(self._descriptions.of(name), [each.id for each in group]):
                record = RecordRef(name, id_of(row))
                gone = row.get("IsDeleted") is True
                went[record] = _successor(name, row) or (None if gone else record)
        return went

    def _rows(self, described: ObjectDescription, ids: list[str]) -> Iterator[Row]:
        columns = described.known("Id", *_WENT)
        for at in range(0, len(ids), IDS_A_QUERY):
            chosen = f"WHERE Id IN {soql.record_ids(ids[at : at + IDS_A_QUERY])}"
            statement = soql.select(columns, described.name, chosen)
            yield from query(self._connection, statement, deleted=True)


def _next(head: RecordRef | None, went: dict[RecordRef, RecordRef | None]) -> RecordRef | None:
    return went.get(head, head) if head else None


def _from(since: datetime, after_id: str) -> str:
    """The rows after this one in order of (SystemModstamp, Id), or all since a moment."""
    moment = soql.moment(since)
    if not after_id:
        return f"SystemModstamp >= {moment}"
    same_moment = f"(SystemModstamp = {moment} AND Id > {soql.record_id(after_id)})"
    return f"(SystemModstamp > {moment} OR {same_moment})"


def _entry(
    name: str, phones: Sequence[str], flags: Mapping[str, bool], row: Row
) -> DirectoryEntry:
    return DirectoryEntry(
        record=RecordRef(name, id_of(row)),
        phones={field: text_of(row, field) for field in phones if text_of(row, field)},
        modified_at=moment_of(row, "SystemModstamp"),
        parent=id_of(row, _PARENT),
        deleted=row.get("IsDeleted") is True,
        successor=_successor(name, row),
        twin=_twin(name, row),
        opt_outs={
            field: value is not inverted
            for field, inverted in flags.items()
            if isinstance(value := row.get(field), bool)
        },
    )


def _twin(name: str, row: Row) -> RecordRef | None:
    """Object Reference, "Account", PersonContactId: an account's person, and the reverse."""
    if name == "Account" and (contact := id_of(row, "PersonContactId")):
        return RecordRef("Contact", contact)
    if name == "Contact" and row.get("IsPersonAccount") is True:
        account = id_of(row, _PARENT)
        return RecordRef("Account", account) if account else None
    return None


def _successor(name: str, row: Row) -> RecordRef | None:
    if contact := id_of(row, "ConvertedContactId"):
        return RecordRef("Contact", contact)
    winner = id_of(row, "MasterRecordId")
    return RecordRef(name, winner) if winner else None
