"""Requests to the gateways' APIs: bounded in time and size, and followed nowhere else."""

import base64
import dataclasses
import email.utils
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import orjson
import requests

from connector.clock import Clock
from connector.rest.errors import BusyError, RefusedError


#: How long a connection, and each part of the answer, may take.
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
#: A group of a million members is shorter.
MOST_BYTES = 32_000_000
_PART = 65_536
#: Nobody asks for more patience; a wrong header must not stop us for a year.
LONGEST_WAIT = timedelta(hours=1)
_OK = range(200, 300)
_REDIRECTS = range(300, 400)
_FAULTS = range(500, 600)
_TIMED_OUT, _TOO_MANY = 408, 429
#: A code that may be shown: never a sentence, which may hold a number, and no number.
_CODE = re.compile(r"(?!.*\d{7})[A-Za-z0-9_.:#-]{1,60}")

Parameters = Mapping[str, str]
#: The fields of a form, some of them several times.
Fields = Collection[tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; the document is None where there is none."""

    status: int
    document: object


class Api:
    """One address, with what every request to it carries."""

    def __init__(
        self, address: str, clock: Clock, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.address = address.rstrip("/")
        self._clock = clock
        self._headers = {"Accept": "application/json", **(headers or {})}

    def get(self, path: str, query: Parameters | None = None) -> Answer:
        return self.send("GET", with_query(path, query or {}))

    def json(
        self, method: str, path: str, document: object, *, headers: Parameters | None = None
    ) -> Answer:
        kind = {"Content-Type": "application/json", **(headers or {})}
        return self.send(method, path, orjson.dumps(document), headers=kind)

    def form(self, path: str, fields: Fields) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(list(fields)).encode(), headers=kind)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Parameters | None = None,
        also: Collection[int] = (),
        reads: bool = True,
    ) -> Answer:
        """
        Ask, and give the answer where it is good or one of `also`; raises ApiError.

        Without `reads` a good answer may have any content, for nobody looks at it.

        Errors tell neither the address nor what was sent: both hold secrets or numbers.
        """
        try:
            with requests.request(
                method,
                self.address + path,
                data=body or None,
                headers={**self._headers, **(headers or {})},
                auth=_no_other_login,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _read(answer)
                status, head = answer.status_code, dict(answer.headers.lower_items())
        except (requests.RequestException, OSError, ValueError) as error:
            raise BusyError(f"no answer: {type(error).__name__}") from None
        if status in {_TIMED_OUT, _TOO_MANY} or status in _FAULTS:
            wait = _wait(head.get("retry-after", ""), self._clock())
            raise BusyError(f"answered {status}", wait=wait)
        if len(content) > MOST_BYTES:
            raise RefusedError(f"answered with more than {MOST_BYTES} bytes", status=0)
        document = _document(content, status) if reads or status not in _OK else None
        if status not in _OK and status not in also:
            raise RefusedError(_cause(status, document), status=status, document=document)
        return Answer(status=status, document=document)


def _read(answer: requests.Response) -> bytes:
    """As much as is wanted, and one part more; a broken answer is an error of `requests`."""
    content = bytearray()
    for part in answer.iter_content(_PART):
        content += part
        if len(content) > MOST_BYTES:
            break
    return bytes(content)


def with_query(path: str, query: Parameters | Fields) -> str:
    """A path with a query; as pairs some fields may come several times."""
    pairs = list(query.items()) if isinstance(query, Mapping) else list(query)
    return f"{path}?{urlencode(pairs)}" if pairs else path


def basic(user: str, password: str) -> str:
    """The value of Authorization for a name and a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _no_other_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """`requests` would put what it finds in ~/.netrc over our own Authorization."""
    return request


def _document(content: bytes, status: int) -> object:
    if not content.strip():
        return None
    try:
        found: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        if status in _OK:
            raise RefusedError(f"answered {status} with no JSON") from None
        return None
    return found


def _cause(status: int, document: object) -> str:
    if status in _REDIRECTS:
        return f"answered {status}: the address is another one"
    code = next(filter(_CODE.fullmatch, _codes(document, depth=3)), "")
    return f"answered {status}{': ' if code else ''}{code}"


def _codes(document: object, depth: int) -> list[str]:
    """The codes that gateways name an error with, the outer ones first."""
    if not isinstance(document, dict) or not depth:
        return []
    names = ("__type", "code", "response_code", "messageId", "name", "type")
    own = [str(document[name]).rpartition("#")[2] for name in names if document.get(name)]
    inner = [each for value in document.values() for each in _codes(value, depth - 1)]
    return [*own, *inner]


def _wait(text: str, now: datetime) -> timedelta | None:
    """What Retry-After says: seconds or a date (RFC 9110, section 10.2.3)."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        wait = timedelta(seconds=int(text))
    else:
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_WAIT)
