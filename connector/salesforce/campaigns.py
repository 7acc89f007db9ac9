"""Campaigns, as Salesforce names them (Object Reference, "Campaign")."""

from collections.abc import Mapping, Sequence

from connector.salesforce import soql
from connector.salesforce.org import Org
from connector.salesforce.rows import id_of, text_of


#: Campaigns of one query: an id is 27 bytes of an address that may have 16 KB.
MOST_CAMPAIGNS = 500


def campaign_names(org: Org, campaigns: Sequence[str]) -> Mapping[str, str]:
    """The names of those of these campaigns that are there and that our user may see."""
    chosen = f"WHERE Id IN {soql.record_ids(campaigns)}"
    rows = org.query(soql.select(["Id", "Name"], "Campaign", chosen))
    return {id_of(row): text_of(row, "Name") for row in rows}
