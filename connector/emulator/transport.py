"""A transport for requests whose other end is a WSGI app in the same process."""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from werkzeug.test import Client

from connector.emulator.faults import BrokenConnectionError


class WSGIAdapter(BaseAdapter):
    """
    Mounted on a session, it carries every call of an address to the app.

    What would be a broken socket becomes the exception that requests raises for one.
    """

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any WSGI app
        super().__init__()
        self._client = Client(app, use_cookies=False)

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_settings: object
    ) -> requests.Response:
        try:
            answer = self._client.open(
                request.path_url,
                method=request.method or "GET",
                base_url=_origin(request.url or ""),
                headers=list(_headers(request.headers).items()),
                data=_body(request.body),
                environ_overrides={"RAW_URI": request.path_url},
            )
        except BrokenConnectionError as broken:
            raise _broken(broken, request) from broken
        response = requests.Response()
        response.status_code = answer.status_code
        response.reason = answer.status.partition(" ")[2]
        response.headers.update(dict(answer.headers))
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = urllib3.HTTPResponse(
            body=io.BytesIO(answer.get_data()),
            headers=dict(answer.headers),
            status=answer.status_code,
            preload_content=False,
        )
        response.url = request.url or ""
        response.request = request
        answer.close()
        return response

    def close(self) -> None:
        """Nothing is held open."""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _headers(headers: Mapping[str, Any]) -> dict[str, str]:
    # A header value may be bytes at run time, whatever the types say.
    return {
        name: str(value, "latin-1") if isinstance(value, bytes) else value
        for name, value in headers.items()
    }


def _body(body: Any) -> bytes:  # noqa: ANN401 - what requests takes
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    read = getattr(body, "read", None)
    return bytes(read()) if read else b"".join(body)


def _broken(
    broken: BrokenConnectionError, request: requests.PreparedRequest
) -> requests.RequestException:
    if broken.kind == "timeout":
        return requests.exceptions.ReadTimeout("Read timed out.", request=request)
    if broken.kind == "truncate":
        message = f"IncompleteRead({len(broken.head)} bytes read)"
        return requests.exceptions.ChunkedEncodingError(message, request=request)
    message = "Remote end closed connection without response"
    return requests.exceptions.ConnectionError(message, request=request)
