"""Fetching from outside: one answer, of bounded size, from nowhere else."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from connector.fetch import MOST_BYTES, FetchError, fetch


class Outside(http.server.BaseHTTPRequestHandler):
    """A server with a few pages."""

    pages: dict[str, tuple[int, bytes, dict[str, str]]] = {  # noqa: RUF012
        "/here": (200, b"text", {}),
        "/gone": (404, b"", {}),
        "/moved": (302, b"", {"Location": "/here"}),
        "/long": (200, b"x" * (MOST_BYTES + 1), {}),
        "/just": (200, b"x" * MOST_BYTES, {}),
        "/part": (200, b"tex", {"Content-Length": "4"}),
        "/packed": (200, b"text", {"Content-Encoding": "gzip"}),
    }

    def do_GET(self) -> None:
        status, body, headers = self.pages[self.path]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_gives_what_is_there(outside):
    assert fetch(f"{outside}/here") == b"text"
    assert len(fetch(f"{outside}/just")) == MOST_BYTES


@pytest.mark.parametrize(
    "page, told",
    [("/gone", "answered 404"), ("/moved", "answered 302"), ("/long", "more than")],
)
def test_takes_nothing_else(outside, page, told):
    with pytest.raises(FetchError, match=told):
        fetch(outside + page)


@pytest.mark.parametrize("page", ["/part", "/packed"])
def test_an_answer_that_breaks_off_or_cannot_be_read_is_none(outside, page):
    with pytest.raises(FetchError, match=r"^no answer: \w+$"):
        fetch(outside + page)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/secret", "nowhere", "https://["])
def test_tells_no_address(address):
    with pytest.raises(FetchError, match=r"^no answer: \w+$"):
        fetch(address)
