"""What can be said of an org before any record is written: who we are there, which limits."""

import dataclasses
import re
from collections.abc import Mapping

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.budget import ApiUsage
from connector.salesforce.connection import Connection
from connector.salesforce.errors import OrgRefusedError


_VERSION = re.compile(r"\d+\.\d")


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the org and what is left of it."""

    total: int
    left: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OrgFacts:
    """
    What a check of the connection found.

    `username` and `limits` are empty where our user may not ask for them. `newest_version`
    is the newest API version that the org speaks.
    """

    instance_url: str
    organization_id: str
    user_id: str
    username: str
    api_version: str
    newest_version: str
    usage: ApiUsage | None
    limits: Mapping[str, Limit]


def gather(connection: Connection) -> OrgFacts:
    """Three cheap calls; raises what `connection.ask` does."""
    versions = _versions(connection)
    version = connection.access.api_version
    if version not in versions:
        raise ConfigurationError(
            f"Salesforce API version: this org speaks {versions[0]} to {versions[-1]}, "
            f"not {version}"
        )
    user = _user(connection)
    limits = read_limits(connection)
    token = connection.tokens.token()
    return OrgFacts(
        instance_url=token.instance_url,
        organization_id=token.organization_id or user.get("organization_id", ""),
        user_id=token.user_id or user.get("user_id", ""),
        username=user.get("preferred_username", ""),
        api_version=version,
        newest_version=versions[-1],
        usage=connection.meter.usage,
        limits=limits,
    )


def read_limits(connection: Connection) -> dict[str, Limit]:
    """The org's limits by Salesforce's names; none without View Setup and Configuration."""
    try:
        answer = connection.ask(lambda client: client.restful("limits"))
    except OrgRefusedError:
        return {}
    told = answer if isinstance(answer, dict) else {}
    return {
        name: Limit(total=entry["Max"], left=entry["Remaining"])
        for name, entry in told.items()
        if isinstance(entry, dict)
        and isinstance(entry.get("Max"), int)
        and isinstance(entry.get("Remaining"), int)
    }


def _versions(connection: Connection) -> list[str]:
    # Not below the library's base address, which has our version in it.
    answer = connection.ask(
        lambda client: client.session.get(f"https://{client.sf_instance}/services/data/").json()
    )
    entries = answer if isinstance(answer, list) else []
    told = (str(each.get("version")) for each in entries if isinstance(each, dict))
    versions = [version for version in told if _VERSION.fullmatch(version)]
    if not versions:
        raise OrgUnavailableError("Salesforce did not tell its API versions")
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


def _user(connection: Connection) -> dict[str, str]:
    try:
        answer = connection.ask(lambda client: client.oauth2("userinfo"))
    except (OrgRefusedError, OrgUnavailableError):  # the app's scopes need not include it
        return {}
    told = answer if isinstance(answer, dict) else {}
    return {key: value for key, value in told.items() if isinstance(value, str)}
