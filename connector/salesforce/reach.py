"""Whether an org can be reached at all, before anybody logs in: name, network, trust, time."""

import dataclasses
import enum
import re
from datetime import datetime
from typing import NoReturn

import requests

from connector.domain.errors import ConfigurationError
from connector.domain.records import long_id
from connector.salesforce.connection import Connection


VERSIONS_PATH = "/services/data/"

_VERSION = re.compile(r"\d+\.\d")


class Barrier(enum.StrEnum):
    """What stands between us and the org; each asks for something else to be changed."""

    NAME = "name"  # no address belongs to the name
    REFUSED = "refused"
    SILENCE = "silence"  # no answer in time
    PROXY = "proxy"
    UNTRUSTED = "untrusted"  # the certificate's authority is unknown
    OUTDATED = "outdated"  # the server's certificate has expired, or is not valid yet
    WRONG_NAME = "wrong name"  # the certificate is for another host
    ENCRYPTION = "encryption"  # no common way to encrypt
    MOVED = "moved"  # it redirects
    BUSY = "busy"  # an error of the server: maintenance, an incident
    STRANGER = "stranger"  # whoever answers is not Salesforce


class UnreachableError(ConfigurationError):
    """The login address does not lead to an org; `barrier` says why."""

    def __init__(self, host: str, barrier: Barrier) -> None:
        super().__init__(host, barrier)
        self.host = host
        self.barrier = barrier

    def __str__(self) -> str:
        return f"{self.host} cannot be reached: {self.barrier}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What the login address told without a login: the API versions, and its time if any."""

    host: str
    versions: tuple[str, ...]
    org_time: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a login made us, and where."""

    instance_url: str
    organization_id: str
    user_id: str


def sign_in(connection: Connection) -> SignedIn:
    """Log in, unless that has happened; raises what a login does."""
    token = connection.tokens.token()
    return SignedIn(
        instance_url=token.instance_url,
        organization_id=long_id(token.organization_id),
        user_id=long_id(token.user_id),
    )


def reach(connection: Connection) -> Reached:
    """One call without credentials; raises UnreachableError."""
    access = connection.access
    host = access.login_host
    barrier: Barrier
    try:
        answer = connection.session.get(access.login_origin + VERSIONS_PATH)
    except requests.RequestException as error:
        barrier = _barrier(error)
    else:
        return Reached(
            host=host, versions=_versions(host, answer), org_time=connection.meter.org_time
        )
    # Raised here, not above: the foreign error, which holds the URL, stays behind.
    raise UnreachableError(host, barrier)


#: By words of the error, as OpenSSL, urllib3 and the system's resolver write them.
_WORDS = (
    ("certificate has expired", Barrier.OUTDATED),
    ("certificate is not yet valid", Barrier.OUTDATED),
    ("hostname mismatch", Barrier.WRONG_NAME),
    ("ip address mismatch", Barrier.WRONG_NAME),
    ("doesn't match", Barrier.WRONG_NAME),
    ("certificate_verify_failed", Barrier.UNTRUSTED),
    ("certificate verify failed", Barrier.UNTRUSTED),
    ("nameresolution", Barrier.NAME),
    ("failed to resolve", Barrier.NAME),
    ("name or service not known", Barrier.NAME),
    ("connection refused", Barrier.REFUSED),
)


def _barrier(error: requests.RequestException) -> Barrier:
    if isinstance(error, requests.exceptions.ProxyError):
        return Barrier.PROXY
    if isinstance(error, requests.exceptions.Timeout):
        return Barrier.SILENCE
    said = str(error).lower()
    known = (barrier for words, barrier in _WORDS if words in said)
    otherwise = (
        Barrier.ENCRYPTION
        if isinstance(error, requests.exceptions.SSLError)
        else Barrier.SILENCE
    )
    return next(known, otherwise)


def _versions(host: str, answer: requests.Response) -> tuple[str, ...]:
    if answer.is_redirect or answer.is_permanent_redirect:
        raise UnreachableError(host, Barrier.MOVED)
    if answer.status_code >= requests.codes.server_error:
        raise UnreachableError(host, Barrier.BUSY)
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not answer.ok or not isinstance(told, list):
        _stranger(host)
    entries = (str(each.get("version")) for each in told if isinstance(each, dict))
    versions = [version for version in entries if _VERSION.fullmatch(version)]
    if not versions:
        _stranger(host)
    return tuple(sorted(versions, key=float))


def _stranger(host: str) -> NoReturn:
    raise UnreachableError(host, Barrier.STRANGER)
