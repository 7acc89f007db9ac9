"""
Who may in: apps, sessions, and the token endpoint's grants.

Errors as the OAuth error page of Salesforce help and public issue threads show them: HTTP 400,
`error` and `error_description`.
"""

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from connector.emulator.storage import Storage


JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: An assertion that lives longer is refused.
_LONGEST_ASSERTION = timedelta(minutes=5)
_MILLISECONDS = 1_000
_CERTAINLY_MILLISECONDS = 100_000_000_000


class GrantError(Exception):
    """The token endpoint's refusal."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.body = {"error": error, "error_description": description}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An external client app: its key, its certificate or secret, and who is approved."""

    consumer_key: str
    public_key_pem: str = ""
    secret: str = dataclasses.field(default="", repr=False)
    usernames: tuple[str, ...] = ()
    run_as: str = ""
    name: str = ""
    contact: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An access token in force: whose it is, and until when."""

    token: str = dataclasses.field(repr=False)
    user: str
    app: str
    until: datetime


class Auth:
    """The apps and sessions of one org, kept in its storage."""

    def __init__(
        self,
        storage: Storage,
        clock: Callable[[], datetime],
        *,
        org_id: str,
        find_user: Callable[[str], tuple[str, bool] | None],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._org_id = org_id
        self._find_user = find_user
        #: How long a session lasts without a call.
        self.session_length = timedelta(hours=2)
        #: What `aud` may be besides the org's own address.
        self.audiences = {"https://login.salesforce.com"}
        #: Hosts that are no org's own: client credentials are refused there.
        self.login_hosts = {"login.salesforce.com", "test.salesforce.com", "login.localhost"}
        self.rotates_refresh_tokens = False

    def register(self, app: App) -> None:
        self._storage.keep_document("app", app.consumer_key, dataclasses.asdict(app))

    def app(self, consumer_key: str) -> App | None:
        body: Any = self._storage.document("app", consumer_key)
        return _app(body) if body else None

    def apps(self) -> list[App]:
        """All of them, the oldest first."""
        return [_app(body) for body in self._storage.documents("app").values()]

    def issue(self, user: str, app: str = "") -> str:
        """A new access token for this user id."""
        token = f"{self._org_id[:15]}!{secrets.token_urlsafe(72).replace('-', '.')}"
        self._keep_session(token, user, app)
        return token

    def issue_refresh_token(self, user: str, app: str) -> str:
        token = f"5Aep{secrets.token_urlsafe(48).replace('-', '.')}"
        self._storage.keep_document("refresh", token, {"user": user, "app": app})
        return token

    def session(self, token: str) -> Session | None:
        """The session of a token, prolonged by being used; None once it is over."""
        body: Any = self._storage.document("session", token)
        if body is None:
            return None
        until = datetime.fromisoformat(body["until"])
        if self._clock() >= until:
            self.revoke(token)
            return None
        if until - self._clock() < self.session_length / 2:
            self._keep_session(token, body["user"], body["app"])
        return Session(token=token, user=body["user"], app=body["app"], until=until)

    def revoke(self, token: str) -> None:
        for kind in ("session", "refresh"):
            self._storage.drop_document(kind, token)

    def revoke_all(self) -> None:
        """Every session ends now; refresh tokens stay."""
        for token in self._storage.documents("session"):
            self._storage.drop_document("session", token)

    def grant(self, form: Mapping[str, str], host: str, base: str) -> dict[str, object]:
        """The token endpoint: a form in, the token answer out; raises GrantError."""
        match form.get("grant_type"):
            case grant if grant == JWT_GRANT:
                app, user = self._by_assertion(form.get("assertion", ""), base)
                return self._answer(app, user, base)
            case "client_credentials":
                app, user = self._by_credentials(form, host)
                return {**self._answer(app, user, base), **self._signed()}
            case "refresh_token":
                return self._by_refresh(form, base)
            case "password":
                raise GrantError("invalid_grant", "authentication failure")
            case None | "":
                raise GrantError("invalid_request", "grant type not supplied")
            case _:
                raise GrantError("unsupported_grant_type", "grant type not supported")

    def _by_assertion(self, assertion: str, base: str) -> tuple[App, str]:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise GrantError("invalid_grant", "invalid assertion") from error
        app = self.app(str(claims.get("iss", "")))
        if app is None:
            raise GrantError("invalid_client_id", "client identifier invalid")
        try:
            checks = {
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            }
            jwt.decode(assertion, app.public_key_pem, algorithms=["RS256"], options={**checks})  # type: ignore[arg-type]
        except (jwt.InvalidTokenError, ValueError) as error:
            raise GrantError("invalid_grant", "invalid assertion") from error
        self._check_claims(claims, base)
        return app, self._approved(app, str(claims.get("sub") or claims.get("prn") or ""))

    def _check_claims(self, claims: Mapping[str, object], base: str) -> None:
        audience = str(claims.get("aud", "")).rstrip("/")
        if audience not in {*self.audiences, base}:
            raise GrantError("invalid_grant", "audience is invalid")
        try:
            expires = float(str(claims["exp"]))
        except (KeyError, ValueError) as error:
            raise GrantError("invalid_grant", "invalid assertion") from error
        # Salesforce's own command-line tool counts milliseconds here, and is let in.
        if expires > _CERTAINLY_MILLISECONDS:
            return
        left = expires - self._clock().timestamp()
        if left <= 0 or left > _LONGEST_ASSERTION.total_seconds():
            raise GrantError("invalid_grant", "expired authorization code")

    def _approved(self, app: App, username: str) -> str:
        user = self._find_user(username)
        if user is None or username.lower() not in {name.lower() for name in app.usernames}:
            raise GrantError("invalid_grant", "user hasn't approved this consumer")
        record, active = user
        if not active:
            raise GrantError("inactive_user", "user is inactive")
        return record

    def _by_credentials(self, form: Mapping[str, str], host: str) -> tuple[App, str]:
        if host in self.login_hosts:
            raise GrantError("invalid_grant", "request not supported on this domain")
        app = self._authenticated(form)
        user = self._find_user(app.run_as) if app.run_as else None
        if user is None:
            raise GrantError("invalid_grant", "no client credentials user enabled")
        return app, user[0]

    def _authenticated(self, form: Mapping[str, str]) -> App:
        app = self.app(form.get("client_id", ""))
        if app is None:
            raise GrantError("invalid_client_id", "client identifier invalid")
        given = form.get("client_secret", "")
        if not app.secret or not secrets.compare_digest(given.encode(), app.secret.encode()):
            raise GrantError("invalid_client", "invalid client credentials")
        return app

    def _by_refresh(self, form: Mapping[str, str], base: str) -> dict[str, object]:
        app = self.app(form.get("client_id", ""))
        if app is None:
            raise GrantError("invalid_client_id", "client identifier invalid")
        if app.secret:
            self._authenticated(form)
        token = form.get("refresh_token", "")
        body: Any = self._storage.document("refresh", token)
        if body is None or body["app"] != app.consumer_key:
            raise GrantError("invalid_grant", "expired access/refresh token")
        answer = {**self._answer(app, body["user"], base), **self._signed()}
        if self.rotates_refresh_tokens:
            self.revoke(token)
            answer["refresh_token"] = self.issue_refresh_token(body["user"], app.consumer_key)
        return answer

    def _answer(self, app: App, user: str, base: str) -> dict[str, object]:
        return {
            "access_token": self.issue(user, app.consumer_key),
            "scope": "api",
            "instance_url": base,
            "id": f"https://login.salesforce.com/id/{self._org_id}/{user}",
            "token_type": "Bearer",
        }

    def _signed(self) -> dict[str, object]:
        issued = str(int(self._clock().timestamp() * _MILLISECONDS))
        return {"issued_at": issued, "signature": secrets.token_urlsafe(32)}

    def _keep_session(self, token: str, user: str, app: str) -> None:
        until = self._clock() + self.session_length
        body = {"user": user, "app": app, "until": until.isoformat()}
        self._storage.keep_document("session", token, body)


def _app(body: Any) -> App:  # noqa: ANN401, as it was kept
    return App(**{**body, "usernames": tuple(body["usernames"])})
