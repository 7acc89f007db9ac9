"""May a number be texted: for every sender, before it texts."""

import flask

from connector.clock import Clock
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.suppression import Answer, check
from connector.store import Store
from connector.web.bodies import read_object
from connector.web.keys import requires
from connector.web.problems import ProblemError
from connector.web.scopes import brand_asked


#: The most numbers of one call.
MOST_NUMBERS = 10_000


def blueprint(store: Store, clock: Clock, read_phone: PhoneReader) -> flask.Blueprint:
    suppression = flask.Blueprint("suppression", __name__, url_prefix="/api/suppression")

    def answers(numbers: list[str], scope: str) -> list[dict[str, object]]:
        actor = f"key:{flask.g.api_key}"
        found = check(store, numbers, read_phone, clock, actor=actor, scope=scope)
        return [shown(answer) for answer in found]

    @suppression.post("/check")
    @requires(store, "consent:read")
    def ask() -> dict[str, object]:
        numbers, scope = _question(read_phone)
        return {"results": answers(numbers, scope)}

    @suppression.get("/<phone>")
    @requires(store, "consent:read")
    def ask_one(phone: str) -> dict[str, object]:
        asked = flask.request.args
        scope = brand_asked(asked.get("scope"), asked.get("sender"), read_phone)
        return answers([phone], scope)[0]

    return suppression


def _question(read_phone: PhoneReader) -> tuple[list[str], str]:
    document = read_object({"numbers", "scope", "sender"})
    numbers = document.get("numbers")
    if not isinstance(numbers, list) or not all(isinstance(each, str) for each in numbers):
        raise ProblemError(422, '"numbers" is to be a list of texts.')
    if len(numbers) > MOST_NUMBERS:
        raise ProblemError(413, f"At most {MOST_NUMBERS} numbers a call.")
    return numbers, brand_asked(document.get("scope"), document.get("sender"), read_phone)


def shown(answer: Answer) -> dict[str, object]:
    """An answer as JSON may hold it; times in ISO 8601, what is not known is null."""
    opens_at = answer.hours.opens_at
    return {
        "number": answer.given,
        "phone": answer.phone or None,
        "sendable": answer.sendable,
        "rule": answer.rule.value,
        "since": answer.since.isoformat() if answer.since else None,
        "source": answer.source or None,
        "version": answer.version,
        "in_hours": answer.hours.open,
        "hours_begin_at": opens_at.isoformat() if opens_at else None,
    }
