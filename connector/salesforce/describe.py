"""What an object looks like to our user: a field that is hidden from it is not there."""

import dataclasses
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce import soql
from connector.salesforce.connection import Connection
from connector.salesforce.errors import OrgRefusedError


#: How long a description holds, unless the org contradicts it before.
FRESH = timedelta(hours=1)

_MISSING = ("NOT_FOUND", "INVALID_TYPE")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """
    One field (REST API Developer Guide, "sObject Describe").

    `values` are the active ones of a picklist; `restricted` says that it takes no others.
    `defaulted` fields may be left out of a new record although they are never empty.
    """

    name: str
    label: str = ""
    type: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    updateable: bool = False
    createable: bool = False
    nillable: bool = False
    defaulted: bool = False
    custom: bool = False
    restricted: bool = False
    external_id: bool = False
    unique: bool = False
    calculated: bool = False
    formula: str = ""
    values: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDescription:
    """
    One object; its fields by name in lower case, for Salesforce does not tell case apart.

    `record_types` are the active ones by their API name, without the master.
    """

    name: str
    label: str = ""
    updateable: bool = False
    createable: bool = False
    record_types: tuple[str, ...] = ()
    fields: Mapping[str, FieldDescription]

    def field(self, name: str) -> FieldDescription | None:
        return self.fields.get(name.lower())

    def known(self, *names: str) -> list[str]:
        """Those of these fields that exist, spelt as the org spells them."""
        found = (self.field(name) for name in names)
        return list(dict.fromkeys(field.name for field in found if field))


class Descriptions:
    """Descriptions already asked for; one call an object and hour."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, ObjectDescription]] = {}

    def of(self, name: str) -> ObjectDescription:
        now = self._connection.clock()
        with self._lock:
            known = self._known.get(name.lower())
        if known and now < known[0] + FRESH:
            return known[1]
        description = self._ask(name)
        with self._lock:
            self._known[name.lower()] = (now, description)
        return description

    def forget(self, name: str) -> None:
        """The org said something else: ask again next time."""
        with self._lock:
            self._known.pop(name.lower(), None)

    def forget_all(self) -> None:
        with self._lock:
            self._known.clear()

    def _ask(self, name: str) -> ObjectDescription:
        path = f"sobjects/{soql.name(name)}/describe"
        try:
            answer = self._connection.ask(lambda client: client.restful(path))
        except OrgRefusedError as refusal:
            if refusal.code not in _MISSING:
                raise
            answer = None
        else:
            return read_description(answer)
        raise ConfigurationError(
            f"Salesforce has no object {name}, or the integration user may not see it"
        )


def read_description(answer: object) -> ObjectDescription:
    if not isinstance(answer, dict) or not isinstance(answer.get("fields"), list):
        raise OrgUnavailableError(
            "Salesforce describes an object in a shape that it never does"
        )
    fields = [_field(each) for each in answer["fields"] if isinstance(each, dict)]
    return ObjectDescription(
        name=str(answer.get("name") or ""),
        label=str(answer.get("label") or ""),
        updateable=bool(answer.get("updateable")),
        createable=bool(answer.get("createable")),
        record_types=_record_types(answer.get("recordTypeInfos")),
        fields={field.name.lower(): field for field in fields},
    )


def _field(told: Mapping[str, object]) -> FieldDescription:
    values, references = told.get("picklistValues"), told.get("referenceTo")
    return FieldDescription(
        name=str(told.get("name") or ""),
        label=str(told.get("label") or ""),
        type=str(told.get("type") or ""),
        length=_number(told, "length"),
        precision=_number(told, "precision"),
        scale=_number(told, "scale"),
        updateable=bool(told.get("updateable")),
        createable=bool(told.get("createable")),
        nillable=bool(told.get("nillable")),
        defaulted=bool(told.get("defaultedOnCreate")),
        custom=bool(told.get("custom")),
        restricted=bool(told.get("restrictedPicklist")),
        external_id=bool(told.get("externalId")),
        unique=bool(told.get("unique")),
        calculated=bool(told.get("calculated")),
        formula=str(told.get("calculatedFormula") or ""),
        values=_values(values, active=True),
        inactive=_values(values, active=False),
        references=tuple(map(str, references)) if isinstance(references, list) else (),
    )


def _number(told: Mapping[str, object], key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) else 0


def _values(told: object, *, active: bool) -> tuple[str, ...]:
    entries = told if isinstance(told, list) else []
    return tuple(
        str(entry.get("value"))
        for entry in entries
        if isinstance(entry, dict) and bool(entry.get("active")) is active
    )


def _record_types(told: object) -> tuple[str, ...]:
    entries = told if isinstance(told, list) else []
    return tuple(
        str(entry.get("developerName") or entry.get("name"))
        for entry in entries
        if isinstance(entry, dict) and entry.get("active") and not entry.get("master")
    )
