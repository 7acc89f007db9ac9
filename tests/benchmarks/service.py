"""The service as it is deployed, on loopback: its processes, and requests to it."""

import contextlib
import http.client
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.domain.delivery import DeliveryStatus
from connector.gateways.imitation import imitated
from tests.benchmarks.load import request
from tests.benchmarks.servers import process, wait_for
from tests.benchmarks.traffic import Report
from tests.support.serving import PUBLIC_URL, free_port


def settings(folder: Path, database_url: str = "") -> dict[str, str]:
    """Of a service that knows Twilio; embedded in the folder unless a database is given."""
    found = {
        "CONNECTOR_DATA_FOLDER": str(folder),
        "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
        "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN": imitated()["twilio"].secrets["auth_token"],
        "CONNECTOR_LOG_LEVEL": "error",
    }
    return {**found, "CONNECTOR_DATABASE_URL": database_url} if database_url else found


@contextlib.contextmanager
def web(variables: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The port and the process id of `connector web` with one web process."""
    port = free_port()
    listening = {**variables, "CONNECTOR_LISTEN": f"127.0.0.1:{port}"}
    with process(["connector", "web"], listening) as pid:
        wait_for(lambda: is_ready(port))
        yield port, pid


@contextlib.contextmanager
def worker(variables: Mapping[str, str]) -> Iterator[int]:
    """The process id of `connector worker`."""
    with process(["connector", "worker"], variables) as pid:
        yield pid


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def signed_requests(count: int, records: int) -> Sequence[bytes]:
    """Twilio's, each of another message that was delivered, as they go over the wire."""
    # Ids of their own, so that what two benchmarks sent is not taken for the same.
    first, now = random.getrandbits(48), system_clock()
    made = (
        Report("twilio", first + n, n % records, DeliveryStatus.DELIVERED).request(now)
        for n in range(count)
    )
    return [request(each.method, each.target, each.headers, each.body) for each in made]


def megabytes(pid: int) -> float:
    """The most memory that this process, or one that it started, has had in RAM so far."""
    peaks = [_status(each).get("VmHWM", "0 kB") for each in (pid, *_children(pid))]
    return max(int(peak.split()[0]) for peak in peaks) / 1024


def _children(pid: int) -> list[int]:
    ids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [each for each in ids if _status(each).get("PPid") == str(pid)]


def _status(pid: int) -> dict[str, str]:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (n.partition(":") for n in lines)}
    return {}
