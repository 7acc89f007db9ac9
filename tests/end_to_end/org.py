"""
The emulated org as a process of its own: `python -m tests.end_to_end.org FOLDER PEOPLE`.

Reads the app's public key from `app.pem` in the folder, tells in one line of JSON where it
listens and whom it knows, and serves until its standard input closes.
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from connector.clock import system_clock
from connector.emulator import (
    EmulatedOrg,
    seed_campaign,
    seed_contacts,
    serve,
)
from connector.emulator.seeds import fictional_phone
from tests.end_to_end.plan import Person
from tests.support.sms_org import install_sms_fields


CLIENT_ID = "end-to-end"
#: Every so many-th person shares the number with somebody else.
TWINS_EVERY = 40
BYSTANDERS = 20
PATIENCE_SECONDS = 30


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the org counted: update calls that it took, and how often each fault struck."""

    updates: int
    struck: Mapping[str, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OrgProcess:
    """Where the org is, whom it knows, and how it is told to misbehave."""

    folder: Path
    login_url: str
    admin_url: str
    ca_file: str
    campaign: str
    people: Sequence[Person]

    def fault(self, kind: str, **aim: object) -> int:
        """Have something go wrong; the fault's number."""
        answer = requests.post(
            f"{self.admin_url}/faults", json={"kind": kind, **aim}, timeout=PATIENCE_SECONDS
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    def clear_fault(self, number: int) -> None:
        requests.delete(f"{self.admin_url}/faults/{number}", timeout=PATIENCE_SECONDS)

    def statistics(self) -> Statistics:
        told = requests.get(f"{self.admin_url}/stats", timeout=PATIENCE_SECONDS).json()
        return Statistics(
            updates=told["calls"].get("PATCH /composite/sobjects", 0),
            struck={fault["kind"]: fault["struck"] for fault in told["faults"]},
        )

    def contacts(self) -> dict[str, dict[str, object]]:
        """All fields of every Contact, by id, from the org's own file."""
        org = EmulatedOrg(str(self.folder / "org.sqlite3"), clock=system_clock)
        found: dict[str, dict[str, object]] = {
            str(row["Id"]): {**row} for row in org.records("Contact")
        }
        org.close()
        return found


@contextmanager
def running(folder: Path, people: int) -> Iterator[OrgProcess]:
    """An org with so many Contacts to text, and some more."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder), str(people)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            told = json.loads(process.stdout.readline())
            known = [Person(*each) for each in told.pop("people")]
            yield OrgProcess(folder=folder, people=known, **told)
        finally:
            process.stdin.close()
            process.wait()


def _main(folder: Path, count: int) -> None:
    org = EmulatedOrg(str(folder / "org.sqlite3"), clock=system_clock)
    install_sms_fields(org)
    org.register_app(CLIENT_ID, (folder / "app.pem").read_text())
    ids = seed_contacts(org, count, accounts=max(count // 10, 1))
    phones = [fictional_phone(number) for number in range(count)]
    shared = phones[::TWINS_EVERY]
    twins = org.create_many(
        "Contact",
        [{"LastName": "Twin", "HomePhone": f"({p[2:5]}) {p[5:8]}-{p[8:]}"} for p in shared],
    )
    seed_contacts(org, BYSTANDERS, start=count)
    by_phone = dict(zip(shared, twins, strict=True))
    people = [[i, p, by_phone.get(p, "")] for i, p in zip(ids, phones, strict=True)]
    campaign = seed_campaign(org, "Autumn")
    with serve(org, folder=folder / "certificates") as server:
        told = {
            "login_url": server.https_url,
            "admin_url": f"{server.http_url}/emulator",
            "ca_file": str(server.ca_file),
            "campaign": campaign,
            "people": people,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    org.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]))
