"""One org to call: a client per token, one renewal per refusal, foreign errors made ours."""

import re
from collections.abc import Callable
from typing import TypeVar

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from connector.clock import Clock
from connector.domain.errors import ConnectorError, OrgUnavailableError
from connector.domain.records import Verdict
from connector.salesforce.access import OrgAccess
from connector.salesforce.classify import rule_of
from connector.salesforce.errors import (
    ApiDisabledError,
    ConcurrentLimitError,
    DailyLimitError,
    NoAnswerError,
    OrgBusyError,
    OrgRefusedError,
    SessionRefusedError,
    VersionGoneError,
)
from connector.salesforce.session import Meter
from connector.salesforce.token import Token, TokenProvider, untrusted


T = TypeVar("T")

_GONE = 410
_SERVER_ERROR = 500
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,79}")


class Connection:
    """
    Calls the org through simple-salesforce in its direct mode, which never logs in by itself.

    The library's own renewal is of no use: it drops the caller's headers and, on some paths,
    logs in without end (simple-salesforce issue 804).
    """

    def __init__(
        self,
        access: OrgAccess,
        session: requests.Session,
        tokens: TokenProvider,
        *,
        meter: Meter,
        clock: Clock,
    ) -> None:
        self.access = access
        self.session = session
        self.tokens = tokens
        self.meter = meter
        self.clock = clock
        self._made: tuple[Token, Salesforce] | None = None

    def ask(self, call: Callable[[Salesforce], T]) -> T:
        """
        Make one call; with a new token once more, if the org refuses the one we have.

        Raises OrgUnavailableError where waiting can help, OrgRefusedError with Salesforce's
        code where it cannot, ConfigurationError where the operator must change something.
        """
        token = self.tokens.token()
        try:
            return self._call(token, call)
        except _TokenRefusedError:
            fresh = self.tokens.renew(token)
        code = ""
        try:
            return self._call(fresh, call)
        except _TokenRefusedError as refused:
            code = refused.code
        failure = SessionRefusedError(
            f"Salesforce refuses a fresh token ({code or 'HTTP 401'}): check that the user has "
            "API Enabled, and the app's session and IP policies"
        )
        self.tokens.hold(fresh, failure)
        raise failure

    def _call(self, token: Token, call: Callable[[Salesforce], T]) -> T:
        failure: ConnectorError
        try:
            return call(self._client(token))
        except SalesforceExpiredSession as error:
            failure = _TokenRefusedError(_told(error.content)[0])
        except SalesforceError as error:
            failure = self._refusal(error.status, error.content)
        except requests.exceptions.SSLError as error:
            failure = untrusted(self.access.login_host, error)
        except requests.ReadTimeout:
            failure = NoAnswerError("Salesforce did not answer: ReadTimeout")
        # Wrong JSON, or right JSON of a wrong shape, as a proxy's or a maintenance page is.
        except (requests.RequestException, ValueError, TypeError, LookupError) as error:
            failure = OrgUnavailableError(f"Salesforce did not answer: {type(error).__name__}")
        # Raised here, not above: the foreign error, which holds URL and body, stays behind.
        if isinstance(failure, OrgUnavailableError):
            self.tokens.forget(token)
        raise failure

    def _client(self, token: Token) -> Salesforce:
        made = self._made
        if made is None or made[0] is not token:
            client = Salesforce(
                session_id=token.access,
                instance_url=token.instance_url,
                session=self.session,
                version=self.access.api_version,
                object_pairs_hook=dict,
            )
            client.headers.pop("X-PrettyPrint", None)
            made = self._made = (token, client)
        return made[1]

    def _refusal(self, status: int, content: object) -> ConnectorError:
        code, text = _told(content)
        if status == _GONE or code == "UNSUPPORTED_API_VERSION":
            return VersionGoneError(
                f"Salesforce no longer answers API version {self.access.api_version}: "
                "set a newer one"
            )
        if code == "API_DISABLED_FOR_ORG":
            return ApiDisabledError(
                "Salesforce: API_DISABLED_FOR_ORG: the edition has no API, or the user lacks "
                "API Enabled"
            )
        if code == "REQUEST_LIMIT_EXCEEDED":
            return self._limit(status, code, text)
        # Whoever answers without one of Salesforce's codes stands before it.
        waiting = rule_of(code).verdict is Verdict.RETRY
        if not code or waiting or status >= _SERVER_ERROR:
            return OrgBusyError(status, code)
        return OrgRefusedError(status, code, text)

    def _limit(self, status: int, code: str, text: str) -> OrgBusyError:
        usage = self.meter.usage
        if "TotalRequests" in text or ("Concurrent" not in text and usage and not usage.left):
            return DailyLimitError(status, code)
        return ConcurrentLimitError(status, code)


class _TokenRefusedError(ConnectorError):
    """The org answered 401."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _told(content: object) -> tuple[str, str]:
    """Code and text of an error answer, empty when it is not one of Salesforce's."""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return "", ""
    code, text = first.get("errorCode"), first.get("message")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return "", ""
    return code, text if isinstance(text, str) else ""
