"""
An emulated org in a process of its own, over HTTPS, that answers after a while.

    python -m tests.benchmarks.orgs FOLDER CONTACTS SECONDS

Tells where it listens in one line of JSON and serves until its standard input closes.
"""

import contextlib
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests

from connector.clock import system_clock
from connector.emulator import EmulatedOrg, seed_contacts, serve
from connector.salesforce.access import OrgAccess
from tests.support.serving import PATIENCE_SECONDS
from tests.support.sms_org import install_sms_fields


CLIENT_ID, CLIENT_SECRET = "benchmarks", "fictional"
#: More than any benchmark uses: the budget is not what is measured.
DAILY_CALLS = 10_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OrgProcess:
    """Where a running org is."""

    login_url: str
    admin_url: str
    ca_file: str

    @property
    def access(self) -> OrgAccess:
        return OrgAccess(
            login_url=self.login_url,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            ca_file=self.ca_file,
        )

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "CONNECTOR_SALESFORCE_LOGIN_URL": self.login_url,
            "CONNECTOR_SALESFORCE_CLIENT_ID": CLIENT_ID,
            "CONNECTOR_SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
            "CONNECTOR_SALESFORCE_CA_FILE": self.ca_file,
        }

    def updates(self) -> int:
        """The update calls that it took so far, of either kind."""
        told = requests.get(f"{self.admin_url}/stats", timeout=PATIENCE_SECONDS).json()
        return sum(n for name, n in told["calls"].items() if name.startswith("PATCH"))


@contextlib.contextmanager
def running(folder: Path, contacts: int, latency_seconds: float) -> Iterator[OrgProcess]:
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder), str(contacts), str(latency_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield OrgProcess(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait()


def main(folder: Path, contacts: int, latency_seconds: float) -> None:
    org = EmulatedOrg(str(folder / "org.sqlite3"), clock=system_clock, daily_limit=DAILY_CALLS)
    install_sms_fields(org)
    org.register_app(CLIENT_ID, secret=CLIENT_SECRET)
    seed_contacts(org, contacts)
    if latency_seconds:
        org.faults.latency(latency_seconds, method="PATCH")
    with contextlib.closing(org), serve(org, folder=folder / "certificates") as server:
        told = OrgProcess(
            login_url=server.https_url,
            admin_url=f"{server.http_url}/emulator",
            ca_file=str(server.ca_file),
        )
        sys.stdout.write(json.dumps(dataclasses.asdict(told)) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
