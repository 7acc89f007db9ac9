"""From a call to its reply: found, served in a transaction, refusals put into words."""

from connector.emulator import collections_api, resources, rows
from connector.emulator.calls import Call, Reply, Route, find_route
from connector.emulator.collections_api import RolledBackError
from connector.emulator.errors import ApiError, RefusedRecordError


_ROUTES: list[Route] = [
    *collections_api.ROUTES,
    *resources.ROUTES,
    *rows.ROUTES,
]


def serve(call: Call, routes: list[Route]) -> Reply:
    """Commits what the call did, or nothing of it."""
    found, arguments = find_route(routes, call.method, call.path)
    try:
        with call.org.storage.transaction():
            return found.serve(call, **arguments)
    except RolledBackError as undone:
        return undone.reply


def answer(call: Call) -> Reply:
    """The reply of any call but composite ones, refusals included."""
    return worded(call, _ROUTES)


def worded(call: Call, routes: list[Route]) -> Reply:
    try:
        return serve(call, routes)
    except ApiError as error:
        return Reply(status=error.status, body=error.body)
    except RefusedRecordError as refusal:
        return Reply(status=400, body=[refusal.error.as_row()])


def endpoint(call: Call, routes: list[Route]) -> str:
    """The name that a call is counted under, such as `PATCH /composite/sobjects`."""
    try:
        return f"{call.method} {find_route(routes, call.method, call.path)[0].path}"
    except ApiError:
        return f"{call.method} (no such resource)"


def simple_routes() -> list[Route]:
    return list(_ROUTES)
