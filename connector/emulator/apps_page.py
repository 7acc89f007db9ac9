"""A tiny Setup: External Client App Manager, as a page and as a route for scripts."""

import json
from typing import Any

import flask

from connector.emulator.apps import Wish, WrongAppError, create
from connector.emulator.auth import App
from connector.emulator.org import EmulatedOrg


def blueprint(org: EmulatedOrg) -> flask.Blueprint:
    routes = flask.Blueprint("apps", __name__, url_prefix="/emulator/apps")

    @routes.get("", strict_slashes=False)
    def manager() -> str:
        return _page(org)

    @routes.post("", strict_slashes=False)
    def new() -> flask.Response | tuple[flask.Response | str, int]:
        if flask.request.is_json:
            return _by_script(org)
        try:
            create(org, _form())
        except WrongAppError as error:
            return _page(org, problem=str(error)), 400
        return flask.redirect("/emulator/apps", code=303)  # type: ignore[return-value]

    return routes


def _by_script(org: EmulatedOrg) -> tuple[flask.Response, int]:
    try:
        body: Any = json.loads(flask.request.get_data() or b"{}")
        app = create(org, Wish.read(body))
    except (WrongAppError, ValueError, AttributeError) as error:
        return flask.jsonify({"error": str(error)}), 400
    return flask.jsonify(_told(app)), 201


def _form() -> Wish:
    """The browser's form: a certificate comes as a file or pasted."""
    form, uploaded = flask.request.form, flask.request.files.get("certificate_file")
    certificate = form.get("certificate", "")
    if uploaded and uploaded.filename:
        certificate = uploaded.read().decode("utf-8", "replace")
    values = {**form.to_dict(), "certificate": certificate, "users": form.getlist("users")}
    return Wish.read(values)


def _page(org: EmulatedOrg, problem: str = "") -> str:
    return flask.render_template(
        "emulator/apps.html",
        apps=org.auth.apps(),
        users=sorted(org.users),
        problem=problem,
        given=flask.request.form if problem else {},
    )


def _told(app: App) -> dict[str, object]:
    return {
        "name": app.name,
        "consumer_key": app.consumer_key,
        "consumer_secret": app.secret or None,
        "users": app.usernames,
        "run_as": app.run_as or None,
    }
