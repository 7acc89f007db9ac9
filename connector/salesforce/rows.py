"""Rows of a query, all pages of it, read with their types checked."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from simple_salesforce.api import Salesforce

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import long_id
from connector.salesforce import soql
from connector.salesforce.connection import Connection


Row = Mapping[str, object]

TOOLING = "tooling/query/"


def query(
    connection: Connection, text: str, *, deleted: bool = False, tooling: bool = False
) -> Iterator[Row]:
    """
    Every row of a query, page by page; `deleted` includes those in the recycle bin.

    How many rows a page has is Salesforce's choice, so a LIMIT does not mean a single page.
    `tooling` asks the Tooling API, which knows of metadata.
    """
    if tooling:
        page = connection.ask(lambda client: client.restful(TOOLING, params={"q": text}))
    else:
        page = connection.ask(lambda client: client.query(text, include_deleted=deleted))
    while True:
        rows, following = _page(page)
        yield from rows
        if not following:
            return
        page = connection.ask(_more(following))


def text_of(row: Row, field: str) -> str:
    """A text field, empty where it is null or was not asked for."""
    value = row.get(field)
    return value if isinstance(value, str) else ""


def id_of(row: Row, field: str = "Id") -> str:
    return long_id(text_of(row, field))


def moment_of(row: Row, field: str) -> datetime:
    try:
        return soql.read_moment(text_of(row, field))
    except ValueError:
        raise OrgUnavailableError(f"Salesforce gave no readable {field}") from None


def _more(following: str) -> Callable[[Salesforce], object]:
    return lambda client: client.query_more(following, identifier_is_url=True)


def _page(page: object) -> tuple[list[Row], str]:
    if not isinstance(page, dict) or not isinstance(page.get("records"), list):
        raise OrgUnavailableError("Salesforce answered a query in a shape that it never does")
    rows: list[Row] = [row for row in page["records"] if isinstance(row, dict)]
    following = page.get("nextRecordsUrl")
    if page.get("done") is True:
        return rows, ""
    if not isinstance(following, str):
        raise OrgUnavailableError("Salesforce answered with part of a query only")
    return rows, following
