"""
Callbacks that no parser survives and records that Salesforce never takes, among healthy ones.

One process, simulated time, an emulated org; the commands are those that an operator types.
"""

import contextlib
import dataclasses
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import requests
from click.testing import CliRunner

from connector import gateways
from connector.cli import root
from connector.domain.callback import Arrival, Callback
from connector.domain.errors import ConnectorError
from connector.emulator import (
    BrokenFlow,
    EmulatedOrg,
    ValidationRule,
    WSGIAdapter,
    create_app,
    seed_contacts,
)
from connector.gateways.base import Gateway
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.store import Store
from connector.wiring.org import build_steps
from tests.reliability.trial import Ask, Tally
from tests.support.callbacks import dlr
from tests.support.clock import TestClock
from tests.support.postgres import fast_place
from tests.support.sms_org import install_sms_fields


PEOPLE, POISONED = 400, 12
POISON = "poison"
#: What is healthy is written within so many rounds, a few seconds each, whatever else is there.
PROMPT_ROUNDS = 4
ROUNDS, PAUSE_MINUTES = 40, 10
#: A record that is refused is sent no oftener than this in all that time.
MOST_TRIES = 12
ID_LENGTH, SHORT = 255, 30
STATUS = "SMS_Delivery_Status__c"


class _Way(WSGIAdapter):
    """The way to the org; counts how often each record is sent."""

    def __init__(self, app: object) -> None:
        super().__init__(app)
        self.tries: Counter[str] = Counter()

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **settings: object
    ) -> requests.Response:
        if request.method == "PATCH" and "/composite/sobjects" in request.path_url:
            for record in json.loads(request.body or b"{}")["records"]:
                self.tries[str(record.get("id"))] += 1
        return super().send(request, **settings)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Whom Salesforce takes, and whom it refuses until somebody mends the reason."""

    healthy: Sequence[str]
    refused: Sequence[str]
    unread: Sequence[str]
    deleted: Sequence[str]
    #: Of those refused: the ids of their messages are longer than the field for them.
    wordy: Sequence[str]

    @property
    def dead(self) -> Sequence[str]:
        """What an operator has to find, in the end the deleted ones alone."""
        return [*self.refused, *self.deleted]


class _Case:
    """One run."""

    def __init__(self, store: Store, folder: Path, org: EmulatedOrg, clock: TestClock) -> None:
        self._store = store
        self._folder = folder
        self._org = org
        self._clock = clock
        self.tally = Tally()

    def play(self, steps: Steps, way: _Way, people: _People) -> None:
        broken = dataclasses.replace(steps, gateways=_breaking(steps.gateways))
        self._store.inbox.keep(list(_reports(people)))
        for _ in range(PROMPT_ROUNDS):
            self._round(broken)
            self._clock.advance(seconds=5)
        self._expect(people.healthy, "was held up by what is poisoned")
        for _ in range(ROUNDS):
            self._round(broken)
            self._clock.advance(minutes=PAUSE_MINUTES)
        self._look(people, way)
        if not self.tally.faults:
            self._mend(steps, people)

    def _round(self, steps: Steps) -> None:
        """What a worker does; nothing of it ends for what another raises."""
        for step in (
            lambda: steps.read_all(20),
            lambda: steps.sync_directory(5),
            steps.look_up,
            lambda: steps.read_all(20),
            steps.push,
        ):
            try:
                step()
            except ConnectorError:
                self.tally.counts["rounds of a step held up"] += 1
            except ValueError:  # of a parser: a worker's job logs it and comes again
                self.tally.counts["rounds of a step broken"] += 1

    def _expect(self, ids: Sequence[str], complaint: str) -> None:
        shown = {row["Id"]: row[STATUS] for row in self._org.records("Contact")}
        for each in ids:
            if shown[each] != "Delivered":
                self.tally.faults.append(f"{each} {complaint}")
        self.tally.counts["records that have to be right"] += len(ids)

    def _look(self, people: _People, way: _Way) -> None:
        """Where an operator finds them, and how often they were tried."""
        told = self._operate("refused", "list", "--limit", "1000")
        self._same("refused", [each["record"]["id"] for each in told["refused"]], people.dead)
        aside = self._operate("callbacks", "list", "--quarantined", "--limit", "1000")
        if len(aside) != len(people.unread):
            self.tally.faults.append(f"{len(aside)} callbacks are set aside")
        if told["stopped"]:
            self.tally.faults.append(f"an object is stopped: {told['stopped']}")
        most = max((way.tries[each] for each in people.refused), default=0)
        if most > MOST_TRIES:
            self.tally.faults.append(f"a refused record was sent {most} times")
        self.tally.counts["records refused"] += len(people.refused)
        self.tally.counts["most tries of one of them"] = most
        self.tally.counts["callbacks set aside"] += len(aside)
        self.tally.counts["records deleted"] += len(people.deleted)

    def _same(self, what: str, found: Sequence[str], wanted: Sequence[str]) -> None:
        if set(found) != set(wanted):
            missing, more = set(wanted) - set(found), set(found) - set(wanted)
            self.tally.faults.append(f"{what}: without {sorted(missing)}, with {sorted(more)}")

    def _mend(self, steps: Steps, people: _People) -> None:
        """The reasons are mended, and an operator says: again."""
        rules = self._org.rules
        rules.validation.clear()
        rules.flows.clear()
        rules.locked.clear()
        rules.readonly.clear()
        _let_ids_be(self._org, ID_LENGTH)
        self._operate("refused", "retry", "--all")
        self._operate("callbacks", "replay", "--quarantined")
        for _ in range(PROMPT_ROUNDS):
            self._round(steps)
            self._clock.advance(seconds=5)
        self._expect(
            [*people.healthy, *people.refused, *people.unread],
            "is not right after all was mended and tried again",
        )
        left = self._operate("refused", "list")["total"]
        aside = len(self._operate("callbacks", "list", "--quarantined"))
        if left != len(people.deleted) or aside:
            self.tally.faults.append(f"in the end {left} refused, {aside} set aside")
        self.tally.counts["tried again by command, and right"] += len(people.refused) + len(
            people.unread
        )

    def _operate(self, *words: str):
        environment = {"CONNECTOR_DATA_FOLDER": str(self._folder)}
        done = CliRunner(env=environment).invoke(root, [*words, "--json"])
        if done.exit_code == 2 or not done.output.strip():
            raise AssertionError(f"{words}: {done.output} {done.stderr}")
        return json.loads(done.stdout)


def play(ask: Ask) -> Tally:
    clock, count = TestClock(), ask.of(PEOPLE, 60)
    with (
        tempfile.TemporaryDirectory(prefix="connector-", dir=fast_place()) as name,
        contextlib.closing(EmulatedOrg(clock=clock)) as org,
        contextlib.closing(Store.open(f"sqlite:///{name}")) as store,
    ):
        install_sms_fields(org)
        org.register_app("key", secret="hush-hush")
        people = _people(org, ask, count)
        access = OrgAccess(login_url=org.my_domain, client_id="key", client_secret="hush-hush")
        way = _Way(create_app(org))
        with connect(access, clock=clock, adapter=way) as client:
            settings = Settings(salesforce_api_share=100)
            steps = build_steps(settings, store, client, clock=clock)
            steps.adopt_mappings()
            steps.sync_directory(50)
            for each in people.deleted:
                org.delete("Contact", each)
            case = _Case(store, Path(name), org, clock)
            case.play(steps, way, people)
    return case.tally


def _people(org: EmulatedOrg, ask: Ask, count: int) -> _People:
    everybody = seed_contacts(org, count)
    chosen = ask.dice().sample(everybody, 5 * POISONED // 2)
    parts = [chosen[at : at + POISONED // 4] for at in range(0, len(chosen), POISONED // 4)]
    invalid, flowing, locked, readonly, deleted, wordy, *unread = parts
    org.rules.validation.append(
        ValidationRule(object="Contact", message="No", fails=_any_of(invalid))
    )
    org.rules.flows.append(BrokenFlow(object="Contact", name="Greet", fails=_any_of(flowing)))
    _let_ids_be(org, SHORT)
    org.rules.locked.update(locked)
    org.rules.readonly.update(readonly)
    return _People(
        healthy=[each for each in everybody if each not in chosen],
        refused=[*invalid, *flowing, *locked, *readonly, *wordy],
        unread=[each for part in unread for each in part],
        deleted=deleted,
        wordy=wordy,
    )


def _let_ids_be(org: EmulatedOrg, length: int) -> None:
    """Long at the most."""
    contact = org.schema.sobject("Contact")
    (field,) = (each for each in contact.fields if each.name == "SMS_Message_Id__c")
    org.add_fields("Contact", dataclasses.replace(field, length=length))


def _any_of(ids: Sequence[str]) -> Callable[[Mapping[str, object]], bool]:
    return lambda row: row["Id"] in ids


def _reports(people: _People) -> Iterator[Arrival]:
    kinds = (people.unread, people.refused, people.deleted, people.healthy)
    for kind in kinds:
        for each in kind:
            prefix = POISON if kind is people.unread else "m"
            yield dlr(1, f"{prefix}{each}" * (2 if each in people.wordy else 1), ref=each)


def _breaking(installed: Mapping[str, Gateway]) -> Mapping[str, Gateway]:
    """Gateways of which one breaks on some callbacks, before it says anything."""
    kannel = installed["kannel"]

    def parse(callback: Callback):
        if POISON in callback.target:
            raise ValueError("nobody has seen such a callback before")
        yield from kannel.parse(callback)

    return {**gateways.installed(), "kannel": dataclasses.replace(kannel, parse=parse)}
