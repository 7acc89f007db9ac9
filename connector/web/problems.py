"""Errors as application/problem+json (RFC 9457): one shape for every route."""

import logging
from collections.abc import Callable, Mapping

import flask
from werkzeug.exceptions import HTTPException

from connector.domain.errors import StoreBrokenError, StoreUnavailableError
from connector.web.answers import RETRY_AFTER_SECONDS, problem


log = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that is answered with a problem; `more` are members beside the usual ones."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.more = more


def ignore() -> None:
    pass


def install(app: flask.Flask, on_broken: Callable[[], None] = ignore) -> None:
    """Have the application answer every error as a problem; tell where the disk has failed."""

    @app.errorhandler(ProblemError)
    def told(error: ProblemError) -> flask.Response:
        return response(error.status, error.detail, error.headers, **error.more)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> flask.Response:
        headers = dict(error.get_headers())
        headers.pop("Content-Type", None)
        return response(error.code or 500, error.description or "", headers)

    @app.errorhandler(StoreUnavailableError)
    def unavailable(error: StoreUnavailableError) -> flask.Response:
        log.warning("store.unavailable", extra={"error": str(error)})
        if isinstance(error, StoreBrokenError):
            on_broken()
        return response(
            503,
            "Nothing was stored. Try again later.",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        )

    @app.errorhandler(Exception)
    def failed(error: Exception) -> flask.Response:
        log.error("api.failed", exc_info=error, extra={"route": str(flask.request.url_rule)})
        return response(500, "")


def response(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: object
) -> flask.Response:
    return flask.Response(
        problem(status, detail, **more),
        status,
        headers=dict(headers or {}),
        content_type="application/problem+json",
    )
