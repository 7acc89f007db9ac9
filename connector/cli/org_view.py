"""Which org it is and who we are there, as commands show it."""

from collections.abc import Mapping

from connector.cli.printing import print_table
from connector.domain.errors import OrgError, OrgUnavailableError
from connector.domain.records import long_id
from connector.salesforce.org import Org


_ORGANIZATION = "SELECT Name, IsSandbox, OrganizationType, InstanceName FROM Organization"


def look(org: Org) -> dict[str, object]:
    """Log in and ask; None stands for what our user may not see."""
    facts = org.check()
    organization = _organization(org)
    return {
        "organization": organization.get("Name"),
        "organization_id": long_id(facts.organization_id) or None,
        "edition": organization.get("OrganizationType"),
        "sandbox": organization.get("IsSandbox"),
        "instance": organization.get("InstanceName"),
        "address": facts.instance_url,
        "user": facts.username or None,
        "user_id": facts.user_id or None,
        "api_version": facts.api_version,
        "newest_api_version": facts.newest_version,
    }


def print_org(told: Mapping[str, object]) -> None:
    shown = {**told, "sandbox": sandbox_or_production(told.get("sandbox"))}
    print_table(
        ["org", ""],
        [
            (name.replace("_", " "), "not told" if value is None else value)
            for name, value in shown.items()
        ],
    )


def sandbox_or_production(sandbox: object) -> str | None:
    return None if sandbox is None else "yes" if sandbox else "no: production"


def _organization(org: Org) -> Mapping[str, object]:
    """What the org says of itself; nothing where our user may not ask."""
    try:
        rows = org.query(_ORGANIZATION)
    except OrgUnavailableError:
        raise
    except OrgError:
        return {}
    return rows[0] if rows else {}
