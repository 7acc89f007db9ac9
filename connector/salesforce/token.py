"""The access token: logging in once per expiry, whoever asks."""

import dataclasses
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, ConnectorError, OrgUnavailableError
from connector.domain.records import long_id
from connector.salesforce.access import OrgAccess
from connector.salesforce.errors import WrongOrgError
from connector.salesforce.grants import grant, refusal


log = logging.getLogger(__name__)

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 (a path)
#: What an operator has to change is not worth asking again at once: logins are limited.
HOLD = timedelta(seconds=60)
#: How old a token must be before an unreachable org is taken for one that may have moved.
MAY_HAVE_MOVED = timedelta(minutes=15)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Token:
    """
    An access token and the address that takes it; the same only if it is the same login.

    `access` is never parsed: it may be opaque or a JWT. `identity` is the address of who
    logged in, ending in org id and user id.
    """

    access: str = dataclasses.field(repr=False)
    instance_url: str
    identity: str = ""
    issued_at: datetime

    @property
    def organization_id(self) -> str:
        return self._identity(-2)

    @property
    def user_id(self) -> str:
        return self._identity(-1)

    def _identity(self, at: int) -> str:
        parts = self.identity.rstrip("/").split("/")
        return parts[at] if len(parts) > 2 else ""  # noqa: PLR2004


class TokenProvider:
    """
    Gives the current token and renews it under a lock.

    Threads that saw the same token fail share one login, and its failure too. `guard`, if
    set, is told the org's id at each login and raises where it must not be talked to: behind
    the same address and credentials there may be another org, once a sandbox was refreshed.
    """

    def __init__(self, access: OrgAccess, session: requests.Session, *, clock: Clock) -> None:
        access.check()
        self._access = access
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._logins = 0
        self._failure: ConnectorError | None = None
        self._held_until: datetime | None = None
        self._guard: Callable[[str], None] | None = None
        if access.uses_jwt:
            grant(access, clock())  # a key that cannot sign is found now

    def token(self) -> Token:
        return self._token or self.renew(None)

    @property
    def refused(self) -> bool | None:
        """Whether the last login was refused; None where nobody can tell."""
        if self._token is not None:
            return False
        return True if isinstance(self._failure, ConfigurationError) else None

    def guard(self, check: Callable[[str], None]) -> None:
        """Have every login checked, the one in force too: it counts no longer."""
        with self._lock:
            self._guard = check
            self._token = None

    def renew(self, refused: Token | None) -> Token:
        """A token other than the one refused: from a login now, or one made meanwhile."""
        seen = self._logins
        with self._lock:
            if self._token is not None and self._token is not refused:
                return self._token
            if self._failure is not None and (self._logins != seen or self._held()):
                raise type(self._failure)(*self._failure.args)
            return self._log_in_and_remember()

    def use(self, access: OrgAccess) -> None:
        """Log in with these from now on; raises ConfigurationError for what cannot work."""
        access.check()
        if access.uses_jwt:
            grant(access, self._clock())
        with self._lock:
            self._access = access
            self._failure = self._held_until = None

    def hold(self, refused: Token, failure: ConfigurationError) -> None:
        """A fresh token was refused as well: no login for a while, everyone gets this error."""
        with self._lock:
            if self._token is refused:
                self._token = None
                self._remember(failure)

    def forget(self, unreachable: Token) -> None:
        """The org did not answer: an older token is given up, for the org may have moved."""
        with self._lock:
            age = self._clock() - unreachable.issued_at
            if self._token is unreachable and age >= MAY_HAVE_MOVED:
                self._token = None

    def _held(self) -> bool:
        return self._held_until is not None and self._clock() < self._held_until

    def _remember(self, failure: ConnectorError) -> None:
        self._failure = failure
        held = isinstance(failure, ConfigurationError)
        self._held_until = self._clock() + HOLD if held else None

    def _log_in_and_remember(self) -> Token:
        self._token = None
        try:
            self._token = self._log_in()
        except ConnectorError as failure:
            self._remember(failure)
            raise
        finally:
            self._logins += 1
        self._failure = self._held_until = None
        log.info("sf.logged_in", extra={"org": self._token.organization_id})
        return self._token

    def _log_in(self) -> Token:
        now = self._clock()
        answer = self._post(grant(self._access, now))
        if answer.is_redirect or answer.is_permanent_redirect:
            raise ConfigurationError(
                f"Salesforce login URL: {self._access.login_host} redirects; "
                "give the org's current My Domain"
            )
        told = _document(answer)
        if answer.ok:
            return self._token_of(told, now)
        if answer.status_code >= 500 or "error" not in told:  # noqa: PLR2004
            raise OrgUnavailableError(
                f"Salesforce login at {self._access.login_host}: "
                f"HTTP {answer.status_code} without a reason"
            )
        raise refusal(
            str(told["error"]), str(told.get("error_description") or ""), self._access
        )

    def _post(self, form: dict[str, str]) -> requests.Response:
        host = self._access.login_host
        failure: ConnectorError
        try:
            return self._session.post(self._access.login_origin + TOKEN_PATH, data=form)
        except requests.exceptions.SSLError as error:
            failure = untrusted(host, error)
        except requests.RequestException as error:
            failure = OrgUnavailableError(f"Salesforce login at {host}: {type(error).__name__}")
        raise failure

    def _token_of(self, told: dict[str, object], now: datetime) -> Token:
        access, instance_url = told.get("access_token"), told.get("instance_url")
        if not isinstance(access, str) or not isinstance(instance_url, str):
            raise OrgUnavailableError(
                f"Salesforce login at {self._access.login_host}: the answer has no token"
            )
        if not self._access.trusts(instance_url):
            raise ConfigurationError(
                f"Salesforce login at {self._access.login_host} names an org that is not "
                f"Salesforce's ({urlsplit(instance_url).hostname}) or not https"
            )
        token = Token(
            access=access,
            instance_url=instance_url,
            identity=str(told.get("id") or ""),
            issued_at=now,
        )
        self._check_org(token)
        return token

    def _check_org(self, token: Token) -> None:
        """Raise unless it is the org that we are to talk to."""
        found, wanted = long_id(token.organization_id), long_id(self._access.organization_id)
        if wanted and found != wanted:
            raise WrongOrgError(
                f"Salesforce login at {self._access.login_host}: this is org "
                f"{found or 'without an id'}, not {wanted} as set; correct the login URL, or, "
                "if a refreshed sandbox got a new id, set the new one"
            )
        if self._guard is not None:
            self._guard(found)


def untrusted(host: str, error: requests.exceptions.SSLError) -> ConnectorError:
    """What a failed TLS handshake means: an unknown certificate is for the operator to mend."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ConfigurationError(
            f"the certificate of {host} is not trusted; name its authority in the CA file"
        )
    return OrgUnavailableError(f"{host}: {type(error).__name__}")


def _document(answer: requests.Response) -> dict[str, object]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
