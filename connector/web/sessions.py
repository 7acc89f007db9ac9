"""
Who looks at the status pages: somebody who logged in, or a program with its key.

A session is a random cookie; the store keeps its hash, so every web process knows it, and it
ends when somebody logs out, the key is revoked or its time is over.
"""

import dataclasses
import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import flask

from connector.clock import Clock
from connector.store import Store
from connector.store.sessions import Session
from connector.web import keys
from connector.web.problems import ProblemError


SCOPE = "status:read"
COOKIE = "connector_session"
#: A working day: then the name and the secret are asked for again.
LENGTH = timedelta(hours=12)
#: Where somebody may be sent after the login: our own pages only.
_OWN_PAGE = re.compile(r"/status(/[A-Za-z0-9@_./%-]*)?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """
    Who looks: the name of the key, and what it may do.

    `form_token` has to come with every form; a program that sent its key has none, and may
    only read: what a browser sends by itself proves nothing about what its user wants.
    """

    name: str
    scopes: frozenset[str] = frozenset()
    form_token: str = ""


class Sessions:
    """Begins, knows and ends the sessions of one site."""

    def __init__(self, store: Store, clock: Clock, public_url: str = "") -> None:
        self._store = store
        self._clock = clock
        self._public = urlsplit(public_url)

    def visitor(self) -> Visitor:
        """Who sent this request; raises ProblemError for who may not see the pages."""
        if flask.request.authorization is not None:
            keys.check(self._store, SCOPE, browser=True)
            return Visitor(name=flask.g.api_key)
        session = self._session()
        if session is None:
            raise ProblemError(
                401, "Log in at /status/login, or send an API key.", keys.BROWSER_CHALLENGE
            )
        if SCOPE not in session.scopes:
            raise ProblemError(403, f"The key '{session.key_name}' lacks the scope {SCOPE}.")
        return Visitor(
            name=session.key_name, scopes=session.scopes, form_token=_form_token(_given())
        )

    def begin(self, name: str, secret: str) -> str | None:
        """The cookie of a new session; None where name and secret do not fit, or may not."""
        key = self._store.find_key(keys.secret_hash(secret))
        if key is None or key.revoked or key.name != name or SCOPE not in key.scopes:
            return None
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._store.transaction() as transaction:
            transaction.sessions.begin(_hash(token), key.name, now, now + LENGTH)
        return token

    def end(self) -> None:
        """Log out: whoever has the cookie gets in with it no more."""
        if token := _given():
            with self._store.transaction() as transaction:
                transaction.sessions.end(_hash(token))

    def keep(self, response: flask.Response, token: str) -> None:
        """Give the browser its cookie; without a token take it away."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=LENGTH if token else 0,
            path="/status",
            secure=self._is_https(),
            httponly=True,
            samesite="Strict",
        )

    def check_form(self, visitor: Visitor) -> None:
        """Raise unless this form is one of our pages, sent by who is logged in."""
        self.check_origin()
        given = flask.request.form.get("form_token", "")
        if not visitor.form_token:
            raise ProblemError(403, "Log in at /status/login to change something.")
        if not hmac.compare_digest(given.encode(), visitor.form_token.encode()):
            raise ProblemError(403, "This form is of another session. Open the page again.")

    def check_origin(self) -> None:
        """
        Raise where the browser says that a form came from elsewhere.

        Sec-Fetch-Site is sent over HTTPS and on this machine (W3C, "Fetch Metadata Request
        Headers"), Origin by every browser with a POST (Fetch standard, section 3.1).
        """
        site = flask.request.headers.get("Sec-Fetch-Site")
        origin = flask.request.headers.get("Origin")
        ours = {flask.request.host, self._public.netloc}
        foreign = origin is not None and urlsplit(origin).netloc not in ours
        if site not in {None, "same-origin", "none"} or (site is None and foreign):
            raise ProblemError(403, "This form did not come from the status pages.")

    def _session(self) -> Session | None:
        token = _given()
        if not token:
            return None
        with self._store.transaction(reads=True) as transaction:
            return transaction.sessions.find(_hash(token), self._clock())

    def _is_https(self) -> bool:
        """Whether the browser came by HTTPS; anybody may say so, it makes us stricter only."""
        request = flask.request
        public = self._public.scheme == "https" and request.host == self._public.netloc
        forwarded = request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https"
        return public or forwarded or request.is_secure


def own_page(path: str) -> str:
    """This page where it is one of ours, else the first one."""
    return path if _OWN_PAGE.fullmatch(path) else "/status"


def _given() -> str:
    return flask.request.cookies.get(COOKIE, "")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _form_token(token: str) -> str:
    """Says nothing about the cookie, and nobody without it can make it."""
    return hmac.new(token.encode("utf-8", "replace"), b"form", "sha256").hexdigest()
