"""PostgreSQL stops, ends sessions, refuses, locks and forgets answers under a live service."""

import asyncio
import contextlib
import dataclasses
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.flood import Run, Scenario, running_service
from tests.end_to_end.plan import Plan
from tests.end_to_end.sends import Send
from tests.end_to_end.service import CONNECTOR
from tests.reliability.postgres_trouble import Trouble, Watch, role_and_database
from tests.reliability.probes import BUSY, OK, Readiness, Suppression, repeated
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support import postgres


PEOPLE, CALLBACKS = 700, 2_800
CLIENTS = 8
#: Sent at once, and the pause after it: there is something to do as long as trouble lasts.
PORTION, PAUSE_SECONDS = 12, 0.03
_FAULTY = (sys.executable, "-m", "tests.reliability.faulty")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Which troubles come, and what is wrong with the service or its server."""

    kinds: Sequence[str] = ()
    launcher: Sequence[str] = CONNECTOR
    unsafe: bool = False
    people: int = PEOPLE
    callbacks: int = CALLBACKS


def play(ask: Ask, case: Case) -> Tally:
    binaries = next(iter(postgres.installed_binaries()), None)
    if binaries is None:
        raise RuntimeError(postgres.HOW_TO_GET_ONE)
    with (
        tempfile.TemporaryDirectory(prefix="connector-postgresql-") as folder,
        postgres.private_server(binaries, in_memory=True) as server,
        role_and_database(server) as url,
    ):
        scenario = Scenario(
            people=ask.of(case.people, 80),
            callbacks=ask.of(case.callbacks, 300),
            database=url,
            seed=ask.seed,
            settle_seconds=60,
            launcher=case.launcher,
        )
        with running_service(scenario, Path(folder)) as run:
            stage = _Stage(run, server, url, ask)
            stage.play(case)
        return stage.told()


class _Stage:
    """One run: callbacks come all the time, and one trouble after the other."""

    def __init__(self, run: Run, server: postgres.OwnServer, url: str, ask: Ask) -> None:
        self._run = run
        key = run.service.make_api_key("checker", "consent:read")
        ports = run.service.ports
        self._ready = Readiness(ports)
        self._texts = _stops(run.plan)
        self._checks = Suppression(ports, key, lambda: _said(self._texts, run.journal))
        dice = ask.dice()
        self._trouble = Trouble(server, url, Watch(until=self._ready.until), dice)
        self._server = server
        self._dice = dice
        self._faults: list[str] = []

    def play(self, case: Case) -> None:
        if case.unsafe:
            self._trouble.unsafe()
        with repeated(self._ready.look, self._checks.look):
            asyncio.run(self._send_all(case))
            self._trouble.safe()
            self._run.settle()
            self._ready.until(OK)
        self._judge()

    async def _send_all(self, case: Case) -> None:
        await asyncio.to_thread(self._ready.until, OK)
        early, later = _early(self._run.plan)
        work = iter(later)
        await self._deliver(early)
        kinds = [
            each
            for each in self._trouble.kinds
            if not case.kinds or each.__name__ in case.kinds
        ]
        self._dice.shuffle(kinds)
        for kind in kinds:
            await self._under(kind, work)
        await self._deliver([*work])
        await self._deliver([self._run.plan.last])

    async def _under(self, kind: Callable[[], None], work: Iterator[Send]) -> None:
        """Callbacks come until it is over, and the service is there again."""
        trouble = asyncio.create_task(asyncio.to_thread(kind))
        while not trouble.done():
            portion = list(itertools.islice(work, PORTION))
            await self._deliver(portion)
            await asyncio.sleep(PAUSE_SECONDS)
        await trouble
        await asyncio.to_thread(self._ready.until, OK)

    async def _deliver(self, sends: Sequence[Send]) -> None:
        await deliver(sends, self._run.service.ports, self._run.journal, clients=CLIENTS)

    def _judge(self) -> None:
        service, journal = self._run.service, self._run.journal
        if journal.curt:
            self._faults.append(f"{journal.curt} answers 503 without Retry-After")
        if others := {each: n for each, n in journal.answers.items() if each not in _EXPECTED}:
            self._faults.append(f"gateways heard {others}")
        if fallen := [each.words for each in service.started if not each.runs]:
            self._faults.append(f"processes that ended: {fallen}")
        starts = len(service.logged("worker.started"))
        if starts != sum(each.words == ("worker",) for each in service.started):
            self._faults.append(f"workers started {starts} times")
        for line in service.logged("job.failed"):
            self._faults.append(f"a job failed: {str(line)[:300]}")
        with contextlib.suppress(AssertionError):
            service.command("campaigns", "check")
            return
        self._faults.append("the figures of campaigns are not those of the messages")

    def told(self) -> Tally:
        journal = self._run.journal
        tally = Tally(counts=self._trouble.counts + self._trouble.felt())
        tally.faults = [
            *self._faults,
            *self._ready.faults,
            *self._checks.faults,
            *self._run.faults,
        ]
        tally.counts["callbacks and registrations acknowledged"] = journal.acknowledged
        tally.counts["answered 503, and sent again"] = journal.answers[BUSY]
        tally.counts["not answered, and sent again"] = journal.answers[0]
        tally.counts["acknowledged and lost"] = sum(
            each.startswith("lost:") for each in tally.faults
        )
        tally.counts["readiness said no"] = self._ready.counts[BUSY]
        tally.counts["numbers that said STOP, asked about"] = self._checks.counts[
            "numbers checked"
        ]
        tally.counts["such questions refused"] = self._checks.counts["checks refused"]
        return tally


#: 2xx, 503, and none at all.
_EXPECTED = frozenset({0, 200, 201, 202, 204, BUSY})


def _stops(plan: Plan) -> dict[str, list[str]]:
    """The numbers that will say STOP, each with its requests."""
    tokens: dict[str, list[str]] = {}
    for send in plan.sends:
        for about in send.decides:
            tokens.setdefault(about, []).append(send.token)
    return {
        text.person.phone: tokens[text.about]
        for text in plan.texts
        if text.keyword not in {"", "START"}
    }


def _said(stops: dict[str, list[str]], journal: Journal) -> list[str]:
    """Those whose gateway was thanked for it."""
    stories = journal.stories
    return [
        phone
        for phone, tokens in stops.items()
        if any(each in stories and stories[each].acknowledged_at for each in tokens)
    ]


def _early(plan: Plan) -> tuple[list[Send], list[Send]]:
    """Some texts come before any trouble, so that there is something to ask about."""
    texts = [each for each in plan.sends if any("text of" in about for about in each.decides)]
    early = {each.token for each in texts[::2]}
    return (
        [each for each in plan.sends if each.token in early],
        [each for each in plan.sends if each.token not in early],
    )


def _run(ask: Ask) -> Tally:
    return play(ask, Case())


def _control(name: str, case: Case) -> Control:
    small = dataclasses.replace(case, people=150, callbacks=500)

    def run(ask: Ask) -> Tally:
        return play(ask, small)

    return Control(name=name, run=run)


def _mistaken(mistake: str, kind: str) -> Control:
    launcher = (*_FAULTY, "--mistake", mistake, "--")
    return _control(mistake, Case(kinds=(kind,), launcher=launcher))


TRIAL = Trial(
    name="postgresql",
    title="PostgreSQL stopped, sessions ended, commits not heard",
    shows="A gateway hears 2xx only for what is there, and 503 with Retry-After else; the"
    " service goes on by itself, every record ends with the right fields, and no number that"
    " said STOP may be texted at any moment.",
    run=_run,
    controls=(
        _control("synchronous_commit = off", Case(kinds=("stopped_at_once",), unsafe=True)),
        _mistaken("answers before it commits", "stopped_fast"),
        _mistaken("numbers that cannot be looked up may be texted", "read_only"),
    ),
)
