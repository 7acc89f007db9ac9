"""Whether a field that our user does not see is there at all: the Tooling API tells."""

from collections.abc import Sequence

from connector.domain.errors import OrgUnavailableError
from connector.salesforce import soql
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.salesforce.rows import text_of


def existing_fields(org: Org, of_object: str, names: Sequence[str]) -> frozenset[str] | None:
    """
    Those of these fields that the object has, in lower case; None where nobody tells.

    FieldDefinition shows fields past field-level security, to users with View Setup and
    Configuration (Tooling API, "FieldDefinition"). From others a field that it does not list
    may be hidden all the same; whoever has that permission is told the org's limits as well.
    """
    wanted = ", ".join(map(soql.text, names))
    try:
        rows = org.tooling(
            "SELECT QualifiedApiName FROM FieldDefinition"  # noqa: S608 (SOQL)
            f" WHERE EntityDefinition.QualifiedApiName = {soql.text(of_object)}"
            f" AND QualifiedApiName IN ({wanted})"
        )
    except (OrgRefusedError, OrgUnavailableError):
        return None
    found = frozenset(text_of(row, "QualifiedApiName").lower() for row in rows)
    is_all = found.issuperset(map(str.lower, names))
    return found if is_all or org.limits() else None
