"""Which object an id belongs to: its first three characters tell, in this org."""

from collections.abc import Mapping

from connector.domain.errors import OrgUnavailableError
from connector.salesforce.connection import Connection


_LENGTH = 3


def read_prefixes(connection: Connection) -> Mapping[str, str]:
    """
    Every object that our user sees, by the prefix of its ids (`keyPrefix`); one call.

    Those of custom objects differ from org to org (REST API Developer Guide, "Describe
    Global").
    """
    answer = connection.ask(lambda client: client.restful("sobjects"))
    told = answer.get("sobjects") if isinstance(answer, dict) else None
    if not isinstance(told, list):
        raise OrgUnavailableError("Salesforce lists its objects in a shape that it never does")
    pairs = (
        (each.get("keyPrefix"), each.get("name")) for each in told if isinstance(each, dict)
    )
    return {
        prefix: name
        for prefix, name in pairs
        if isinstance(prefix, str) and isinstance(name, str) and len(prefix) == _LENGTH
    }
