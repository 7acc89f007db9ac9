"""The HTTP session to an org: time limits, trust, headers, and what every answer tells."""

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from connector.salesforce.access import OrgAccess, is_loopback
from connector.salesforce.budget import ApiUsage


#: Lanes and jobs that may call at once; Salesforce takes 5 long calls in the smallest orgs.
CONNECTIONS = 10


class Meter:
    """What the answers told by the way: calls made, API usage, the org's own time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own = threading.local()
        self._calls = 0
        self.usage: ApiUsage | None = None

    @property
    def calls(self) -> int:
        """How many answers came, errors and logins included."""
        return self._calls

    @property
    def org_time(self) -> datetime | None:
        """When the last answer to this thread was written, by the org's clock."""
        return getattr(self._own, "date", None)

    def read(self, response: requests.Response, *_args: object, **_kwargs: object) -> None:
        usage = ApiUsage.read(response.headers.get("Sforce-Limit-Info", ""))
        with self._lock:
            self._calls += 1
            self.usage = usage or self.usage
        self._own.date = _moment(response.headers.get("Date", ""))


class TimedAdapter(HTTPAdapter):
    """
    A transport without endless waits, and without repeats of its own.

    A repeat below us could write twice or overtake; what is safe to repeat, we know. Trust
    is set here because requests lets an environment variable overrule the session.
    """

    def __init__(self, access: OrgAccess) -> None:
        super().__init__(pool_maxsize=CONNECTIONS, max_retries=0)
        self._timeouts = (access.connect_timeout_seconds, access.read_timeout_seconds)
        self._ca_file = access.ca_file

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 (signature of requests)
        timeout: object = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: object = None,
        proxies: object = None,
    ) -> requests.Response:
        # A proxy of the environment cannot reach an org emulated on this machine.
        local = is_loopback(urlsplit(request.url or "").hostname or "")
        return super().send(
            request,
            stream=stream,
            timeout=timeout or self._timeouts,  # type: ignore[arg-type] # passed through
            verify=self._ca_file or verify,
            cert=cert,  # type: ignore[arg-type] # passed through
            proxies={} if local else proxies,  # type: ignore[arg-type] # passed through
        )


class OrgSession(requests.Session):
    """A session that follows no redirect, keeps no cookie and adds no foreign credentials."""

    def __init__(
        self, access: OrgAccess, *, meter: Meter, adapter: BaseAdapter | None = None
    ) -> None:
        super().__init__()
        self.auth = _as_it_is
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.headers.update(headers(access))
        self.hooks["response"].append(meter.read)
        transport = adapter or TimedAdapter(access)
        for scheme in ("https://", "http://"):
            self.mount(scheme, transport)

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """Never anywhere else: the token is for this org."""
        return


def headers(access: OrgAccess) -> dict[str, str]:
    """
    What goes with every request, hence with every repeat too.

    Without Sforce-Auto-Assign a write to a Lead runs the assignment rules and may change its
    owner (REST API Developer Guide, "Assignment Rule Header"). Alerting duplicate rules are
    passed ("Duplicate Rule Header"); blocking ones refuse in any case.
    """
    return {
        "User-Agent": access.client_name,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Sforce-Auto-Assign": "FALSE",
        "Sforce-Duplicate-Rule-Header": (
            "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"
        ),
        "Sforce-Mru": "updateMru=false",
        "Sforce-Query-Options": "batchSize=2000",
        "Sforce-Call-Options": f"client={access.client_name}",
    }


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Without this, requests would replace our bearer token by what a .netrc holds.
    return request


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
