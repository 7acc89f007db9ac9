"""Where the play takes place: an emulated org behind HTTPS, an app in it, and its people."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from connector.clock import Clock
from connector.demo.people import CONTACTS, LEADS
from connector.emulator import EmulatedOrg, OrgServer, serve
from connector.emulator.prepared import open_prepared
from connector.footprint import API_VERSION, everything, zip_of


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running org, and the settings with which the service logs in to it."""

    org: EmulatedOrg
    server: OrgServer
    settings: Mapping[str, str]

    @property
    def page(self) -> str:
        return f"{self.server.http_url}/emulator/"

    @property
    def calls(self) -> int:
        """API calls that the org counted."""
        return self.org.usage.used

    @property
    def update_calls(self) -> int:
        return sum(n for call, n in self.org.calls.items() if call.startswith("PATCH "))


@contextmanager
def set_up(folder: Path, clock: Clock) -> Iterator[Stage]:
    """An org with the SMS fields and an app that may log in; it ends with the block."""
    package = zip_of(everything().components(), api_version=API_VERSION)
    prepared = open_prepared(folder, clock, package, contacts=CONTACTS, leads=LEADS)
    try:
        with serve(prepared.org, folder=folder / "certificates") as server:
            settings = {
                "SALESFORCE_LOGIN_URL": server.https_url,
                "SALESFORCE_CLIENT_ID": prepared.consumer_key,
                "SALESFORCE_USERNAME": prepared.username,
                "SALESFORCE_PRIVATE_KEY_FILE": str(prepared.key_file),
                "SALESFORCE_CA_FILE": str(server.ca_file),
            }
            yield Stage(org=prepared.org, server=server, settings=settings)
    finally:
        prepared.org.close()
