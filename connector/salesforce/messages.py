"""Records of messages that another program made, found by the message's id in one of them."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus

from connector.salesforce import soql
from connector.salesforce.connection import Connection
from connector.salesforce.rows import Row, id_of, query, text_of


#: Values of one query, and how long they may be in its address (it takes 16 KB in all).
MOST_VALUES, MOST_BYTES = 300, 10_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """A record of a message: whom it says that it went to, and for which campaign."""

    id: str
    people: tuple[str, ...] = ()
    campaign: str = ""

    @property
    def details(self) -> tuple[str, ...]:
        """All ids that it tells, people first."""
        return (*self.people, self.campaign) if self.campaign else self.people


def value_batches(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut values so that each batch fits into the address of one query."""
    batch: list[str] = []
    size = 0
    for value in values:
        length = len(quote_plus(soql.text(value))) + 3
        if batch and (len(batch) == MOST_VALUES or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += length
    if batch:
        yield batch


def find_messages(
    connection: Connection,
    name: str,
    key: str,
    values: Sequence[str],
    person: Sequence[str] = (),
    campaign: str = "",
) -> Mapping[str, FoundMessage]:
    """
    The records of which `key` holds just one of these values, by that value.

    Of several with one value it is the one whose id comes last, as a rule the newest. SOQL
    does not tell capitals from small letters, message ids do.
    """
    chosen = f"WHERE {soql.name(key)} IN ({','.join(map(soql.text, values))})"
    columns = _distinct(["Id", key, *person, *filter(None, [campaign])])
    statement = soql.select(columns, name, chosen, "ORDER BY Id")
    wanted = set(values)
    found = {}
    for row in query(connection, statement):
        value = text_of(row, _spelled(row, key))
        if value in wanted:
            people = (id_of(row, _spelled(row, field)) for field in person)
            found[value] = FoundMessage(
                id=id_of(row),
                people=tuple(filter(None, people)),
                campaign=id_of(row, _spelled(row, campaign)) if campaign else "",
            )
    return found


def _distinct(names: Iterable[str]) -> list[str]:
    """Salesforce refuses a field that is selected twice, however it is spelled."""
    return list({name.lower(): name for name in names}.values())


def _spelled(row: Row, field: str) -> str:
    """The name as the answer spells it, which is the org's way, not ours."""
    return next((each for each in row if each.lower() == field.lower()), field)
