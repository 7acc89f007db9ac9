"""The session over real sockets: it waits no longer than told, and never repeats by itself."""

import contextlib
import socket
import threading

import pytest
import requests

from connector.domain.errors import OrgUnavailableError
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.salesforce.session import Meter, OrgSession


@contextlib.contextmanager
def listener(answer):
    """A server that reads each request and gives `answer`, or silence for None."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        heard.append(connection.recv(65_536).split(b" ")[0])
                        if answer is None:
                            over.wait(timeout=10)
                        else:
                            connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)


def access(url):
    return OrgAccess(
        login_url=url, client_id="key", client_secret="hush-hush", read_timeout_seconds=0.1
    )


def test_a_server_that_never_answers_is_given_up(clock):
    with (
        listener(None) as (url, heard),
        connect(access(url), clock=clock) as org,
        pytest.raises(OrgUnavailableError, match="ReadTimeout"),
    ):
        org.check()

    assert heard == [b"POST"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"no http at all\r\n\r\n",
    ],
)
def test_a_write_whose_answer_is_lost_is_not_repeated_below_us(answer):
    with (
        listener(answer) as (url, heard),
        OrgSession(access(url), meter=Meter()) as session,
        pytest.raises(requests.RequestException),
    ):
        session.patch(url)

    assert heard == [b"PATCH"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_write_that_is_put_off_is_not_repeated_below_us(status):
    answer = f"HTTP/1.1 {status} No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".encode()

    with listener(answer) as (url, heard), OrgSession(access(url), meter=Meter()) as session:
        got = session.patch(url)

    assert got.status_code == status
    assert heard == [b"PATCH"]
