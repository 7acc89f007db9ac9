"""What the checks look at: the org, the settings, the mappings; asked for once, kept."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from connector.clock import Clock
from connector.domain.errors import ConfigurationError
from connector.footprint import Footprint
from connector.mapping import Mapping as FieldMapping
from connector.salesforce import soql
from connector.salesforce.describe import ObjectDescription
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.facts import Limit
from connector.salesforce.org import Org
from connector.salesforce.reach import Reached, SignedIn
from connector.salesforce.rows import Row, text_of
from connector.settings import Settings


_ORGS = ("org", "asker")


@dataclasses.dataclass(kw_only=True)
class DoctorContext:
    """
    One visit of the doctor.

    `open_org` and `read_mappings` raise ConfigurationError where a setting or a file is
    wrong. `open_asker`, if given, opens the org with an administrator's login, for what our
    user may not ask. `bound_org` is the org that the database belongs to, empty where it is
    unknown. `write_test` is the id of a record that may be written to.
    """

    settings: Settings
    open_org: Callable[[], Org]
    read_mappings: Callable[[], Mapping[str, FieldMapping]]
    footprint: Footprint
    clock: Clock
    open_asker: Callable[[], Org] | None = None
    bound_org: str = ""
    write_test: str = ""

    @functools.cached_property
    def org(self) -> Org:
        return self.open_org()

    @functools.cached_property
    def asker(self) -> Org:
        """Who is asked about the org's set-up: the administrator's login, else our own."""
        return self.open_asker() if self.open_asker else self.org

    @functools.cached_property
    def mappings(self) -> Sequence[FieldMapping]:
        return list(self.read_mappings().values())

    @functools.cached_property
    def reached(self) -> Reached:
        return self.org.reach()

    @functools.cached_property
    def signed_in(self) -> SignedIn:
        return self.org.sign_in()

    @functools.cached_property
    def limits(self) -> Mapping[str, Limit]:
        return self.org.limits()

    @functools.cached_property
    def organization(self) -> Row:
        return self._organization()

    @functools.cached_property
    def user(self) -> Row:
        """Our user, its profile and licence; empty where it may not even see itself."""
        user_id = soql.record_id(self.signed_in.user_id)
        names = (
            "Username, IsActive, Profile.Name, Profile.UserLicense.Name,"
            " Profile.PermissionsApiEnabled, Profile.PermissionsViewSetup"
        )
        found = self._first(self.asker, names, "User", f"WHERE Id = {user_id}")
        return found if found is not None else self._bare_user(user_id)

    @functools.cached_property
    def objects(self) -> tuple[str, ...]:
        """The objects of the mappings."""
        return tuple(mapping.object for mapping in self.mappings)

    @functools.cached_property
    def described(self) -> Mapping[str, ObjectDescription | None]:
        """The objects of the mappings as our user sees them; None where it does not."""
        return {name: self.describe(name) for name in self.objects}

    @functools.cached_property
    def entities(self) -> Mapping[str, Row]:
        """The objects that we see and write to, as Setup knows them."""
        names = [name for name, described in self.described.items() if described]
        if not names:
            return {}
        rows = self.asker.tooling(
            "SELECT QualifiedApiName, DurableId, InternalSharingModel"  # noqa: S608 (SOQL)
            f" FROM EntityDefinition WHERE QualifiedApiName IN {texts(names)}"
        )
        return {text_of(row, "QualifiedApiName"): row for row in rows}

    def describe(self, name: str) -> ObjectDescription | None:
        try:
            return self.org.describe(name)
        except ConfigurationError:
            return None

    def close(self) -> None:
        opened = [vars(self)[each] for each in _ORGS if each in vars(self)]
        for org in dict.fromkeys(opened):
            org.close()

    def _organization(self) -> Row:
        names = "Id, Name, IsSandbox, OrganizationType, InstanceName"
        found = self._first(self.org, f"{names}, IsReadOnly", "Organization")
        if found is None:
            found = self._first(self.org, names, "Organization")
        return found or {}

    def _bare_user(self, user_id: str) -> Row:
        rows = self.asker.query(
            f"SELECT Username, IsActive FROM User WHERE Id = {user_id}"  # noqa: S608 (SOQL)
        )
        return rows[0] if rows else {}

    @staticmethod
    def _first(asked: Org, names: str, source: str, clause: str = "") -> Row | None:
        """The first row; None where the org knows or tells one of these fields not."""
        try:
            rows = asked.query(f"SELECT {names} FROM {source} {clause}".rstrip())  # noqa: S608
        except OrgRefusedError:
            return None
        return rows[0] if rows else {}


def inner(row: Row, *path: str) -> Row:
    """The record behind a lookup of a row, empty where there is none."""
    for name in path:
        below = row.get(name)
        row = cast("Row", below) if isinstance(below, dict) else {}
    return row


def inner_text(row: Row, *path: str) -> str:
    return text_of(inner(row, *path[:-1]), path[-1])


def texts(values: Sequence[str]) -> str:
    """A list of quoted texts for IN, in brackets."""
    return f"({', '.join(map(soql.text, values))})"
