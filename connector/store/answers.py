"""How many records Salesforce answered for, by object and verdict; it only ever rises."""

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from connector.domain.records import Outcome
from connector.store.sql import Bulk, Sql


#: One object is written by one worker at a time, so nobody waits for anybody's row.
COUNT = Bulk(
    "answers AS a",
    ("object text", "verdict text", "records bigint"),
    "ON CONFLICT (object, verdict) DO UPDATE SET records = a.records + excluded.records",
)
SELECT = Sql("SELECT object, verdict, records FROM answers ORDER BY object, verdict")


class Answers:
    """The counts, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """To be called once for each answer, in the transaction that keeps it."""
        found = Counter((each.change.record.object, each.verdict.value) for each in outcomes)
        COUNT.run(self._connection, sorted((*key, n) for key, n in found.items()))

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Records by object and verdict."""
        rows = SELECT.run(self._connection)
        return {(row.object, row.verdict): row.records for row in rows}
