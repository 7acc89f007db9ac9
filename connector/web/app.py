"""The Flask application: everything that is not a callback."""

from collections.abc import Callable, Mapping, Sequence

import flask

from connector.clock import Clock
from connector.pipeline.phone_reader import PhoneReader
from connector.settings import Brands
from connector.store import Store
from connector.web import (
    api_campaigns,
    api_consent,
    api_engagement,
    api_messages,
    api_suppression,
    openapi,
    problems,
    status,
)
from connector.web.pages import Site


#: The longest request of the API: 1,000 registrations with room to spare.
MOST_BYTES = 1_048_576

#: Pages use no script and nothing from elsewhere.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def create_app(
    *,
    store: Store,
    clock: Clock,
    region: str = "",
    regions: Mapping[tuple[str, str], str] | None = None,
    brands: Brands | None = None,
    public_url: str = "",
    site: Site | None = None,
    trusted_hosts: Sequence[str] = (),
    more: Sequence[flask.Blueprint] = (),
    on_broken: Callable[[], None] = problems.ignore,
) -> flask.Flask:
    app = flask.Flask(__name__, static_folder=None)
    app.config.from_mapping(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=65_536,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=list(trusted_hosts) or None,
    )
    problems.install(app, on_broken)
    app.register_blueprint(api_messages.blueprint(store, clock, region))
    app.register_blueprint(
        api_suppression.blueprint(store, clock, PhoneReader(region, regions, brands))
    )
    app.register_blueprint(api_campaigns.blueprint(store))
    app.register_blueprint(api_consent.blueprint(store, clock, region, brands))
    app.register_blueprint(api_engagement.blueprint(store, clock, region))
    app.register_blueprint(openapi.blueprint(public_url))
    app.register_blueprint(status.blueprint(store, clock, site))
    for blueprint in more:
        app.register_blueprint(blueprint)

    @app.after_request
    def secure(response: flask.Response) -> flask.Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app
