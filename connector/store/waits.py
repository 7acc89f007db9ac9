"""How long opt-outs have waited for Salesforce."""

from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Sql
from connector.store.times import moment_or_none


COUNT_URGENT = Sql("""
    SELECT COUNT(*), COALESCE(MIN(since), 0) FROM pending WHERE urgent = 1
""")


class Waits:
    """What waits, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def opt_outs(self) -> tuple[int, datetime | None]:
        """How many changes of consent Salesforce does not have, and since when the oldest."""
        count, oldest = COUNT_URGENT.run(self._connection).one()
        return int(count), moment_or_none(int(oldest))
