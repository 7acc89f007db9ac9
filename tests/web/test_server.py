"""The server as it is deployed: over real sockets, with a real store."""

import asyncio
import json
import signal
import sys
import threading

import pytest

from tests.benchmarks.load import load, request
from tests.support.serving import TOKEN, serving
from tests.web.slow_clients import normal_among_slow


PLACE = f"/callbacks/kannel?token={TOKEN}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("web")) as server:
        yield server


def newest(server):
    store = server.store()
    [kept] = store.inbox.latest(limit=1)
    store.close()
    return kept.callback


def raw(server, *parts):
    """The status line's number after sending these bytes; 0 when the server just closed."""
    with server.connect() as connection:
        for part in parts:
            connection.sendall(part)
        answer = connection.recv(65_536)
    return int(answer[9:12]) if answer else 0


class TestCallback:
    def test_the_query_arrives_byte_for_byte(self, server):
        status, _, body = server.ask("GET", f"{PLACE}&id=%3A+%2F%C3%a9&time=a%20b&type=1")

        assert (status, body) == (200, b"")
        assert newest(server).target == (
            "/callbacks/kannel?token=&id=%3A+%2F%C3%a9&time=a%20b&type=1"
        )

    def test_a_body_that_is_not_text_is_kept(self, server):
        status, *_ = server.ask("POST", f"{PLACE}&id=bytes", b"\x00\xff\xfe" * 100)

        assert status == 200
        assert newest(server).body == b"\x00\xff\xfe" * 100

    def test_a_body_in_chunks_is_kept(self, server):
        head = f"POST {PLACE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

        status = raw(server, head.encode(), b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")

        assert status == 200
        assert newest(server).body == b"abcde"

    def test_ten_megabytes_are_refused(self, server):
        head = f"POST {PLACE} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"

        assert raw(server, head.encode(), b"x" * 1000) == 413
        assert server.ask("GET", f"{PLACE}&id=1&type=1")[0] == 200

    def test_headers_without_end_are_refused(self, server):
        head = f"GET {PLACE} HTTP/1.1\r\nHost: x\r\n".encode()

        assert raw(server, head, b"X-Long: " + b"x" * 50_000 + b"\r\n\r\n") == 431
        assert raw(server, head, b"X-Many: 1\r\n" * 90 + b"\r\n") == 431

    def test_a_method_that_the_gateway_does_not_use(self, server):
        status, headers, _ = server.ask("PUT", PLACE, b"")

        assert (status, headers["allow"]) == (405, "GET, POST")

    def test_the_wrong_token(self, server):
        assert server.ask("GET", "/callbacks/kannel?token=wrong")[0] == 403

    def test_a_body_that_breaks_off_leaves_nothing(self, server):
        server.ask("GET", f"{PLACE}&id=before&type=1")
        head = f"POST {PLACE}&id=half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
        with server.connect() as connection:
            connection.sendall(head.encode() + b"half")

        server.ask("GET", f"{PLACE}&id=after&type=1")

        store = server.store()
        ids = [kept.callback.query["id"] for kept in store.inbox.latest(limit=2)]
        store.close()
        assert ids == ["after", "before"]

    def test_slow_clients_hold_up_nobody(self, server):
        report = asyncio.run(normal_among_slow(server.port, clients=200, normal=200))

        assert report.statuses == {200: 200}


def refuses(server):
    """Whether nobody listens there any more."""
    threading.Event().wait(0.02)
    try:
        server.connect().close()
    except OSError as error:
        return isinstance(error, ConnectionRefusedError)
    return False


class TestOthers:
    def test_probes(self, server):
        assert server.ask("GET", "/livez")[2] == b'{"live": true}'
        assert server.ask("GET", "/readyz")[2] == b'{"ready": true}'

    def test_everything_else_is_answered_by_the_application(self, server):
        status, headers, _ = server.ask("GET", "/nowhere")

        assert (status, headers["content-type"]) == (404, "application/problem+json")
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/%ff", "/%00", "//x", "/api/messages/kannel/%F0%9F"])
    def test_odd_paths_are_no_accident(self, server, path):
        assert server.ask("GET", path)[0] in {401, 404}

    def test_bytes_beyond_ascii_in_the_target(self, server):
        assert raw(server, b"GET /x?a=\xff HTTP/1.1\r\nHost: x\r\n\r\n") in {400, 404}


class TestEnd:
    def test_what_was_acknowledged_outlives_a_kill(self, tmp_path):
        with serving(tmp_path) as server:

            def requests():
                for number in range(1_000):
                    if number == 500:
                        server.kill()
                    yield request("GET", f"{PLACE}&id={number}&type=1")

            report = asyncio.run(load("127.0.0.1", server.port, requests()))
            acknowledged = {a.number for a in report.answers if a.status == 200}
            store = server.store()
            kept = {int(k.callback.query["id"]) for k in store.inbox.latest(limit=10_000)}
            store.close()

        assert len(acknowledged) > 400
        assert acknowledged <= kept

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's end")
    def test_a_killed_first_process_leaves_none_behind(self, tmp_path):
        with serving(tmp_path) as server:
            server.signal(signal.SIGKILL)
            server.wait()

            assert any(refuses(server) for _ in range(500))

    def test_sigterm_finishes_what_was_begun(self, tmp_path):
        with serving(tmp_path) as server, server.connect() as connection:
            head = f"POST {PLACE}&id=last HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
            connection.sendall(head.encode() + b"be")
            server.signal(signal.SIGTERM)
            for _ in range(1_000):  # until the signal has got there
                refusing = server.ask("GET", "/readyz")
                if refusing[0] != 200:
                    break
            connection.sendall(b"en")
            answer = connection.recv(1000)
            code = server.wait()

            assert refusing[0] == 503
            assert json.loads(refusing[2])["cause"] == "shutting down"
            assert answer.startswith(b"HTTP/1.1 200")
            assert newest(server).body == b"been"
            assert code == 0
