"""placeholder"""

import flask

from connector.emulator.org import EmulatedOrg


def blueprint(org: EmulatedOrg) -> flask.Blueprint:
    del org
    return flask.Blueprint("pages", __name__, url_prefix="/emulator")
