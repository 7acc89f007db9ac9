"""Setup records and the Tooling API: what is asked and made when an org is being set up."""

import json
from collections.abc import Mapping

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import FieldValue, long_id
from connector.salesforce import soql
from connector.salesforce.connection import Connection


def create(
    connection: Connection,
    object: str,  # noqa: A002 (the project's word)
    fields: Mapping[str, FieldValue],
) -> str:
    """
    One new record, and its id; a refusal is raised with Salesforce's code.

    After an unclear answer it may be there: whoever calls again expects DUPLICATE_VALUE.
    """
    path = f"sobjects/{soql.name(object)}"
    body = json.dumps(dict(fields))
    answer = connection.ask(lambda client: client.restful(path, method="POST", data=body))
    made = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(made, str) or not made:
        raise OrgUnavailableError(f"Salesforce made a {object}, but gave no id")
    return long_id(made)
