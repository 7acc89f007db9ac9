"""The figures of a campaign, for programs and for flows."""

import flask

from connector.domain.records import is_campaign_id, long_id
from connector.pipeline.campaign_view import NO_CAMPAIGN, document, view
from connector.store import Store
from connector.web.keys import requires
from connector.web.problems import ProblemError


def blueprint(store: Store) -> flask.Blueprint:
    campaigns = flask.Blueprint("campaigns", __name__, url_prefix="/api/campaigns")

    @campaigns.get("/<campaign_id>")
    @requires(store, "campaigns:read")
    def show(campaign_id: str) -> dict[str, object]:
        found = view(store, _campaign(campaign_id))
        if found is None:
            raise ProblemError(404, "Nothing was counted of this campaign yet.")
        return document(found)

    return campaigns


def _campaign(text: str) -> str:
    if text == NO_CAMPAIGN:
        return ""
    if not is_campaign_id(text):
        raise ProblemError(
            422, f'This is no id of a Campaign: 701 and 12 or 15 more, or "{NO_CAMPAIGN}".'
        )
    return long_id(text)
