"""The JSON bodies of API calls, read strictly."""

import json
from collections.abc import Collection

import flask

from connector.web.problems import ProblemError


def read_json() -> object:
    """The document of this request; raises ProblemError for what is none."""
    if not flask.request.is_json:
        raise ProblemError(415, "Send application/json.")
    try:
        document: object = json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        raise ProblemError(400, "The body is not JSON.") from None
    return document


def read_object(known: Collection[str]) -> dict[str, object]:
    """An object with no other members than these: a misspelt one must not be overlooked."""
    document = read_json()
    if not isinstance(document, dict):
        raise ProblemError(400, "Send an object.")
    for name in sorted(document.keys() - set(known)):
        raise ProblemError(
            422, f'"{name[:80]}" is no known member: {", ".join(sorted(known))}.'
        )
    return document
