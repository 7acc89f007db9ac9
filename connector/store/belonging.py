"""What is known of one org in particular, and forgotten when another takes its place."""

from collections.abc import Collection

import sqlalchemy as sa

from connector.store.house import Marks
from connector.store.sql import Sql


#: Tables of what one org has, or shall have: record ids mean nothing in another.
OF_ONE_ORG = (
    "announced",
    "announcements",
    "bulk_changes",
    "bulk_jobs",
    "call_pace",
    "call_slots",
    "campaign_names",
    "changed_records",
    "delivery_records",
    "directory_phones",
    "directory_records",
    "lookups",
    "pending",
    "person_accounts",
    "record_flags",
    "refused",
    "stopped_lanes",
    "written",
)
#: How far the directory has been read, object by object; which objects ids belong to.
MARKS_OF_ONE_ORG = ("announcements:since", "directory:%", "prefixes%")
#: Whose records these are has to be found out anew.
MATCH_ALL_AGAIN = Sql("UPDATE deliveries SET changed = 1")
#: Figures stay, their rows have to be written anew.
WRITE_FIGURES_AGAIN = Sql("""
    INSERT INTO changed_records (object, record_id)
    SELECT 'SMS_Campaign_Stat__c', 'Key__c=' || key FROM figures WHERE key <> ''
    ON CONFLICT (object, record_id) DO NOTHING
""")
MARK = "org"


class Belonging:
    """Which org this database belongs to, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._marks = Marks(connection)

    def org(self) -> str:
        """The org's id; empty as long as there was none."""
        return self._marks.get(MARK)

    def claim(self, org_id: str) -> str:
        """To whom it belongs: to this org, unless another was first."""
        return self._marks.first(MARK, org_id)

    def give(self, org_id: str) -> None:
        """
        From now on it belongs to this org; what the org before had is forgotten.

        Messages and consent stay: they are looked up, worked out and written anew.
        """
        if self.org() not in {"", org_id}:
            self._forget(OF_ONE_ORG)
        self._marks.set(MARK, org_id)

    def _forget(self, tables: Collection[str]) -> None:
        for table in tables:
            self._connection.execute(sa.delete(sa.table(table)))
        for names in MARKS_OF_ONE_ORG:
            self._marks.forget(names)
        MATCH_ALL_AGAIN.run(self._connection)
        WRITE_FIGURES_AGAIN.run(self._connection)
