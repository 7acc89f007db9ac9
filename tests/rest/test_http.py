"""Requests are bounded, and tell nobody what was in them."""

import http.server
import threading
from datetime import timedelta

import pytest

from connector.block_lists import installed
from connector.domain.errors import ConfigurationError
from connector.rest.errors import BusyError, RefusedError
from connector.rest.http import LONGEST_WAIT, Api
from connector.settings import Settings
from connector.wiring.block_lists import open_lists
from tests.rest import server


class Plain(server.Api):
    """Says yes to everything."""

    def answer(self, asked):
        return 200, {"path": asked.path}


@pytest.fixture
def api():
    return Plain()


@pytest.fixture
def client(api, clock):
    with server.serving(api) as address:
        yield Api(address, clock)


def test_gives_the_answer(client):
    assert client.get("/here", {"a": "1"}).document == {"path": "/here"}


@pytest.mark.parametrize(
    "header, seconds",
    [
        ("35", 35),
        ("0", 0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("999999999", LONGEST_WAIT.total_seconds()),
    ],
)
def test_reads_how_long_to_wait(api, client, clock, header, seconds):
    if "Nov" in header:
        assert clock().isoformat() == "2026-11-23T12:00:00+00:00"
    api.faults.append(server.Fault(429, Retry_After=header))

    with pytest.raises(BusyError) as caught:
        client.get("/")

    assert caught.value.wait == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", ["", "soon", "-1", "1e9"])
def test_a_header_that_says_nothing_is_none(api, client, header):
    api.faults.append(server.Fault(503, Retry_After=header))

    with pytest.raises(BusyError) as caught:
        client.get("/")

    assert caught.value.wait is None


@pytest.mark.parametrize(
    "document, told",
    [
        ({"code": 20003}, "answered 403: 20003"),
        ({"error": {"code": "E01001"}}, "answered 403: E01001"),
        ({"message": "+447700900456 is wrong"}, "answered 403"),
        ({"code": "447700900456"}, "answered 403"),
        ({"code": "a sentence, not a code"}, "answered 403"),
        ([1], "answered 403"),
        (None, "answered 403"),
    ],
)
def test_tells_a_code_and_never_a_number(api, client, document, told):
    api.faults.append(server.Fault(403, document))

    with pytest.raises(RefusedError) as caught:
        client.get("/")

    assert str(caught.value) == told


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/secret", "https://[", "nowhere"])
def test_tells_no_address(clock, address):
    with pytest.raises(BusyError) as caught:
        Api(address, clock).get("/token")

    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("gateway", sorted(installed()))
def test_what_is_missing_is_named(clock, gateway):
    names = {f"CONNECTOR_BLOCK_LIST_{gateway}__EU_SCOPE".upper(): "shoes"}

    with pytest.raises(ConfigurationError) as caught:
        open_lists(Settings.from_environment(names), clock)

    wanted = [key.name for key in installed()[gateway].keys if key.needed]
    lines = str(caught.value).splitlines()
    prefix = f"set CONNECTOR_BLOCK_LIST_{gateway}__EU_".upper().replace("SET", "set")
    assert [line.partition(":")[0] for line in lines] == [
        prefix + name.upper() for name in wanted
    ]


@pytest.mark.parametrize("address", ["http://api.example.org", "api.example.org", "https://["])
def test_credentials_go_over_no_open_line(clock, address):
    names = {"API_KEY": "k", "ADDRESS": address}
    found = {f"CONNECTOR_BLOCK_LIST_INFOBIP_{key}": value for key, value in names.items()}

    with pytest.raises(ConfigurationError, match="INFOBIP_ADDRESS"):
        open_lists(Settings.from_environment(found), clock)


def test_an_account_has_a_name_and_a_brand(clock):
    names = {
        "API_KEY": "k",
        "ADDRESS": "https://api.example.org",
        "SCOPE": "shoes",
        "RATE": "2.5",
    }
    found = {f"CONNECTOR_BLOCK_LIST_INFOBIP__EU_WEST_{k}": value for k, value in names.items()}

    (opened,) = open_lists(Settings.from_environment(found), clock)

    assert (opened.name, opened.scope, opened.list.rate) == ("infobip/eu_west", "shoes", 2.5)


def test_values_are_shown_unless_they_are_secret(tmp_path):
    file = tmp_path / "key"
    file.write_text("from-a-file")
    file.chmod(0o600)
    settings = Settings.from_environment(
        {
            "CONNECTOR_BLOCK_LIST_CLICKSEND_API_KEY_FILE": str(file),
            "CONNECTOR_BLOCK_LIST_CLICKSEND_LIST_ID": "428",
            "CONNECTOR_BLOCK_LIST_GENERIC_ADDRESS": "https://a.example/?token=hush",
        }
    )

    shown = {
        row.name.removeprefix("CONNECTOR_BLOCK_LIST_"): row.value for row in settings.shown()
    }

    assert shown["CLICKSEND_API_KEY"] == shown["GENERIC_ADDRESS"] == "***"
    assert shown["CLICKSEND_LIST_ID"] == "428"
    assert {"from-a-file", "https://a.example/?token=hush"} <= set(settings.secrets)
    assert "428" not in settings.secrets


class Broken(http.server.BaseHTTPRequestHandler):
    """Promises more than it gives."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"{")

    def log_message(self, *_words: object) -> None:
        """Nothing is logged."""


def test_an_answer_that_breaks_off_is_none(clock):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken) as broken:
        thread = threading.Thread(target=broken.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with pytest.raises(BusyError, match="no answer"):
                Api(f"http://127.0.0.1:{broken.server_port}", clock).get("/")
        finally:
            broken.shutdown()
            thread.join()


def test_what_nobody_reads_may_be_anything(api, client):
    api.answer = lambda _asked: (200, b"ok")

    assert client.send("POST", "/", b"{}", reads=False).document is None
    with pytest.raises(RefusedError, match="no JSON"):
        client.send("POST", "/", b"{}")
