"""
Composite: up to 25 calls in one, later ones using what earlier ones answered.

REST API Developer Guide, "Composite", "Composite Batch".
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.emulator.calls import Call, Reply, Route, route
from connector.emulator.collections_api import RolledBackError
from connector.emulator.dispatch import answer
from connector.emulator.errors import ApiError, parser_error


Subrequest = Mapping[str, Any]

_MOST = 25
_MOST_COLLECTIONS = 5
_HEAVY = re.compile(r"/(composite/sobjects|query|queryAll)(/|\?|$)")
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_FAILED = 400


class HaltedError(Exception):
    """A subrequest names something that an earlier one did not answer."""


def composite(call: Call) -> Reply:
    body = call.fields()
    requests = _subrequests(body, "compositeRequest")
    _check(requests)
    done: dict[str, dict[str, object]] = {}
    for request in requests:
        one = _perform(call, request, done)
        done[str(request["referenceId"])] = one
        failed = int(str(one["httpStatusCode"])) >= _FAILED
        if failed and body.get("allOrNone") is True:
            raise RolledBackError(_halted(requests, done, one))
    return Reply(body={"compositeResponse": list(done.values())})


def batch(call: Call) -> Reply:
    """Independent calls in order; each counts against the allowance."""
    requests = _subrequests(call.fields(), "batchRequests")
    if not 0 < len(requests) <= _MOST:
        message = f"Batch requests must have between 1 and {_MOST} subrequests"
        raise ApiError(400, "INVALID_BATCH_REQUEST", message)
    results = []
    for request in requests:
        url = request["url"]
        full = url if url.startswith("/services") else f"/services/data/{url.lstrip('/')}"
        reply = _call(call, request["method"], full, request.get("richInput"), {})
        results.append({"statusCode": reply.status, "result": reply.body})
    call.org.usage.spend(len(requests) - 1)
    failed = any(int(str(each["statusCode"])) >= _FAILED for each in results)
    return Reply(body={"hasErrors": failed, "results": results})


ROUTES: list[Route] = [
    route("POST", "/composite", composite),
    route("POST", "/composite/batch", batch),
]


def _subrequests(body: Mapping[str, object], name: str) -> list[Subrequest]:
    """The list of subrequests, each with a method and an address; anything else is unread."""
    requests = body.get(name)
    if not isinstance(requests, list) or not requests:
        raise parser_error(f"{name} must be a list of subrequests at [line:1, column:1]")
    for each in requests:
        texts = isinstance(each, dict) and (each.get("method"), each.get("url"))
        if not texts or not all(isinstance(text, str) for text in texts):
            raise parser_error("A subrequest needs a method and a url at [line:1, column:1]")
        if not isinstance(each.get("httpHeaders") or {}, dict):
            raise parser_error("httpHeaders must be an object at [line:1, column:1]")
    return requests


def _check(requests: Sequence[Subrequest]) -> None:
    if len(requests) > _MOST:
        message = f"Limit of {_MOST} reached, for operation in: COMPOSITE"
        raise ApiError(400, "LIMIT_EXCEEDED", message)
    names = [str(each.get("referenceId") or "") for each in requests]
    if "" in names or len(set(names)) < len(names):
        raise ApiError(400, "INVALID_INPUT", "Each subrequest needs a referenceId of its own")
    heavy = sum(bool(_HEAVY.search(each["url"])) for each in requests)
    if heavy > _MOST_COLLECTIONS:
        message = (
            f"Limit of {_MOST_COLLECTIONS} reached, for collections and queries in: COMPOSITE"
        )
        raise ApiError(400, "LIMIT_EXCEEDED", message)


def _perform(
    call: Call, request: Subrequest, done: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    try:
        url = str(_filled(request["url"], done))
        body = _filled(request.get("body"), done)
    except HaltedError as halt:
        error = [{"errorCode": "PROCESSING_HALTED", "message": str(halt)}]
        reply = Reply(status=400, body=error)
    else:
        headers = _texts(request.get("httpHeaders") or {})
        reply = _call(call, request["method"], url, body, headers)
    return {
        "body": reply.body,
        "httpHeaders": {k: v for k, v in reply.headers.items() if k == "Location"},
        "httpStatusCode": reply.status,
        "referenceId": request["referenceId"],
    }


def _texts(headers: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items()}


def _call(call: Call, method: str, url: str, body: object, headers: Mapping[str, str]) -> Reply:
    try:
        parts = urlsplit(url)
        prefix, _, path = parts.path.removeprefix("/services/data/v").partition("/")
        version = float(prefix)
    except ValueError:
        error = [{"errorCode": "INVALID_INPUT", "message": f"Not a versioned address: {url}"}]
        return Reply(status=400, body=error)
    inner = dataclasses.replace(
        call,
        method=method.upper(),
        path="/" + unquote(path),
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={**call.headers, **headers, "Content-Type": "application/json"},
        body=b"" if body is None else json.dumps(body).encode(),
        version=version,
    )
    if inner.path.startswith("/composite") and not inner.path.startswith("/composite/sobjects"):
        error = [{"errorCode": "INVALID_INPUT", "message": "Composites do not nest"}]
        return Reply(status=400, body=error)
    return answer(inner)


def _filled(value: Any, done: Mapping[str, Mapping[str, object]]) -> Any:  # noqa: ANN401 - JSON
    """The value with every `@{reference.path}` replaced by what that path holds."""
    if isinstance(value, dict):
        return {key: _filled(each, done) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, done) for each in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole, done)
    return _REFERENCE.sub(lambda match: str(_looked_up(match, done)), value)


def _looked_up(match: re.Match[str], done: Mapping[str, Mapping[str, object]]) -> Any:  # noqa: ANN401
    name, path = match.groups()
    missing = f"Invalid reference specified. No value for {name}{path} found in {name}."
    earlier = done.get(name)
    if earlier is None or int(str(earlier["httpStatusCode"])) >= _FAILED:
        raise HaltedError(missing)
    value: Any = earlier["body"]
    for key, at in _STEP.findall(path):
        try:
            value = value[key] if key else value[int(at)]
        except (KeyError, IndexError, TypeError) as error:
            raise HaltedError(missing) from error
    return value


def _halted(
    requests: Sequence[Subrequest],
    done: Mapping[str, Mapping[str, object]],
    culprit: Mapping[str, object],
) -> Reply:
    message = (
        "The transaction was rolled back since another operation in the same transaction"
        " failed."
    )
    halted = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    results: list[Mapping[str, object]] = []
    for request in requests:
        name = str(request["referenceId"])
        undone = {"body": halted, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name}
        results.append(culprit if done.get(name) is culprit else undone)
    return Reply(body={"compositeResponse": results})
