"""
What to click in Setup so that the connector may log in, step by step.

Labels as in Salesforce help, "Create an External Client App", "Configure the OAuth 2.0 JWT
Bearer Flow" and "Configure the Client Credentials Flow for External Client Apps".
"""

import enum
from collections.abc import Collection
from pathlib import Path

from connector.footprint.event import EVENTS
from connector.footprint.parts import FLOWS


class Flow(enum.StrEnum):
    """The two ways in which a server logs in."""

    JWT = "jwt"
    CLIENT_CREDENTIALS = "client-credentials"


#: Asked for by the form, used by neither flow.
CALLBACK_URL = "https://login.salesforce.com/services/oauth2/success"
MANAGER = "Setup > External Client App Manager"


def steps(flow: Flow, certificate: Path | None) -> tuple[str, ...]:
    """What to do in the browser, in order; each is one paragraph."""
    return (
        (
            f"In Salesforce open {MANAGER} > New External Client App. Name it SMS Connector,"
            " give your e-mail as the contact, and leave Distribution State at Local."
        ),
        (
            "Open API (Enable OAuth Settings), tick Enable OAuth, and give as Callback URL"
            f" {CALLBACK_URL} (it is asked for, but never used)."
        ),
        (
            "Move two OAuth scopes to the right: Manage user data via APIs (api), and Perform"
            " requests at any time (refresh_token, offline_access)."
        ),
        *(_jwt(certificate) if flow is Flow.JWT else _client_credentials()),
    )


def _jwt(certificate: Path | None) -> tuple[str, ...]:
    return (
        f"Under Flow Enablement tick Enable JWT Bearer Flow and upload {certificate}. Create.",
        (
            "On the app's tab Policies choose Edit. Under App Policies select the profile or"
            " the permission set of the user who is to log in: System Administrator while you"
            " set things up, SMS Connector later. Under OAuth Policies set Permitted Users to"
            " Admin approved users are pre-authorized. Save."
        ),
        (
            "On the app's tab Settings open OAuth Settings > Consumer Key and Secret, and copy"
            " the consumer key."
        ),
    )


def _client_credentials() -> tuple[str, ...]:
    return (
        "Under Flow Enablement tick Enable Client Credentials Flow. Create.",
        (
            "On the app's tab Policies choose Edit. Under OAuth Policies tick Enable Client"
            " Credentials Flow, and as Run As give the username of the user who is to log in."
            " Save."
        ),
        (
            "On the app's tab Settings open OAuth Settings > Consumer Key and Secret, and copy"
            " both."
        ),
    )


def remaining(parts: Collection[str]) -> tuple[str, ...]:
    """What no deployment can do, or should not: each a paragraph with its clicks."""
    return (
        (
            "Let people see the fields: Setup > Permission Sets > SMS Viewer > Manage"
            " Assignments. Until then only the connector's user and whoever applied this see"
            " them, not even other administrators do."
        ),
        (
            "Show them: put the fields on the page layouts or Lightning pages of Contact and"
            " Lead (Setup > Object Manager > Contact > Page Layouts). Your layouts are never"
            " touched."
        ),
        (
            "Let the connector's user log in: in Setup > External Client App Manager > the app"
            " > Policies add the permission set SMS Connector. It need not be an administrator."
        ),
        *([_FLOWS] if FLOWS in parts else []),
        *([_EVENTS] if EVENTS in parts else []),
        (
            "Keep the fields when leads are converted: Setup > Object Manager > Lead > Fields &"
            " Relationships > Map Lead Fields, each to the field of Contact with its name."
        ),
    )


_FLOWS = (
    "Use the flow templates, which are drafts: Setup > Flows, open one whose name begins with"
    " SMS, look at it, and Activate. Those that wait need a Default Workflow User: Setup >"
    " Process Automation Settings."
)
_EVENTS = (
    "Have events published: set CONNECTOR_PLATFORM_EVENTS=changes for the service and restart"
    " it. Of each recipe, activate the flow by record or the one by event, never both."
)
