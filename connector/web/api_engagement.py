"""Clicks and replies that no gateway tells of: link shorteners and other systems do."""

import flask

from connector.clock import Clock
from connector.pipeline.engagement import take
from connector.store import Store
from connector.web.engagements import read
from connector.web.items import read_items, refuse
from connector.web.keys import requires


def blueprint(store: Store, clock: Clock, region: str) -> flask.Blueprint:
    engagement = flask.Blueprint("engagement", __name__, url_prefix="/api/engagement")

    @engagement.post("")
    @requires(store, "engagement:write")
    def tell() -> tuple[dict[str, object], int]:
        items, teller = read_items("events"), flask.g.api_key
        reading = read(items, now=clock(), region=region, teller=teller)
        refuse(reading.faults, "nothing was kept")
        take(store, reading.responses)
        return {"kept": len(reading.responses)}, 202

    return engagement
