"""Whether Salesforce lets us in, and each of its refusals with what mends it."""

from collections.abc import Iterator, Sequence

from connector.domain.errors import ConfigurationError, ConnectorError
from connector.salesforce import soql
from connector.salesforce.errors import (
    ApiDisabledError,
    LoginRefusedError,
    OrgRefusedError,
    SessionRefusedError,
    VersionGoneError,
)
from connector.salesforce.rows import text_of
from connector.setup.doctor.check import Check
from connector.setup.doctor.connection import APP
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


POLICIES = f"{APP} > Policies"
USERS = "Setup > Users > Users > the integration user"


def _login_trouble(name: str, means: str, cure: str, where: str) -> Trouble:
    return Trouble(name=name, level=Level.BROKEN, means=means, cure=cure, where=where)


NOT_APPROVED = _login_trouble(
    "user-not-approved",
    "The app does not know this user: it is not pre-authorized, the username is misspelt, or"
    " it is the e-mail address instead of the username.",
    "Check CONNECTOR_SALESFORCE_USERNAME; set Permitted Users to 'Admin approved users are"
    " pre-authorized' and add a permission set that the user has.",
    f"{POLICIES} > OAuth Policies > Permitted Users; and App Policies > Select Permission Sets",
)
AUDIENCE = _login_trouble(
    "audience-wrong",
    "The `aud` claim of the JWT is not an address that this org takes.",
    "Unset CONNECTOR_SALESFORCE_AUDIENCE, or set it to the org's My Domain,"
    " https://login.salesforce.com or, for a sandbox, https://test.salesforce.com.",
    "Setup > My Domain > My Domain Details > Current My Domain URL",
)
CONSUMER_KEY = _login_trouble(
    "consumer-key-unknown",
    "Salesforce knows no app with this consumer key at this address. A new app takes some ten"
    " minutes to be known, and a refreshed sandbox may have lost it.",
    "Check CONNECTOR_SALESFORCE_CLIENT_ID and CONNECTOR_SALESFORCE_LOGIN_URL.",
    f"{APP} > Settings > OAuth Settings > Consumer Key and Secret",
)
KEY_REFUSED = _login_trouble(
    "key-refused",
    "The signature of the JWT does not belong to the certificate of the app, or that"
    " certificate has expired.",
    "Upload the certificate that was made with CONNECTOR_SALESFORCE_PRIVATE_KEY; `connector"
    " org login` makes a new pair.",
    f"{APP} > Settings > OAuth Settings > Use digital signatures",
)
ASSERTION_EXPIRED = _login_trouble(
    "assertion-expired",
    "Salesforce takes our JWT for an old one: the clocks differ, or the app's access was"
    " revoked.",
    "Have this machine's clock set by NTP; then look at the user's login history.",
    f"{USERS} > Login History",
)
CLIENT_SECRET = _login_trouble(
    "client-secret-wrong",
    "The consumer secret is not the app's, perhaps because a new one was made.",
    "Set CONNECTOR_SALESFORCE_CLIENT_SECRET to the app's present secret.",
    f"{APP} > Settings > OAuth Settings > Consumer Key and Secret",
)
RUN_AS_MISSING = _login_trouble(
    "run-as-missing",
    "The client credentials flow has no user to run as, or that user may not use the app.",
    "Enable the flow in the app's policies too, and name the integration user.",
    f"{POLICIES} > OAuth Policies > Enable Client Credentials Flow > Run As",
)
WRONG_DOMAIN = _login_trouble(
    "login-domain-wrong",
    "Client credentials work on the org's own My Domain only, never on login.salesforce.com.",
    "Set CONNECTOR_SALESFORCE_LOGIN_URL to the org's My Domain.",
    "Setup > My Domain > My Domain Details > Current My Domain URL",
)
FLOW_OFF = _login_trouble(
    "flow-not-enabled",
    "The app does not allow this way to log in.",
    "Enable the JWT bearer flow or the client credentials flow, whichever is set up here.",
    f"{APP} > Settings > OAuth Settings > Flow Enablement",
)
SCOPE = _login_trouble(
    "scope-missing",
    "The app may not be used for the API.",
    "Give the app the scopes 'Manage user data via APIs (api)' and 'Perform requests at any"
    " time (refresh_token, offline_access)'.",
    f"{APP} > Settings > OAuth Settings > OAuth Scopes",
)
USER_INACTIVE = _login_trouble(
    "user-inactive",
    "The integration user is not active, or it is frozen: nobody can log in as it. Salesforce"
    " does not say which of the two; an administrator's login does (`--env`).",
    "Tick Active on the integration user, which needs a free licence. If it is ticked, choose"
    " Unfreeze, after asking who froze it and why.",
    f"{USERS} > Edit > Active; or {USERS} > Unfreeze",
)
USER_FROZEN = _login_trouble(
    "user-frozen",
    "The integration user is frozen or locked, so nobody can log in as it.",
    "Unfreeze or unlock the integration user, after asking who froze it and why.",
    f"{USERS} > Unfreeze, or Unlock",
)
RESTRICTED = _login_trouble(
    "login-restricted",
    "The user's profile allows logins from other addresses or at other hours only.",
    "Allow this machine's address, or relax IP restrictions in the app's policies.",
    f"Setup > Profiles > the user's profile > Login IP Ranges, Login Hours; or {POLICIES} >"
    " OAuth Policies > IP Relaxation",
)
REFUSED = _login_trouble(
    "login-refused",
    "Salesforce does not let us in, and does not say why in words that we know.",
    "Look for the reason in the user's login history.",
    f"{USERS} > Login History",
)
API_DISABLED = _login_trouble(
    "api-disabled",
    "The login works, and then every call is refused: the user lacks API Enabled, or the"
    " edition has no API.",
    "Give the user API Enabled by its profile or a permission set. Group and Essentials"
    " editions have no API.",
    "Setup > Profiles > the user's profile > System Permissions > API Enabled",
)
SESSION_REFUSED = _login_trouble(
    "session-refused",
    "A fresh token is refused: a policy of the app, the session settings or the network"
    " stands in the way.",
    "Relax IP restrictions and session policies in the app's policies for this user.",
    f"{POLICIES} > OAuth Policies > IP Relaxation, Session Policies",
)
VERSION_GONE = Trouble(
    name="api-version-retired",
    level=Level.BROKEN,
    means="The org does not speak the API version that is set, so that no call works.",
    cure="Unset CONNECTOR_SALESFORCE_API_VERSION, or set one of {spoken}.",
)
VERSION_OLD = Trouble(
    name="api-version-old",
    level=Level.WARNING,
    means="The API version is older than three years. Salesforce promises no more than that"
    " (REST API Developer Guide, 'API End-of-Life Policy').",
    cure="Unset CONNECTOR_SALESFORCE_API_VERSION, or set a newer one, up to {newest}.",
)

#: By Salesforce's error and, where it tells more, the words that its description had.
_REFUSALS = {
    ("invalid_grant", "user hasn't approved"): NOT_APPROVED,
    ("invalid_app_access", ""): NOT_APPROVED,
    ("invalid_grant", "no client credentials user"): RUN_AS_MISSING,
    ("invalid_grant", "not supported on this domain"): WRONG_DOMAIN,
    ("invalid_grant", "expired"): ASSERTION_EXPIRED,
    ("invalid_grant", "audience"): AUDIENCE,
    ("invalid_grant", "assertion"): KEY_REFUSED,
    ("invalid_grant", "certificate"): KEY_REFUSED,
    ("invalid_assertion", ""): KEY_REFUSED,
    ("invalid_grant", "inactive"): USER_INACTIVE,
    ("inactive_user", ""): USER_INACTIVE,
    ("invalid_grant", "frozen"): USER_FROZEN,
    ("invalid_grant", "locked"): USER_FROZEN,
    ("inactive_user", "frozen"): USER_FROZEN,
    ("invalid_grant", "ip restricted"): RESTRICTED,
    ("app_not_found", ""): CONSUMER_KEY,
    ("invalid_client_id", ""): CONSUMER_KEY,
    ("invalid_client", ""): CLIENT_SECRET,
    ("unsupported_grant_type", ""): FLOW_OFF,
    ("invalid_scope", ""): SCOPE,
}
#: Three releases a year, for three years.
_SUPPORTED_RELEASES = 9


def _login(context: DoctorContext) -> Iterator[Finding]:
    """The login."""
    user = context.settings.salesforce_username
    try:
        signed_in = context.signed_in
    except LoginRefusedError as refusal:
        trouble = _REFUSALS.get((refusal.error, refusal.words), REFUSED)
        if trouble is USER_INACTIVE and _is_frozen(context):
            trouble = USER_FROZEN
        said = f"{refusal.error} ({refusal.words})" if refusal.words else refusal.error
        yield trouble.found(f"Salesforce says {said or 'no'}" + (f" to {user}" if user else ""))
    except ConfigurationError as error:
        yield REFUSED.found(str(error))
    else:
        yield fine(f"logged in as {user or signed_in.user_id}")


def _is_frozen(context: DoctorContext) -> bool:
    """Whether an administrator's login says so; our user cannot be asked."""
    if context.open_asker is None:
        return False
    named = f"WHERE Username = {soql.text(context.settings.salesforce_username)}"
    try:
        users = context.asker.query(soql.select(("Id",), "User", named))
        ids = [text_of(row, "Id") for row in users]
        of_user = f"WHERE IsFrozen = true AND UserId IN {soql.record_ids(ids)}"
        return bool(ids and context.asker.query(soql.select(("Id",), "UserLogin", of_user)))
    except ConnectorError:
        return False


def _version(context: DoctorContext) -> Iterator[Finding]:
    """The API version."""
    ours, spoken = context.settings.salesforce_api_version, context.reached.versions
    if ours not in spoken:
        yield VERSION_GONE.found(
            f"version {ours} is set; this org speaks {spoken[0]} to {spoken[-1]}",
            spoken=f"{spoken[0]} to {spoken[-1]}",
        )
    elif float(spoken[-1]) - float(ours) >= _SUPPORTED_RELEASES:
        yield VERSION_OLD.found(f"{ours}, and {spoken[-1]} is current", newest=spoken[-1])
    else:
        yield fine(f"{ours} of {spoken[-1]}")


def _api(context: DoctorContext) -> Iterator[Finding]:
    """The first call."""
    try:
        _ = context.organization
    except OrgRefusedError:
        pass  # refused, hence heard
    except ApiDisabledError:
        yield API_DISABLED.found("every call is refused: API_DISABLED_FOR_ORG")
    except SessionRefusedError as error:
        yield SESSION_REFUSED.found(str(error))
    except VersionGoneError as error:
        spoken = _range(context.reached.versions)
        yield VERSION_GONE.found(str(error), spoken=spoken)


def _range(versions: Sequence[str]) -> str:
    return f"{versions[0]} to {versions[-1]}"


CHECKS = (
    Check(
        name="login",
        about="Whether Salesforce gives a token, and if not, why.",
        title="works",
        parts=(_login,),
        troubles=(
            NOT_APPROVED,
            AUDIENCE,
            CONSUMER_KEY,
            KEY_REFUSED,
            ASSERTION_EXPIRED,
            CLIENT_SECRET,
            RUN_AS_MISSING,
            WRONG_DOMAIN,
            FLOW_OFF,
            SCOPE,
            USER_INACTIVE,
            USER_FROZEN,
            RESTRICTED,
            REFUSED,
        ),
        needs=("settings", "address", "clock"),
    ),
    Check(
        name="version",
        about="Whether the org speaks the API version that is set, and for how long it may.",
        title="spoken",
        parts=(_version,),
        troubles=(VERSION_GONE, VERSION_OLD),
        needs=("settings", "address"),
    ),
    Check(
        name="api",
        about="Whether the token is taken: a first call.",
        title="answers calls",
        parts=(_api,),
        troubles=(API_DISABLED, SESSION_REFUSED, VERSION_GONE),
        needs=("login", "version"),
    ),
)
