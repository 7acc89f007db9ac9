"""Keeps a database with its org: a copied one, or a refreshed sandbox, is another pair."""

import logging

from connector.domain.errors import ConfigurationError
from connector.salesforce.errors import WrongOrgError
from connector.store import Store


log = logging.getLogger(__name__)


def bound_org(store: Store) -> str:
    """Which org this database belongs to; empty as long as it was never in one."""
    with store.transaction(reads=True) as transaction:
        return transaction.belonging.org()


def check(store: Store, org_id: str) -> None:
    """
    Raise WrongOrgError unless the database belongs to this org; the first one gets it.

    An answer that does not say which org it is passes: there is nothing to compare.
    """
    if not org_id or (bound := bound_org(store)) == org_id:
        return
    if not bound:
        with store.transaction() as transaction:
            bound = transaction.belonging.claim(org_id)
        log.info("org.bound", extra={"org": bound})
    demand(bound, org_id)


def demand(bound: str, org_id: str) -> None:
    """Raise WrongOrgError where the database belongs to another org than this."""
    if bound and bound != org_id:
        raise WrongOrgError(
            f"this database belongs to Salesforce org {bound}, but the login leads to {org_id}."
            " Was the database copied, or the sandbox refreshed? Then stop the service and run"
            " `connector org bind`; else correct the login or the database"
        )


def bind(store: Store, org_id: str) -> str:
    """
    Give the database to this org, and return the one before; all is worked out anew.

    Raises ConfigurationError where nobody knows which org it is: the guard would be gone.
    """
    if not org_id:
        raise ConfigurationError(
            "Salesforce did not say which org this is, so the database stays with the one it"
            " has: let the app's scopes include api, and log in as a user who sees itself"
        )
    with store.transaction() as transaction:
        before = transaction.belonging.org()
        transaction.belonging.give(org_id)
    return before
