"""What canaries do to a service: they call it in every way, rightly and wrongly."""

import dataclasses
import http.client
import json
import random
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence

from connector.clock import system_clock
from connector.gateways import installed
from connector.gateways.imitation import imitated
from connector.gateways.imitation.base import Imitation, Request, Spoken
from connector.settings.gateways import secret_name
from tests.end_to_end.plan import Person
from tests.support.serving import PUBLIC_URL


SENDER = "+12015550199"
#: Words that read well in no other place.
_WORDS = ["ptarmigan", "quokka", "axolotl", "narwhal", "pangolin", "okapi", "tapir", "dugong"]
PATIENCE_SECONDS = 20
#: What everybody may know that is set up like a secret.
NO_SECRETS = frozenset({"public_key", "topic", "signing_certificate", "signature_version"})
_PAGES = ("", "/campaigns", "/gateways", "/salesforce", "/consent", "/jobs", "/alerts")


@dataclasses.dataclass(slots=True, kw_only=True)
class Canaries:
    """What is looked for: secrets, numbers and texts, each by what it is."""

    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    phones: set[str] = dataclasses.field(default_factory=set)
    texts: set[str] = dataclasses.field(default_factory=set)

    def secret(self, dice: random.Random, what: str, form: str = "{}") -> str:
        """A new one, said to be this."""
        made = form.format(f"{dice.choice(_WORDS)}{dice.getrandbits(64):016x}")
        self.secrets[what] = made
        return made


def gateway_settings(canaries: Canaries) -> dict[str, str]:
    """Every gateway with its secrets, which are canaries from now on."""
    found = {}
    for name, each in imitated().items():
        for key, value in each.secrets.items():
            found[secret_name(name, "", key)] = value
            if key not in NO_SECRETS:
                canaries.secrets[f"{key} of {name}"] = value
    return found


class Visitor:
    """Calls one server; counts the answers by their status."""

    def __init__(self, port: int, canaries: Canaries, dice: random.Random) -> None:
        self._port = port
        self._canaries = canaries
        self._dice = dice
        self.answers: list[tuple[str, int, str]] = []

    def call(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=PATIENCE_SECONDS
        )
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            self.answers.append((f"{method} {target.partition('?')[0]}", answer.status, text))
            return answer.status, dict(answer.getheaders()), text
        finally:
            connection.close()

    def callbacks(self, people: Sequence[Person]) -> None:
        """Reports and texts of every gateway, authentic and not, whole and broken."""
        for number, (name, each) in enumerate(sorted(imitated().items())):
            person = people[number % len(people)]
            self._canaries.phones.add(person.phone)
            for request in self._said(each, person):
                self._send(name, request)

    def _said(self, imitation: Imitation, person: Person) -> Iterator[Request]:
        word = self._word()
        wordings = (imitation.wordings[1], imitation.wordings[-1])
        guesses = {**imitation.secrets, **imitation.guesses}
        self._canaries.secrets.update(
            {
                f"{key} that somebody guessed": value
                for key, value in imitation.guesses.items()
                if key not in NO_SECRETS
            }
        )
        for secrets in (imitation.secrets, guesses):
            for wording in wordings:
                spoken = dataclasses.replace(self._spoken(person), wording=wording)
                yield imitation.report(spoken, secrets, PUBLIC_URL)
            for text in (f"STOP {word}", f"hello {word}", "STOP"):
                spoken = dataclasses.replace(self._spoken(person), text=text)
                yield imitation.reply(spoken, secrets, PUBLIC_URL)

    def _word(self) -> str:
        """One that stands the same in any encoding."""
        word = f"{self._dice.choice(_WORDS)}{self._dice.getrandbits(40):010x}"
        self._canaries.texts.add(word)
        return word

    def _spoken(self, person: Person) -> Spoken:
        now = system_clock()
        return Spoken(
            message_id=f"SM{self._dice.getrandbits(128):032x}",
            phone=person.phone,
            sender=SENDER,
            at=now,
            sent_at=now,
            reference=person.id,
        )

    def _send(self, name: str, request: Request) -> None:
        assert name in installed()
        self.call(request.method, request.target, request.headers, request.body)
        broken = bytes(reversed(request.body)) or b"{"
        self.call("POST", request.target, request.headers, broken)
        packed = {**request.headers, "content-encoding": "gzip"}
        self.call("POST", request.target, packed, request.body)

    def strangers(self) -> None:
        """Secrets where none belongs, and none that fits."""
        new = self._canaries.secret
        basic = new(self._dice, "a password for Basic", "dXNlcjp{}")
        cookie = new(self._dice, "a cookie")
        headers = {"Authorization": f"Basic {basic}", "Cookie": f"session={cookie}"}
        for name in ("kannel", "infobip", "unknown", "kannel/account"):
            token = urllib.parse.quote(new(self._dice, f"a token for {name}"))
            self.call("GET", f"/callbacks/{name}?token={token}&id=1&type=1", headers)
        bearer = {"Authorization": f"Bearer {new(self._dice, 'a wrong key', 'smsconn_{}')}"}
        for target in ("/api/messages", "/api/consent", "/api/suppression/check", "/metrics"):
            self.call("POST", target, bearer, b"[]")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        wrong = new(self._dice, "a wrong secret at the login", "smsconn_{}")
        self.call("POST", "/status/login", form, f"name=ann&secret={wrong}".encode())

    def programs(self, key: str, people: Sequence[Person]) -> None:
        """The API, with what it takes and what it does not."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        phone = people[-1].phone
        self._canaries.phones.add(phone)
        word = self._word()
        message = {"gateway": "twilio", "message_id": "SM1", "recipient": phone}
        for target, told in (
            ("/api/messages", [message]),
            ("/api/messages", [{**message, "sent_at": word}]),
            ("/api/suppression/check", {"numbers": [phone, word]}),
            ("/api/consent", {"phone": phone, "kind": "stop", "reason": "asked"}),
            ("/api/consent", {"phone": phone, "kind": word}),
        ):
            self.call("POST", target, headers, json.dumps(told).encode())
        self.call("POST", "/api/consent", headers, f'{{"phone": "{phone}", {word}'.encode())
        self.call("GET", f"/api/suppression/{urllib.parse.quote(phone)}", headers)

    def pages(self, key: str) -> Mapping[str, str]:
        """All status pages and what machines read, as they are shown."""
        headers = {"Authorization": f"Bearer {key}"}
        found = {}
        for page in (
            "",
            "/campaigns",
            "/gateways",
            "/salesforce",
            "/consent",
            "/jobs",
            "/alerts",
        ):
            found[f"/status{page}"] = self.call("GET", f"/status{page}", headers)[2]
        for target in ("/metrics", "/readyz", "/livez", "/nowhere"):
            found[target] = self.call("GET", target, headers)[2]
        return found

    def log_in(self, key: str) -> str:
        """The cookie of a person who logged in."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode({"name": "ann", "secret": key}).encode()
        _, headers, _ = self.call("POST", "/status/login", form, body)
        cookie = next(v for k, v in headers.items() if k.lower() == "set-cookie")
        return cookie.partition("=")[2].partition(";")[0]
