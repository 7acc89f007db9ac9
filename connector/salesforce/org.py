"""The org: what we ask of Salesforce, in our words."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Self

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import (
    FieldValue,
    Outcome,
    RecordChange,
    RecordRef,
    long_id,
)
from connector.salesforce import deploy as deployments
from connector.salesforce import facts, metadata, rows, setup, soql
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import ApiUsage
from connector.salesforce.bulk import Bulk
from connector.salesforce.classify import STALE_DESCRIPTION
from connector.salesforce.connection import Connection
from connector.salesforce.describe import Descriptions, ObjectDescription
from connector.salesforce.directory import Directory, DirectoryPage
from connector.salesforce.members import Pair, ensure_labels, find_members
from connector.salesforce.memberships import Membership, find_memberships
from connector.salesforce.messages import FoundMessage, find_messages
from connector.salesforce.prefixes import read_prefixes
from connector.salesforce.publish import EventMessage, Published, publish
from connector.salesforce.reach import Reached, SignedIn, reach, sign_in
from connector.salesforce.write import COLLECTIONS, Writing


#: The most records of one retrieval, and of one page of the directory.
MOST_RECORDS = 2_000


class Org:
    """
    One Salesforce org; safe to share between threads.

    Every method may raise OrgUnavailableError (ask later; a write may have happened and is
    safe to repeat), OrgRefusedError (with Salesforce's code) or ConfigurationError.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._descriptions = Descriptions(connection)
        self._directory = Directory(connection, self._descriptions)
        self.bulk = Bulk(connection)

    def update(self, changes: Sequence[RecordChange]) -> list[Outcome]:
        """Write up to 200 records of one object; each succeeds or fails on its own."""
        outcomes = Writing(self._connection).outcomes(changes)
        if STALE_DESCRIPTION.intersection(outcome.error_code for outcome in outcomes):
            self._descriptions.forget(changes[0].record.object)
        return outcomes

    def publish(self, event: str, messages: Sequence[EventMessage]) -> list[Published]:
        """Publish up to 200 platform events of one kind; each may come twice if asked twice."""
        return publish(self._connection, event, messages)

    def directory(
        self,
        object: str,  # noqa: A002 (the project's word)
        phone_fields: Sequence[str],
        *,
        since: datetime | None,
        after_id: str = "",
        limit: int = MOST_RECORDS,
        flags: Mapping[str, bool] = MappingProxyType({}),
    ) -> DirectoryPage:
        """
        The next records that changed, deleted ones included, by (SystemModstamp, Id).

        From `since` on, or after the record `after_id` that changed at `since`. Records become
        visible up to ten minutes after their stamp: the caller reads with an overlap. `flags`
        names the fields that say an opt-out, true where they say it the other way round.
        """
        return self._directory.page(
            object, phone_fields, since=since, after_id=after_id, limit=limit, flags=flags
        )

    def successors(self, records: Iterable[RecordRef]) -> dict[RecordRef, RecordRef | None]:
        """Where converted and merged records went: itself if it stayed, None if it is gone."""
        return self._directory.successors(records)

    def prefixes(self) -> Mapping[str, str]:
        """Every object that our user sees, by the first three characters of its ids."""
        return read_prefixes(self._connection)

    def messages(
        self,
        object: str,  # noqa: A002 (the project's word)
        key: str,
        values: Sequence[str],
        person: Sequence[str] = (),
        campaign: str = "",
    ) -> Mapping[str, FoundMessage]:
        """The records of which this field holds one of these values, by the value."""
        return find_messages(self._connection, object, key, values, person, campaign)

    def members(self, pairs: Sequence[Pair]) -> Mapping[Pair, str]:
        """The members that these campaigns have of these Contacts and Leads."""
        return find_members(self._connection, pairs)

    def memberships(
        self, people: Sequence[str], until: datetime
    ) -> Mapping[str, list[Membership]]:
        """The places of these Contacts and Leads in campaigns, as of this moment."""
        return find_memberships(self._connection, people, until)

    def ensure_labels(
        self, campaigns: Sequence[str], labels: Sequence[str]
    ) -> Mapping[str, str]:
        """
        See to it that the members of these campaigns may have these statuses.

        Returns Salesforce's code for each campaign where they could not be added.
        """
        return ensure_labels(self._connection, campaigns, labels)

    def describe(self, object: str) -> ObjectDescription:  # noqa: A002 (the project's word)
        """What our user sees of an object; asked for again after an hour or a contradiction."""
        return self._descriptions.of(object)

    def records(
        self,
        object: str,  # noqa: A002 (the project's word)
        ids: Sequence[str],
        fields: Sequence[str],
    ) -> list[Mapping[str, object] | None]:
        """Up to 2,000 records in the order asked for; None for what is gone or unseen."""
        if not ids:
            return []
        if len(ids) > MOST_RECORDS:
            raise ValueError(f"at most {MOST_RECORDS} records at once")
        path = f"{COLLECTIONS}/{soql.name(object)}"
        body = json.dumps({"ids": list(ids), "fields": list(fields)})
        answer = self._connection.ask(
            lambda client: client.restful(path, method="POST", data=body)
        )
        if not isinstance(answer, list) or len(answer) != len(ids):
            raise OrgUnavailableError("Salesforce answered for other records than were asked")
        return [row if isinstance(row, dict) else None for row in answer]

    def query(self, text: str, *, deleted: bool = False) -> list[rows.Row]:
        """All rows of a query; its values must be quoted by `connector.salesforce.soql`."""
        return list(rows.query(self._connection, text, deleted=deleted))

    def tooling(self, text: str) -> list[rows.Row]:
        """All rows of a query to the Tooling API: what the org is made of."""
        return list(rows.query(self._connection, text, tooling=True))

    def components(self, *kinds: str | tuple[str, str]) -> Mapping[str, frozenset[str]]:
        """
        The full names of all components of these kinds, hidden ones too.

        Those that lie in folders are asked for as (kind, folder). For administrators only.
        """
        asked = ((each, "") if isinstance(each, str) else each for each in kinds)
        return metadata.components(self._connection, asked)

    def read_metadata(
        self, kind: str, names: Iterable[str]
    ) -> Mapping[str, Mapping[str, metadata.Content]]:
        """What these components hold, by full name; for administrators only."""
        return metadata.read(self._connection, kind, names)

    def create(
        self,
        object: str,  # noqa: A002 (the project's word)
        fields: Mapping[str, FieldValue],
    ) -> str:
        """One new record of the set-up, such as a PermissionSetAssignment, and its id."""
        return setup.create(self._connection, object, fields)

    def deploy(self, package: bytes, *, check_only: bool = False) -> str:
        """Start a deployment of a zip, all or nothing; its id is for `deployment`."""
        return deployments.start(self._connection, package, check_only=check_only)

    def deployment(self, deployment: str) -> deployments.Deployment:
        """How far a deployment is."""
        return deployments.look(self._connection, deployment)

    def forget_descriptions(self) -> None:
        """The org was changed: describe every object anew."""
        self._descriptions.forget_all()

    def guard(self, check: Callable[[str], None]) -> None:
        """At every login, have this told the org's id; it raises where we must not go on."""
        self._connection.tokens.guard(check)

    def use(self, access: OrgAccess) -> None:
        """Log in with these credentials from now on, at the same org."""
        self._connection.tokens.use(access)

    @property
    def login_refused(self) -> bool | None:
        """Whether Salesforce refused the last login; None where nobody can tell."""
        return self._connection.tokens.refused

    @property
    def organization_id(self) -> str:
        """Which org it is; logs in where that has not happened yet."""
        return long_id(self._connection.tokens.token().organization_id)

    def reach(self) -> Reached:
        """Whether the login address leads to an org at all; logs nobody in."""
        return reach(self._connection)

    def sign_in(self) -> SignedIn:
        """Log in, unless that has happened: who we are there."""
        return sign_in(self._connection)

    def check(self) -> facts.OrgFacts:
        """Log in and look around: a few cheap calls."""
        return facts.gather(self._connection)

    def limits(self) -> Mapping[str, facts.Limit]:
        return facts.read_limits(self._connection)

    @property
    def usage(self) -> ApiUsage | None:
        """The org's API usage as of the last answer; None before the first."""
        return self._connection.meter.usage

    @property
    def calls(self) -> int:
        """How many answers came so far, logins included."""
        return self._connection.meter.calls

    def close(self) -> None:
        self._connection.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
