"""
The invariants on real processes: `python -m tests.consent.live --help`.

Senders, gateways, programs and people in Salesforce at once, while processes are killed. Who
hears 2xx for a STOP asks in the same moment whether the number may be texted. In the end the
checks and the records in Salesforce say what was said last.
"""

import argparse
import dataclasses
import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import requests

from connector.clock import system_clock
from connector.store import Store
from tests.end_to_end.flood import database
from tests.end_to_end.org import OrgProcess, running
from tests.end_to_end.plan import Person
from tests.end_to_end.sends import OWN_NUMBER, callback
from tests.end_to_end.service import Service, make_key, settings_for


FLAG = "SMS_Opt_Out__c"
PATIENCE_SECONDS, PAUSE_SECONDS = 10, 0.05


@dataclasses.dataclass(slots=True)
class Outcome:
    """What a run showed: `faults` is empty when all is as it should be."""

    done: Counter[str] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{name:32}{count}" for name, count in sorted(self.done.items())]
        return "\n".join([*lines, *(f"FAULT  {fault}" for fault in self.faults[:10])])


class Live:
    """One deployment under load; each number is in the hands of one client."""

    def __init__(self, service: Service, key: str, seed: int) -> None:
        self._service = service
        self._key = {"Authorization": f"Bearer {key}"}
        self._seed = seed
        self._tokens = (f"{seed:04x}-live-{number:06x}" for number in itertools.count(1))
        self._pause = threading.Event()
        self.outcome = Outcome()
        self.opted_out: dict[str, bool] = {}

    def play(self, people: Sequence[Person], *, seconds: float, clients: int) -> None:
        """Everybody does this and that for so long, and now and then a process is killed."""
        ends = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._client, args=(number, people[number::clients], ends))
            for number in range(clients)
        ]
        for each in threads:
            each.start()
        dice = random.Random(self._seed)  # noqa: S311
        while time.monotonic() < ends:
            self._pause.wait(dice.uniform(2, 4))
            what = dice.choice(["web", "worker", "parent"])
            self._service.kill(what)
            self.outcome.done[f"kill -9 of {what}"] += 1
        for each in threads:
            each.join()

    def _client(self, number: int, people: Sequence[Person], ends: float) -> None:
        dice = random.Random(f"{self._seed}:{number}")  # noqa: S311
        web = requests.Session()
        try:
            while time.monotonic() < ends:
                person = dice.choice(people)
                act = dice.choice([self.text, self.text, self.stop, self._start])
                act(web, person.phone)
        except Exception as error:  # noqa: BLE001 (told with the others)
            self.outcome.faults.append(f"client {number}: {type(error).__name__}: {error}")
        finally:
            web.close()

    def text(self, web: requests.Session, phone: str) -> None:
        send = callback(
            next(self._tokens),
            {
                "AccountSid": "AC00000000000000000000000000000000",
                "Body": "STOP",
                "From": phone,
                "MessageSid": f"SM{random.getrandbits(128):032x}",
                "SmsStatus": "received",
                "To": OWN_NUMBER,
            },
            decides=(),
        )
        self._until(
            lambda url: web.post(
                url + send.target,
                data=send.body,
                headers=dict(send.headers),
                timeout=PATIENCE_SECONDS,
            )
        )
        self._stopped(web, phone, "STOP by text")

    def stop(self, web: requests.Session, phone: str) -> None:
        self._api(web, {"phone": phone, "kind": "stop"})
        self._stopped(web, phone, "STOP by the API")

    def _stopped(self, web: requests.Session, phone: str, how: str) -> None:
        self.opted_out[phone] = True
        self.outcome.done[how] += 1
        if self.ask(web, phone)["sendable"]:
            self.outcome.faults.append(f"yes after the 2xx for a {how}")

    def _start(self, web: requests.Session, phone: str) -> None:
        """Evidence that is later than all that is known: of a moment from now."""
        seen = self.ask(web, phone)
        told = {
            "phone": phone,
            "kind": "start",
            "occurred_at": (system_clock() + timedelta(seconds=20)).isoformat(),
            "reason": "asked",
            "evidence": "form 1",
            "version": seen["version"],
        }
        status = self._api(web, told)
        self.outcome.done[f"opt-in: {status}"] += 1
        # A conflict may be our own, of which the answer was lost.
        self.opted_out[phone] = not self.ask(web, phone)["sendable"]

    def ask(self, web: requests.Session, phone: str) -> dict[str, object]:
        answer = self._until(
            lambda url: web.post(
                f"{url}/api/suppression/check",
                json={"numbers": [phone]},
                headers=self._key,
                timeout=PATIENCE_SECONDS,
            )
        )
        found: dict[str, object] = answer.json()["results"][0]
        self.outcome.done["checks"] += 1
        return found

    def _api(self, web: requests.Session, told: dict[str, object]) -> int:
        answer = self._until(
            lambda url: web.post(
                f"{url}/api/consent", json=told, headers=self._key, timeout=PATIENCE_SECONDS
            )
        )
        return answer.status_code

    def _until(self, call: Callable[[str], requests.Response]) -> requests.Response:
        """Ask one server after the other until one answers; 5xx is no answer."""
        for number in range(2_000):
            port = self._service.ports[number % len(self._service.ports)]
            try:
                answer = call(f"http://127.0.0.1:{port}")
            except requests.RequestException:
                self._pause.wait(PAUSE_SECONDS)
                continue
            if answer.status_code < 500:
                if answer.status_code not in {200, 204, 409}:
                    raise AssertionError(f"HTTP {answer.status_code}: {answer.text[:200]}")
                return answer
            self._pause.wait(PAUSE_SECONDS)
        raise AssertionError("nobody answers")

    def settle(self, org: OrgProcess, seconds: float) -> None:
        """Wait until every record says what the checks say, and these what was said last."""
        store = Store.open(self._service.store_url, upgrade=False)
        wrong: list[str] = []
        try:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                wrong = list(self._wrong(org))
                with store.transaction(reads=True) as transaction:
                    left = transaction.unread.waiting() + transaction.outbox.marked_count()
                    left += transaction.outbox.size()[0]
                if not (wrong or left):
                    break
                self._pause.wait(0.5)
            self.outcome.faults += wrong
            with store.transaction(reads=True) as transaction:
                found = transaction.consents.find(self.opted_out)
            for phone, out in self.opted_out.items():
                if (phone in found and found[phone].opted_out) is not out:
                    self.outcome.faults.append(f"the ledger does not say {out}")
        finally:
            store.close()
        with requests.Session() as web:
            for phone, out in self.opted_out.items():
                if self.ask(web, phone)["sendable"] is out:
                    self.outcome.faults.append(f"in the end a check does not say {not out}")

    def _wrong(self, org: OrgProcess) -> list[str]:
        contacts = org.contacts()
        return [
            f"the flag of {record} does not say {self.opted_out[person.phone]}"
            for person in org.people
            if person.phone in self.opted_out
            for record in filter(None, (person.id, person.twin))
            if bool(contacts[record][FLAG]) is not self.opted_out[person.phone]
        ]


def live(
    folder: Path, *, url: str = "", seconds: float, people: int, clients: int, seed: int = 1
) -> Outcome:
    """Play in an empty folder, on the embedded database or the PostgreSQL of this URL."""
    private_key = make_key(folder)
    with running(folder, people) as org:
        settings = settings_for(org, private_key, folder)
        service = Service(folder, settings, database=url, webs=2, workers=2)
        service.prepare()
        key = service.make_api_key("live", "consent:read", "consent:write")
        play = Live(service, key, seed)
        try:
            service.start()
            play.play(org.people, seconds=seconds, clients=clients)
            play.settle(org, seconds=60)
        finally:
            service.kill_all()
    return play.outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.consent.live")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="connector-live-"))
    with database(given.store) as url:
        outcome = live(
            folder,
            url=url,
            seconds=given.seconds,
            people=given.people,
            clients=given.clients,
            seed=given.seed,
        )
    sys.stdout.write(f"{outcome}\n")
    if outcome.faults:
        sys.stdout.write(f"kept in {folder}\n")
    else:
        shutil.rmtree(folder)
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
