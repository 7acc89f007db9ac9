"""Logging in with the name and the secret of a key, and out again."""

import logging

import flask

from connector.web.callers import client
from connector.web.pages import Pages, visitor
from connector.web.patience import Patience
from connector.web.sessions import own_page


log = logging.getLogger(__name__)

_WRONG = 403
_TOO_MANY = 429


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the login and the logout to the status pages."""
    patience = Patience(pages.clock)
    sessions = pages.sessions

    def form(fault: str = "", code: int = 200, *, name: str = "") -> flask.Response:
        target = own_page(flask.request.values.get("next", ""))
        return pages.show("login.html", status=code, fault=fault, target=target, name=name)

    @status.get("/login")
    def ask() -> flask.Response:
        return form()

    @status.post("/login")
    def log_in() -> flask.Response:
        sessions.check_origin()
        caller, name = _caller(pages), flask.request.form.get("name", "").strip()
        if pause := patience.pause(caller):
            answer = form(
                f"Too many tries. Wait {int(pause.total_seconds()) + 1} s.", _TOO_MANY
            )
            answer.headers["Retry-After"] = str(int(pause.total_seconds()) + 1)
            return answer
        token = sessions.begin(name, flask.request.form.get("secret", "").strip())
        if token is None:
            patience.note(caller)
            log.warning("status.login.refused", extra={"caller": caller})
            fault = "This name and secret are not of a key that may see these pages."
            return form(fault, _WRONG, name=name)
        patience.forgive(caller)
        log.info("status.login", extra={"key": name})
        target = own_page(flask.request.form.get("next", ""))
        response = flask.make_response("", 303, {"Location": target})
        sessions.keep(response, token)
        return response

    @status.post("/logout")
    @pages.guarded
    def log_out() -> flask.Response:
        sessions.check_form(visitor())
        sessions.end()
        response = flask.make_response("", 303, {"Location": "/status/login"})
        sessions.keep(response, "")
        return response


def _caller(pages: Pages) -> str:
    """The address that this request came from, behind proxies of our own."""
    peer = flask.request.remote_addr
    headers = {"x-forwarded-for": flask.request.headers.get("X-Forwarded-For", "")}
    found = client({"client": (peer, 0) if peer else None}, headers, pages.site.proxies)
    return str(found or "unknown")
