"""The kept reports of quarters."""

from collections.abc import Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.hygiene_report import Line
from connector.store.sql import Sql, number
from connector.store.times import micros, moment


SELECT = Sql("SELECT lines FROM hygiene_reports WHERE quarter = :quarter")
SELECT_ALL = Sql("SELECT quarter, made_at FROM hygiene_reports ORDER BY quarter DESC")
PUT = Sql("""
    INSERT INTO hygiene_reports (quarter, made_at, lines) VALUES (:quarter, :made_at, :lines)
    ON CONFLICT (quarter) DO NOTHING
""")
#: Of messages that are still kept.
COUNT_TEXTED = Sql("""
    SELECT COUNT(DISTINCT recipient) FROM deliveries
    WHERE recipient <> '' AND first_seen_at >= :begins_at AND first_seen_at < :ends_at
""")


class HygieneReports:
    """The reports, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, quarter: str) -> list[Line]:
        """Nothing where none was kept."""
        row = SELECT.run(self._connection, quarter=quarter).first()
        found = orjson.loads(row.lines) if row else []
        return [Line(figure=figure, of=of, count=count) for figure, of, count in found]

    def put(self, quarter: str, lines: Sequence[Line], made_at: datetime) -> None:
        """The first one stays."""
        told = orjson.dumps([(line.figure, line.of, line.count) for line in lines]).decode()
        PUT.run(self._connection, quarter=quarter, made_at=micros(made_at), lines=told)

    def kept(self) -> list[tuple[str, datetime]]:
        """The quarters that have one, the newest first, and when it was made."""
        return [(row.quarter, moment(row.made_at)) for row in SELECT_ALL.run(self._connection)]

    def texted(self, begins_at: datetime, ends_at: datetime) -> int:
        """To how many numbers messages went in that time; reads all messages."""
        rows = COUNT_TEXTED.run(
            self._connection, begins_at=micros(begins_at), ends_at=micros(ends_at)
        )
        return number(rows)
