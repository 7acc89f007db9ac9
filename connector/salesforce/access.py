"""How an org is reached: addresses, credentials and time limits, checked before any call."""

import dataclasses
import ipaddress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from connector.domain.errors import ConfigurationError


#: Where Salesforce itself serves orgs; the last two are Government Cloud and China.
SALESFORCE_DOMAINS = (
    ".salesforce.com",
    ".force.com",
    ".cloudforce.com",
    ".salesforce.mil",
    ".sfcrmproducts.cn",
)
#: Hosts where every org may log in, but not with client credentials.
SHARED_LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OrgAccess:
    """
    What it takes to log in to one org and to call it.

    With `username` and `private_key` (PEM text) the JWT bearer flow is used, else client
    credentials with `client_secret`, which Salesforce offers on the org's My Domain only.
    `audience` is the `aud` claim; empty means the login address. `ca_file` names the bundle
    to trust instead of the public ones, as an emulated org needs it. With `organization_id`,
    of 15 or 18 characters, no other org is talked to.
    """

    login_url: str
    client_id: str
    username: str = ""
    private_key: str = dataclasses.field(default="", repr=False)
    client_secret: str = dataclasses.field(default="", repr=False)
    audience: str = ""
    organization_id: str = ""
    api_version: str = "66.0"
    ca_file: str = ""
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 120.0
    client_name: str = "SMSConnector"

    @property
    def uses_jwt(self) -> bool:
        return bool(self.private_key)

    @property
    def login_host(self) -> str:
        return (_split(self.login_url).hostname or "").lower()

    @property
    def login_origin(self) -> str:
        """The login address without path or trailing slash."""
        parts = _split(self.login_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def check(self) -> None:
        """Raise ConfigurationError for what cannot work, before anything is sent."""
        parts = _split(self.login_url)
        if parts.scheme != "https" and not is_loopback(self.login_host):
            raise ConfigurationError("Salesforce login URL: must begin with https://")
        if not self.login_host or parts.username or parts.path.strip("/"):
            raise ConfigurationError(
                "Salesforce login URL: must be like https://acme.my.salesforce.com"
            )
        if not self.client_id:
            raise ConfigurationError("Salesforce client id: missing (the app's consumer key)")
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ConfigurationError(f"Salesforce CA file: there is no file {self.ca_file}")
        self._check_flow()

    def _check_flow(self) -> None:
        if self.uses_jwt:
            if not self.username:
                raise ConfigurationError(
                    "Salesforce username: missing (a private key needs the user to log in as)"
                )
        elif not self.client_secret:
            raise ConfigurationError(
                "Salesforce credentials: give a private key and a username, or a client secret"
            )
        elif self.login_host in SHARED_LOGIN_HOSTS:
            raise ConfigurationError(
                f"Salesforce login URL: client credentials work on the org's My Domain only, "
                f"like https://acme.my.salesforce.com, not on {self.login_host}"
            )

    def trusts(self, instance_url: str) -> bool:
        """Whether an org at this address may get our token and data."""
        parts = _split(instance_url)
        host = (parts.hostname or "").lower()
        if parts.scheme != "https" or parts.username or not host:
            return False
        if is_loopback(host):
            return is_loopback(self.login_host)
        return host == self.login_host or host.endswith(SALESFORCE_DOMAINS)


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return urlsplit("")
    return parts
