"""A callback in a file, as `connector gateways read` takes it."""

import base64
import difflib
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from connector.clock import system_clock
from connector.domain.callback import Callback
from connector.domain.errors import ConfigurationError
from connector.gateways.base import Gateway
from connector.gateways.times import iso, unix_seconds


_KEYS = ("method", "path_query", "headers", "body", "body_base64")
#: Where the account stands in the path: /callbacks/<gateway>/<account>.
_ACCOUNT = 2


def read_callback(gateway: Gateway, file: str, at: str, public_url: str) -> Callback:
    """The callback that the file describes; ConfigurationError says what to change in it."""
    request = _request(file)
    method, target = str(request["method"]).upper(), str(request["path_query"])
    if method not in gateway.methods:
        wanted = " or ".join(gateway.methods)
        raise ConfigurationError(
            f"{file}: method is {method}, but {gateway.name} calls with {wanted}"
        )
    if not target.startswith("/"):
        raise ConfigurationError(
            f"{file}: path_query must begin with /; what stands before it is --public-url"
        )
    return Callback(
        gateway=gateway.name,
        account=_account(gateway, target),
        method=method,
        target=target,
        headers=_headers(file, request.get("headers")),
        body=_body(file, request),
        received_at=_moment(at),
        public_url=public_url,
    )


def _request(file: str) -> Mapping[str, object]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        request = json.loads(content)
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise ConfigurationError(f"{file}: must be a JSON object with {_KEYS[0]} ...")
    for key in request.keys() - set(_KEYS):
        missing = [known for known in _KEYS if known not in request]
        if difflib.get_close_matches(key, missing, n=1):
            raise ConfigurationError(f"{file}: unknown key {key!r}; {nearest(key, missing)}")
    for key in ("method", "path_query"):
        if not isinstance(request.get(key), str):
            raise ConfigurationError(f"{file}: {key} is missing or no text")
    return request


def _account(gateway: Gateway, target: str) -> str:
    place = target.partition("?")[0].strip("/").split("/")
    is_ours = place[:_ACCOUNT] == ["callbacks", gateway.name] and len(place) > _ACCOUNT
    return place[_ACCOUNT] if is_ours else ""


def _headers(file: str, given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise ConfigurationError(f"{file}: headers must be an object of texts")
    return {name.lower(): value.strip() for name, value in given.items()}


def _body(file: str, request: Mapping[str, object]) -> bytes:
    encoded = request.get("body_base64")
    body = request.get("body") or ""
    try:
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
        if isinstance(body, str):
            return body.encode()
    except ValueError as error:
        raise ConfigurationError(f"{file}: the body is no UTF-8 text or no base64") from error
    raise ConfigurationError(f"{file}: body must be a text; give other bytes as body_base64")


def _moment(at: str) -> datetime:
    if not at:
        return system_clock()
    try:
        return unix_seconds(at) if at.isdigit() else iso(at)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"--at {at}: write it as 2026-11-23T10:00:00Z, with a zone, or in Unix seconds"
        ) from error


def origin(public_url: str) -> str:
    if public_url and not public_url.startswith(("https://", "http://")):
        raise ConfigurationError(f"--public-url {public_url}: must begin with https://")
    return public_url.rstrip("/")


def nearest(word: str, known: Iterable[str]) -> str:
    words = list(known)
    near = difflib.get_close_matches(word.lower(), words, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(words)}"
