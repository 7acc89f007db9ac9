"""
The org behind real sockets: HTTP and HTTPS on loopback, a thread for each connection.

Werkzeug's own server closes every connection after one answer; clients of Salesforce keep
theirs, so this is the standard library's server with a small WSGI bridge.
"""

import contextlib
import http
import http.server
import io
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from connector.emulator.app import create_app
from connector.emulator.certificates import make_certificates
from connector.emulator.faults import BrokenConnectionError
from connector.emulator.org import EmulatedOrg


#: How long an idle connection is kept, and a handshake waited for, in seconds.
_IDLE = 60.0
_BETWEEN_MESSAGES = 0.1
_LAST_CHUNK = 0


class OrgServer:
    """Two running doors to one org; `close` ends them and every open connection."""

    def __init__(self, org: EmulatedOrg, http_port: int, https_port: int, folder: Path) -> None:
        app = create_app(org)
        certificates = make_certificates(folder, org.clock())
        self.ca_file = certificates.ca_file
        self._doors = [_Door(http_port, app, None)]
        try:
            self._doors.append(_Door(https_port, app, certificates.context()))
        except OSError:
            self._doors[0].server_close()
            raise
        self.http_url = f"http://localhost:{self._doors[0].server_port}"
        self.https_url = f"https://localhost:{self._doors[1].server_port}"
        self._threads = [
            threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True)
            for door in self._doors
        ]
        self._closing = threading.Event()
        self._threads.append(threading.Thread(target=self._send, args=(org,), daemon=True))
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._closing.set()
        for door in self._doors:
            door.shutdown()
        for thread in self._threads:
            thread.join()
        for door in self._doors:
            door.server_close()
            door.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _send(self, org: EmulatedOrg) -> None:
        """Outbound messages leave on their own, as the background process has them."""
        while not self._closing.wait(_BETWEEN_MESSAGES):
            org.outbound.deliver()


def serve(
    org: EmulatedOrg, http_port: int = 0, https_port: int = 0, *, folder: Path
) -> OrgServer:
    """
    Open both doors on loopback; port 0 takes a free one.

    The certificate authority that clients must trust is written to `ca_file` in the folder.
    """
    return OrgServer(org, http_port, https_port, folder)


class _Door(http.server.ThreadingHTTPServer):
    """One listening socket; a slow TLS handshake holds up its own thread only."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: Any, tls: ssl.SSLContext | None) -> None:  # noqa: ANN401
        super().__init__(("127.0.0.1", port), _Handler)
        self.app = app
        self.tls = tls
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()

    def server_bind(self) -> None:
        """Without the name look-up of the base class; the last one's connections may linger."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(_IDLE)
        if self.tls is not None:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        with self._lock:
            self._open[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Clients that hang up or refuse the certificate are no news; bugs are."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End what clients keep open, and wait for the threads behind it."""
        with self._lock:
            threads = dict(self._open)
        for connection, thread in threads.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection: request after request, until either side has enough."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Door

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def answer(self) -> None:
        """Pass the request to the app and its answer back, in one piece."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            started.append((status, headers))

        try:
            parts = self.server.app(self._environ(self._read()), start)
            body = b"".join(parts)
        except BrokenConnectionError as broken:
            self.close_connection = True
            self.wfile.write(_cut_short(broken))
            return
        status, headers = started[-1]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if not any(name.lower() == "content-length" for name, _ in headers):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the org counts its calls itself."""

    def _read(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(int(length)) if length.isdigit() else b""

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().partition(b";")[0].strip() or b"0", 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk if size > _LAST_CHUNK else b""

    def _environ(self, body: bytes) -> dict[str, object]:
        path, _, query = self.path.partition("?")
        environ: dict[str, object] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http" if self.server.tls is None else "https",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in {"CONTENT_LENGTH", "TRANSFER_ENCODING"}:
                environ[f"HTTP_{key}"] = value
        return environ


def _cut_short(broken: BrokenConnectionError) -> bytes:
    """What still goes out before the connection breaks: nothing, or a part of the answer."""
    if broken.kind != "truncate":
        return b""
    status = http.HTTPStatus(broken.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/json;charset=UTF-8\r\n"
        f"Content-Length: {broken.length}\r\n\r\n"
    )
    return head.encode() + broken.head
