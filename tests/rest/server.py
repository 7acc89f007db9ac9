"""A small HTTP server on loopback that answers as a documented API would."""

import contextlib
import dataclasses
import http.server
import json
import threading
from collections import deque
from urllib.parse import parse_qsl, urlsplit


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def document(self):
        return json.loads(self.body)


class Fault(Exception):  # noqa: N818 (an answer, not a mistake)
    """An answer other than a good one."""

    def __init__(self, status, document=None, **headers):
        super().__init__(status)
        self.status, self.document, self.headers = status, document, headers


class Api:
    """
    What a documented API does; a subclass answers in `answer`, or raises Fault.

    A document that is bytes goes out as it is.

    Everything that was asked is in `asked`; `faults` are given first, in their order.
    """

    def __init__(self):
        self.asked = []
        self.faults: deque[Fault] = deque()

    def answer(self, asked):
        raise NotImplementedError

    def handle(self, asked):
        self.asked.append(asked)
        try:
            if self.faults:
                raise self.faults.popleft()
            status, document = self.answer(asked)
        except Fault as fault:
            names = {name.replace("_", "-"): value for name, value in fault.headers.items()}
            return fault.status, names, fault.document
        return status, {}, document


@contextlib.contextmanager
def serving(api):
    """The address of a server for this API."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self):
            length = int(self.headers.get("content-length", 0))
            asked = Asked(
                method=self.command,
                target=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            status, headers, document = api.handle(asked)
            body = document if isinstance(document, bytes) else _json(document)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 (as it is looked for)

        def log_message(self, *_words):
            """Nothing is logged."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def demand(holds, status, document=None):
    """Answer with a fault unless something holds."""
    if not holds:
        raise Fault(status, document)


def _json(document):
    return b"" if document is None else json.dumps(document).encode()
