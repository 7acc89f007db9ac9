"""API keys: how they are made, kept and checked."""

import functools
import hashlib
import secrets
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import flask

from connector.store import Store
from connector.web.problems import ProblemError


#: What a key may do; a key has one scope or several.
SCOPES = {
    "messages:write": "register sent messages",
    "messages:read": "ask what became of a message",
    "consent:write": "record opt-outs and opt-ins",
    "consent:read": "ask whether a number may be texted",
    "engagement:write": "tell of clicks and replies",
    "campaigns:read": "ask for the figures of a campaign",
    "status:read": "see the status page",
}
#: So that a secret found in a log or a repository is recognised for what it is.
PREFIX = "smsconn_"

BROWSER_CHALLENGE = {"WWW-Authenticate": 'Basic realm="connector", charset="UTF-8"'}

P = ParamSpec("P")
T = TypeVar("T")


def new_secret() -> str:
    """256 random bits; shown once, then only its hash is known."""
    return PREFIX + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """
    What is kept of a secret.

    A plain SHA-256 will do, for nobody guesses 256 random bits; and the look-up by hash tells
    nothing by the time it takes.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def requires(
    store: Store, scope: str, *, browser: bool = False
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """
    Let a request to this view pass only with a key in force that has the scope.

    From a `browser` it may come as the password that the browser asks for, under any name.
    """

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            check(store, scope, browser=browser)
            return view(*args, **kwargs)

        return guarded

    return decorate


def check(store: Store, scope: str, *, browser: bool = False) -> None:
    secret = _given(browser=browser)
    if not secret and browser:
        raise ProblemError(401, "Log in: any name, an API key as password.", BROWSER_CHALLENGE)
    if not secret:
        raise ProblemError(401, "Send an API key: Authorization: Bearer <key>", _challenge())
    key = store.find_key(secret_hash(secret))
    if key is None or key.revoked:
        challenge = BROWSER_CHALLENGE if browser else _challenge("invalid_token")
        raise ProblemError(401, "This API key is not in force.", challenge)
    if scope not in key.scopes:
        raise ProblemError(
            403,
            f"The key '{key.name}' lacks the scope {scope}.",
            _challenge("insufficient_scope", scope),
        )
    flask.g.api_key = key.name


def _given(*, browser: bool) -> str:
    given = flask.request.authorization
    if given is None:
        return ""
    if given.type == "basic" and browser:
        return given.password or ""
    return (given.token or "") if given.type == "bearer" else ""


def _challenge(error: str = "", scope: str = "") -> dict[str, str]:
    """The header of RFC 6750, section 3."""
    told = {"realm": "connector", "error": error, "scope": scope}
    words = ", ".join(f'{name}="{text}"' for name, text in told.items() if text)
    return {"WWW-Authenticate": f"Bearer {words}"}
