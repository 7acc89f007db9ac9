"""Secrets, numbers and texts that are searched for in everything that is written."""

import contextlib
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from connector import cli
from connector.clock import system_clock
from connector.emulator import EmulatedOrg, seed_contacts, serve
from connector.emulator import server as org_server
from connector.emulator.seeds import fictional_phone
from connector.store import Store
from tests.consent.faults import planted
from tests.end_to_end.flood import left_to_do
from tests.end_to_end.org import CLIENT_ID, OrgProcess
from tests.end_to_end.plan import Person
from tests.end_to_end.service import Service, Started, make_key, settings_for
from tests.reliability.canary_visits import Canaries, Visitor, gateway_settings
from tests.reliability.leaky import MISTAKES
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support.sms_org import install_sms_fields


PEOPLE = 40
SETTLING_ROUNDS, ROUND_SECONDS = 100, 0.2
SCOPES = ("messages:write", "messages:read", "consent:read", "consent:write", "status:read")
#: What an operator types who has not been given a number or a secret to type.
COMMANDS = (
    "config show",
    "config check",
    "gateways list",
    "gateways url kannel",
    "callbacks list",
    "refused list",
    "campaigns list",
    "keys list",
    "jobs list",
    "alerts list",
    "audit show",
    "store stats",
    "store check",
)
#: Where somebody decides about a number, or about what was written.
TELLING_NUMBERS = ("consent list", "consent review")
TELLING_TEXTS = "/status/consent"


class Search:
    """Where anything of the canaries may not stand."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries
        self.faults: list[str] = []
        self.bytes = 0
        self.places = 0

    def text(self, where: str, text: str, *, numbers: bool = True, texts: bool = True) -> None:
        """No secrets, and neither whole numbers nor what people wrote."""
        self.places += 1
        self.bytes += len(text)
        for what, secret in self._canaries.secrets.items():
            if secret in text:
                self.faults.append(f"{where}: {what}")
        digits = re.sub(r"[ ().-]", "", text)
        if numbers and any(each[1:] in digits for each in self._canaries.phones):
            self.faults.append(f"{where}: a number")
        if texts and any(each in text for each in self._canaries.texts):
            self.faults.append(f"{where}: a text")

    def folder(self, where: str, folder: Path) -> None:
        """Of the database and of temporary files: numbers belong there, secrets do not."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                content = path.read_bytes().decode("latin-1")
                self.text(f"{where}: {path.name}", content, numbers=False, texts=False)


class Stage:
    """One service, its org, and what both have written."""

    def __init__(self, ask: Ask, folder: Path, mistake: str) -> None:
        self.canaries = Canaries()
        self.search = Search(self.canaries)
        self.tally = Tally()
        self._ask = ask
        self._dice = ask.dice()
        self._folder = folder
        self._mistake = mistake
        self._scratch = folder / "scratch"
        self._scratch.mkdir()

    def play(self) -> None:
        asked: list[str] = []
        private_key = make_key(self._folder)
        for number, line in enumerate(private_key.splitlines()[1:-1]):
            self.canaries.secrets[f"line {number} of the private key"] = line
        with _org(self._folder, asked) as (org, emulated):
            settings = settings_for(org, private_key, self._folder) | {
                **gateway_settings(self.canaries),
                "CONNECTOR_PRIVACY_KEY": self.canaries.secret(self._dice, "the privacy key"),
                "TMPDIR": str(self._scratch),
            }
            service = Service(self._folder, settings, database="", webs=1, workers=1)
            service.prepare()
            started = self._start(service)
            try:
                self._visit(service, org, emulated)
                self.search.folder("temporary files", self._scratch)
            finally:
                for each in started:
                    each.kill()
            if not self._mistake:
                self._type_commands(service.settings)
                self._refuse_settings(service.settings)
        self.search.text("the log", "\n".join(service.log_lines()))
        self.search.text("addresses asked of the org", "\n".join(asked))
        self.search.folder("the database", self._folder / "data")
        self.tally.counts["addresses asked of the org"] = len(asked)
        self.tally.counts["log lines"] = len(service.log_lines())

    def _start(self, service: Service) -> list[Started]:
        launcher = [sys.executable, "-m", "tests.reliability.leaky", self._mistake]
        listen = {"CONNECTOR_LISTEN": f"127.0.0.1:{service.ports[0]}"}
        return [
            Started(
                [role],
                {**service.settings, **listen},
                self._folder / f"{role}.log",
                launcher,
            )
            for role in ("web", "worker")
        ]

    def _visit(self, service: Service, org: OrgProcess, emulated: EmulatedOrg) -> None:
        visitor = Visitor(service.ports[0], self.canaries, self._dice)
        key = service.make_api_key("ann", *SCOPES)
        self.canaries.secrets["an API key"] = key
        _until(lambda: visitor.call("GET", "/readyz", {})[0] == 200)
        refusal = {"errorCode": "UNKNOWN_EXCEPTION", "message": f"not {org.people[0].phone}"}
        emulated.faults.add("answer", method="PATCH", status=500, body=[refusal], times=2)
        visitor.callbacks(org.people)
        visitor.strangers()
        visitor.programs(key, org.people)
        self.canaries.secrets["the cookie of a login"] = visitor.log_in(key)
        privacy_key = service.settings["CONNECTOR_PRIVACY_KEY"]
        store = Store.open(service.store_url, upgrade=False, privacy_key=privacy_key)
        try:
            _until(lambda: not left_to_do(store))
        finally:
            store.close()
        for page, text in visitor.pages(key).items():
            self.search.text(page, text, texts=page != TELLING_TEXTS)
        for target, status, text in visitor.answers:
            where = f"{status} for {target}"
            self.search.text(where, text, numbers=False, texts=False)
        self.tally.counts["requests"] = len(visitor.answers)
        taken = [status for _, status, _ in visitor.answers if status < 300]
        self.tally.counts["taken of them"] = len(taken)

    def _type_commands(self, settings: Mapping[str, str]) -> None:
        for words in (*COMMANDS, *TELLING_NUMBERS):
            self._type(words, settings)

    def _refuse_settings(self, settings: Mapping[str, str]) -> None:
        """Each with a secret in a place where it does not belong, or in a wrong form."""
        for number, (name, form) in enumerate(_WRONG_SETTINGS):
            secret = self.canaries.secret(self._dice, f"a wrong setting {number}")
            self._type("config check", {**settings, name: form.format(secret)})
            self._type("store check", {**settings, name: form.format(secret)})

    def _type(self, words: str, settings: Mapping[str, str]) -> None:
        done = CliRunner(env={**settings}).invoke(cli.root, words.split())
        told = f"{done.output}\n{done.exception!r}"
        self.search.text(f"connector {words}", told, numbers=words not in TELLING_NUMBERS)
        self.tally.counts["commands"] += 1


#: Names that are settings, or nearly, with values that are none.
_WRONG_SETTINGS = (
    ("CONNECTOR_GATEWAY_TWILO_AUTH_TOKEN", "{}"),
    ("CONNECTOR_GATEWAY_TWILIO_AUTHTOKEN", "{}"),
    ("CONNECTOR_DATABASE_URL", "postgresql://user:{}/db"),
    ("CONNECTOR_DATABASE_URL", "postgresql://user:{}@127.0.0.1:1/db"),
    ("CONNECTOR_DATABASE_URL", "mysql://user:{}@localhost/db"),
    ("CONNECTOR_SALESFORCE_PRIVATE_KEY", "{}"),
    ("CONNECTOR_SALESFORCE_CLIENT_SECRET", "{}"),
    ("CONNECTOR_SALESFORCE_CLIENT_SECRETS", "{}"),
    ("CONNECTOR_GATEWAY_TELNYX_PUBLIC_KEY", "{}"),
    ("CONNECTOR_GATEWAY_KANNEL_BASIC", "{}"),
    ("CONNECTOR_ALERT_WEBHOOK", "ftp://{}@example.org"),
    ("CONNECTOR_PRIVACY_KEY", "{}"),
)


@contextlib.contextmanager
def _org(folder: Path, asked: list[str]) -> Iterator[tuple[OrgProcess, EmulatedOrg]]:
    """An org in this process, which notes under which addresses it was asked."""

    def create_app(org: EmulatedOrg) -> Callable[..., Any]:
        app = _create_app(org)

        def note(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            asked.append(f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}")
            return app(environ, start)

        return note

    with planted(org_server, "create_app", create_app):
        org = EmulatedOrg(str(folder / "org.sqlite3"), clock=system_clock)
        install_sms_fields(org)
        org.register_app(CLIENT_ID, (folder / "app.pem").read_text())
        ids = seed_contacts(org, PEOPLE, accounts=4)
        people = [Person(each, fictional_phone(n)) for n, each in enumerate(ids)]
        with serve(org, folder=folder / "certificates") as server:
            yield (
                OrgProcess(
                    folder=folder,
                    people=people,
                    login_url=server.https_url,
                    admin_url=f"{server.http_url}/emulator",
                    ca_file=str(server.ca_file),
                    campaign="",
                ),
                org,
            )
        org.close()


_create_app = vars(org_server)["create_app"]


def _until(so: Callable[[], bool]) -> None:
    """What never comes is found by the search: nothing was written then."""
    rest = threading.Event()
    for _ in range(SETTLING_ROUNDS):
        with contextlib.suppress(OSError):
            if so():
                return
        rest.wait(ROUND_SECONDS)
    raise AssertionError("the service does not come to rest")


def _run(ask: Ask, mistake: str = "") -> Tally:
    with tempfile.TemporaryDirectory(prefix="connector-canaries-") as name:
        stage = Stage(ask, Path(name), mistake)
        stage.play()
    stage.tally.counts["secrets, numbers and texts looked for"] = sum(
        map(len, (stage.canaries.secrets, stage.canaries.phones, stage.canaries.texts))
    )
    stage.tally.counts["places looked at"] = stage.search.places
    stage.tally.counts["characters of them"] = stage.search.bytes
    stage.tally.faults = stage.search.faults
    return stage.tally


def _control(name: str) -> Control:
    return Control(name=name, run=lambda ask: _run(ask, name))


TRIAL = Trial(
    name="canaries",
    title="Secrets, numbers and texts in what is written",
    shows="No secret, right or wrong, no whole number and no text of a message gets into the"
    " log, the metrics, the status pages, what commands print, or an address asked of"
    " Salesforce; no secret into the database, an answer or a temporary file.",
    run=_run,
    most_seconds=150,
    controls=tuple(map(_control, MISTAKES)),
)
