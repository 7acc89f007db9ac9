"""The settings of the org: how to log in, and how much of it may be used."""

# ruff: noqa: RUF009 (a setting is a field, declared by a call)

import dataclasses
from pathlib import Path

from connector.settings import kinds
from connector.settings.declaration import setting
from connector.settings.secret import Secret
from connector.settings.service import ServiceSettings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceSettings(ServiceSettings):
    """How to talk to Salesforce."""

    salesforce_login_url: str = setting(
        kinds.ORIGIN, "", "the org's My Domain, such as https://example.my.salesforce.com"
    )
    salesforce_audience: str = setting(
        kinds.ORIGIN, "", "`aud` of the JWT; not set: the login address"
    )
    salesforce_client_id: str = setting(
        kinds.ANY_TEXT, "", "consumer key of the external client app"
    )
    salesforce_username: str = setting(
        kinds.ANY_TEXT, "", "the integration user, for the JWT bearer flow"
    )
    salesforce_private_key: Secret = setting(
        kinds.PRIVATE_KEY, "", "key of the app's certificate, for the JWT bearer flow"
    )
    salesforce_client_secret: Secret = setting(
        kinds.SECRET, "", "consumer secret, for the client credentials flow"
    )
    salesforce_org_id: str = setting(
        kinds.matching(
            r"00D[a-zA-Z0-9]{12}([a-zA-Z0-9]{3})?", "an org id, 00D and 12 or 15 more"
        ),
        "",
        "the only org to talk to, by its id; not set: whichever is behind the login",
    )
    salesforce_api_version: str = setting(
        kinds.matching(r"[1-9]\d\.0", "a version such as 66.0"),
        "66.0",
        "version of the REST API",
    )
    salesforce_ca_file: Path | None = setting(
        kinds.OPTIONAL_PATH, "", "certificates to trust instead of the usual ones"
    )
    # Both together stay below the leases of those who call (5 minutes, `pipeline`).
    salesforce_connect_timeout_seconds: float = setting(
        kinds.seconds(0.1, 60), "10", "how long a connection may take"
    )
    salesforce_read_timeout_seconds: float = setting(
        kinds.seconds(1, 200), "120", "how long Salesforce may take to answer"
    )
    salesforce_api_share: int = setting(
        kinds.whole(1, 100), "50", "percent of the org's daily API calls that may be used"
    )
    salesforce_api_reserve: int = setting(
        kinds.whole(0, 1_000_000), "1000", "calls kept back for opt-outs"
    )
    salesforce_batch_size: int = setting(
        kinds.whole(1, 200), "200", "records in one update call; fewer for slow triggers"
    )
    salesforce_bulk_from: int = setting(
        kinds.whole(0, 1_000_000),
        "5000",
        "more waiting records of one object than this go by a bulk job; 0: never",
    )
    platform_events: str = setting(
        kinds.choice("none", "changes"),
        "none",
        "changes: publish SMS_Delivery__e when a person's record has changed, for flows",
    )
