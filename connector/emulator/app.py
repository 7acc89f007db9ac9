"""The org as a WSGI app: the API, the login, the admin routes, and a page to look at."""

import json
from collections.abc import Callable

import flask

from connector.emulator import admin, apps_page, identity, pages
from connector.emulator.calls import Reply
from connector.emulator.door import JSON, Answer, Door, Request
from connector.emulator.errors import ApiError
from connector.emulator.metadata import soap
from connector.emulator.org import EmulatedOrg
from connector.emulator.web_dates import http_date


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(org: EmulatedOrg) -> flask.Flask:
    """A WSGI app over this org; faults that break connections leave it as exceptions."""
    app = flask.Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.url_map.merge_slashes = False
    door = Door(org)

    @app.route("/services/data", methods=_METHODS)
    @app.route("/services/data/", methods=_METHODS)
    @app.route("/services/data/<path:_rest>", methods=_METHODS)
    def data(_rest: str = "") -> flask.Response:
        return _response(org, door.serve(_request()))

    @app.post("/services/Soap/m/<path:_rest>")
    def soap_metadata(_rest: str) -> flask.Response:
        request = _request()
        return _response(org, door.guarded(request, lambda: soap.serve(org, request)))

    @app.route("/services/oauth2/<name>", methods=["GET", "POST"])
    def oauth(name: str) -> flask.Response:
        return _oauth(org, name)

    @app.get("/id/<_org>/<_user>")
    def who(_org: str, _user: str) -> flask.Response:
        return _oauth(org, "userinfo")

    app.register_blueprint(admin.blueprint(org))
    app.register_blueprint(apps_page.blueprint(org))
    app.register_blueprint(pages.blueprint(org))
    app.register_error_handler(404, _no_page)
    return app


_OAUTH: dict[str, Callable[[EmulatedOrg, Request], Reply]] = {
    "token": identity.token,
    "revoke": identity.revoke,
    "userinfo": identity.user_info,
}


def _oauth(org: EmulatedOrg, name: str) -> flask.Response:
    """Login answers; faults aimed at `/services/oauth2` strike here too."""
    request = _request()
    handler = _OAUTH.get(name) or flask.abort(404)
    try:
        return _response(org, Door(org).guarded(request, lambda: handler(org, request)))
    except ApiError as error:
        body = json.dumps(error.body).encode()
        headers = {"Content-Type": JSON}
        return _response(org, Answer(status=error.status, headers=headers, body=body))


def _request() -> Request:
    here = flask.request
    raw = here.environ.get("RAW_URI") or here.environ.get("REQUEST_URI")
    address = str(raw) if raw else here.full_path.rstrip("?")
    return Request(
        method=here.method,
        address=address,
        headers=here.headers,  # type: ignore[arg-type] # a mapping that ignores case
        body=here.get_data(),
        origin=here.host_url.rstrip("/"),
    )


def _response(org: EmulatedOrg, answer: Answer) -> flask.Response:
    response = flask.Response(answer.body, status=answer.status)
    response.headers.pop("Content-Type", None)
    for name, value in answer.headers.items():
        response.headers[name] = value
    # Clients take "now" from this header, so it follows the org's clock.
    response.headers["Date"] = http_date(org.clock())
    return response


def _no_page(_error: Exception) -> tuple[str, int, dict[str, str]]:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    return json.dumps(body), 404, {"Content-Type": JSON}
