"""What Salesforce calls the campaigns: people know them by their names."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros


PUT = Bulk(
    "campaign_names",
    ("campaign text", "name text", "read_at bigint"),
    "ON CONFLICT (campaign) DO UPDATE SET name = excluded.name, read_at = excluded.read_at",
)
SELECT = Sql(
    "SELECT campaign, name FROM campaign_names WHERE campaign IN {items} AND name <> ''"
)
SELECT_FRESH = Sql("""
    SELECT campaign FROM campaign_names WHERE campaign IN {items} AND read_at > :since
""")


class CampaignNames:
    """The names, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, names: Mapping[str, str], now: datetime) -> None:
        """Keep names by the campaigns' ids; empty for one that Salesforce does not know."""
        at = micros(now)
        PUT.run(self._connection, [(each, names[each], at) for each in sorted(names)])

    def of(self, campaigns: Iterable[str]) -> dict[str, str]:
        """The names of those of these campaigns that have one."""
        found = SELECT.run(self._connection, keys=keys(campaigns))
        return {row.campaign: row.name for row in found}

    def read_since(self, campaigns: Iterable[str], since: datetime) -> set[str]:
        """Those of these campaigns that were asked for since then, whatever the answer."""
        found = SELECT_FRESH.run(self._connection, keys=keys(campaigns), since=micros(since))
        return set(found.scalars())
