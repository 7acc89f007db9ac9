"""The play from its beginning to the moment when nothing moves any more."""

import dataclasses
import itertools
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from connector.clock import Clock
from connector.demo.callbacks import Speaker, registrations
from connector.demo.campaign import Aftermath, CampaignAct
from connector.demo.door import Door, Tally
from connector.demo.expected import Fields, expectations
from connector.demo.people import REGION, Cast, Person
from connector.demo.playwright import write
from connector.demo.service import Service
from connector.demo.stage import Stage
from connector.demo.verdict import Difference, Shown, differences, look
from connector.domain.alerts import Alert
from connector.gateways.imitation.base import Imitation
from connector.pipeline.overview import Overview, overview
from connector.settings import secret_name
from connector.settings.declaration import PREFIX
from connector.store import Store
from connector.web.keys import SCOPES, new_secret, secret_hash


#: So often the service asks for changed numbers, writes, and rolls campaigns up.
_PACE = {"DIRECTORY_POLL_SECONDS": "5", "FLUSH_SECONDS": "0.5", "ROLL_UP_SECONDS": "1"}
#: When nothing changed for so long, longer than it takes to poll, nothing will.
QUIET = timedelta(seconds=8)
#: The first field, and all of them together, may take no longer than this.
FIRST, LONGEST = timedelta(seconds=30), timedelta(seconds=90)
_POLL_SECONDS = 0.25
_MOST_ALERTS = 20

#: Told of each step: what goes on, how much of it is done, how much there is to do.
Tell = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the play."""

    before: Mapping[Person, Shown]
    after: Mapping[Person, Shown]
    differences: list[Difference]
    tally: Tally
    figures: Overview
    seconds: float
    aftermath: Aftermath
    alerts: Sequence[Alert]

    @property
    def faults(self) -> list[str]:
        """What is wrong, a line each."""
        return [*self.tally.faults, *map(str, self.differences), *self.aftermath.faults]


def service_settings(
    stage: Stage, imitations: Mapping[str, Imitation], mappings: Path | None
) -> dict[str, str]:
    """All that the service is told, by names without their prefix."""
    known = {
        secret_name(name, "", key).removeprefix(PREFIX): value
        for name, imitation in imitations.items()
        for key, value in imitation.secrets.items()
    }
    folder = {"MAPPINGS": str(mappings.absolute())} if mappings else {}
    region = {"DEFAULT_REGION": REGION, "LOG_FORMAT": "text"}
    return {**known, **stage.settings, **_PACE, **region, **folder}


class Play:
    """One performance, for this cast, on this stage, with this service."""

    def __init__(
        self,
        *,
        stage: Stage,
        service: Service,
        store: Store,
        cast: Cast,
        imitations: Mapping[str, Imitation],
        clock: Clock,
        tell: Tell,
        seed: int = 1,
    ) -> None:
        self.stage = stage
        self.service = service
        self.cast = cast
        self.secret = new_secret()
        self._store = store
        self._imitations = imitations
        self._clock = clock
        self._tell = tell
        self._seed = seed
        self.script = write(cast, imitations, clock())
        self._wanted: Mapping[Person, Fields] = expectations(cast, self.script)

    def perform(self) -> Outcome:
        """Play everything, then wait until every field is right, or nothing moves."""
        started_at, before = self._clock(), self._look()
        self._make_key()
        door = Door(self.service.port)
        known = registrations(self.script.messages)
        half = len(known) // 2
        door.register(known[:half], self.secret)
        # The Lead is converted while its message is under way.
        self.stage.org.convert_lead(self.cast.leaving.id, contact=self.cast.becoming.id)
        tally = self._callbacks(door)
        door.register(known[half:], self.secret)
        moving = self.cast.moving
        self.stage.org.update(moving.object, moving.id, {"MobilePhone": moving.phone})
        left = self._settle(started_at)
        after, figures = self._look(), overview(self._store, self._clock())
        seconds = (self._clock() - started_at).total_seconds()
        act = CampaignAct(self.stage, self.service, self._imitations, self._clock)
        aftermath = act.perform(self.secret, lambda *told: self._tell("scenes", *told))
        with self._store.transaction(reads=True) as transaction:
            alerts = transaction.alerts.recent(_MOST_ALERTS)
        return Outcome(
            before=before,
            after=after,
            differences=left,
            tally=tally,
            figures=figures,
            seconds=seconds,
            aftermath=aftermath,
            alerts=alerts,
        )

    def _make_key(self) -> None:
        self.key_name = name = f"demo-{secrets.token_hex(4)}"
        with self._store.transaction() as transaction:
            hashed = secret_hash(self.secret)
            transaction.keys.create(name, hashed, set(SCOPES), self._clock())

    def _callbacks(self, door: Door) -> Tally:
        speaker = Speaker(self._imitations, self.service.url, self._clock())
        rounds = speaker.attempts(self.script, self._seed)
        total, made = sum(map(len, rounds)), itertools.count(1)

        def done() -> None:
            self._tell("callbacks", next(made), total)

        return sum((door.knock(attempts, done) for attempts in rounds), Tally())

    def _settle(self, started_at: datetime) -> list[Difference]:
        """Poll until all is right and nothing waits, or nothing changes any more."""
        total = sum(map(len, self._wanted.values()))
        waiting, began = threading.Event(), self._clock()
        left, changed_at = self._differences(started_at), began + FIRST - QUIET
        while self._clock() < min(changed_at + QUIET, began + LONGEST):
            self._tell("fields", total - len(left), total)
            if not left and self._is_idle():
                break
            waiting.wait(_POLL_SECONDS)
            self.service.check()
            now_left = self._differences(started_at)
            if now_left != left:
                left, changed_at = now_left, self._clock()
        return self._differences(started_at)

    def _differences(self, started_at: datetime) -> list[Difference]:
        return differences(self._look(), self._wanted, started_at, self._clock())

    def _is_idle(self) -> bool:
        """Whether the service has nothing left to do: what is right now, stays so."""
        now = overview(self._store, self._clock())
        return not (now.unread or now.to_match or now.to_work_out or now.pending)

    def _look(self) -> dict[Person, Shown]:
        return look(self.stage.org, list(self.cast.people))
