"""A gateway's signed callback through each proxy, with TLS: it arrives as it was signed."""

import contextlib
import http.client
import ssl
import subprocess
import threading
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connector.clock import system_clock
from connector.emulator.certificates import make_certificates
from tests.deploy import proxies
from tests.deploy.dockerfile import ROOT
from tests.support.serving import TOKEN, free_port, serving


AUTH_TOKEN = "a-token-of-nobody"
#: Both are this machine; only the first may call for Twilio.
ALLOWED, STRANGER = "127.0.0.2", "127.0.0.3"


class Proxy:
    """A running proxy, with the service behind it."""

    def __init__(self, port, ca_file, log, server):
        self.port, self.log, self.server = port, log, server
        self._context = ssl.create_default_context(cafile=ca_file)

    def ask(self, method, target, body=None, *, source=ALLOWED, **headers):
        connection = http.client.HTTPSConnection(
            "localhost",
            self.port,
            timeout=30,
            context=self._context,
            source_address=(source, 0),
        )
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def twilio(self, target, *, token=AUTH_TOKEN, source=ALLOWED, **headers):
        """A status callback, signed by the vendor's own library over the public address."""
        fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+447700900123"}
        address = f"https://localhost:{self.port}{target}"
        headers |= {
            "X-Twilio-Signature": RequestValidator(token).compute_signature(address, fields),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.ask("POST", target, urlencode(fields), source=source, **headers)[0]

    def newest(self):
        store = self.server.store()
        [kept] = store.inbox.latest(limit=1)
        store.close()
        return kept.callback


def wait_until_it_answers(proxy, process):
    for _ in range(300):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if proxy.ask("GET", "/api/openapi.json")[0] == 200:
                return
        assert process.poll() is None, proxy.log.read_text()
        threading.Event().wait(0.1)
    raise AssertionError(proxy.log.read_text())


@pytest.fixture(scope="module", params=[proxies.nginx, proxies.caddy], ids=["nginx", "caddy"])
def proxy(request, tmp_path_factory):
    """One of its two web processes is away: that must not be noticed."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    tls, log = make_certificates(folder / "ca", system_clock()), folder / "proxy.log"
    settings = {
        "CONNECTOR_PUBLIC_URL": f"https://localhost:{port}",
        "CONNECTOR_TRUSTED_PROXIES": "127.0.0.1",
        "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CONNECTOR_GATEWAY_TWILIO_ADDRESSES": ALLOWED,
    }
    with serving(folder, **settings) as server, log.open("wb") as output:
        upstreams = (server.port, free_port())
        process = request.param(folder, port, upstreams, tls, output.fileno())
        found = Proxy(port, tls.ca_file, log, server)
        try:
            wait_until_it_answers(found, process)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.mark.parametrize(
    "query",
    ["", "?ref=003000000000001AAA", "?note=a%20b+c&x=%2F%3a%C3%A9&empty=&y=//z/../w"],
)
def test_what_was_signed_is_authentic(proxy, query):
    target = f"/callbacks/twilio{query}"

    assert [proxy.twilio(target) for _ in range(4)] == [204] * 4
    assert proxy.newest().target == target


def test_a_path_with_an_account_too(proxy):
    assert proxy.twilio("/callbacks/twilio//") == 404
    assert proxy.ask("GET", f"/callbacks/kannel/?token={TOKEN}&id=1&type=1")[0] == 200


def test_another_token_is_not(proxy):
    assert proxy.twilio("/callbacks/twilio", token="another") == 403


def test_who_calls_is_seen_through_the_proxy(proxy):
    assert proxy.twilio("/callbacks/twilio", source=STRANGER) == 403
    forged = {"X-Forwarded-For": ALLOWED}
    assert proxy.twilio("/callbacks/twilio", source=STRANGER, **forged) == 403


def test_a_request_gets_an_id(proxy):
    proxy.twilio("/callbacks/twilio")

    assert len(proxy.newest().headers["x-request-id"]) >= 32


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/metrics", "/nowhere"])
def test_what_is_for_operators_stays_inside(proxy, path):
    assert proxy.ask("GET", path)[0] == 404


def test_a_callback_that_is_too_long_harms_no_other(proxy):
    status, _ = proxy.ask("POST", "/callbacks/twilio", b"x" * 70_000)

    assert status in {413, 502}  # Caddy may see that it is refused before it has sent it all
    assert proxy.twilio("/callbacks/twilio") == 204


def test_the_log_of_the_proxy_has_no_token(proxy):
    proxy.ask("GET", f"/callbacks/kannel?token={TOKEN}&id=1&type=1")
    proxy.ask("GET", "/callbacks/kannel?token=not-the-token")

    told = proxy.log.read_text()
    assert "/callbacks/kannel" in told
    assert TOKEN not in told
    assert "not-the-token" not in told


def test_the_upstreams_of_compose_are_those_of_nginx():
    folder = ROOT / "deploy" / "nginx"
    usual, composed = (
        [line.split() for line in (folder / name).read_text().splitlines()]
        for name in ("upstream.conf", "upstream-compose.conf")
    )

    def others(lines):
        return [words for words in lines if words[0] not in {"#", "server"}]

    assert others(usual) == others(composed)
    assert ["server", "web:8080", "max_fails=1", "fail_timeout=2s;"] in composed
