"""All steps of the pipeline together, in their order."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from connector.clock import Clock
from connector.domain.figures import Period
from connector.domain.reaction import WINDOW
from connector.domain.time_rules import USUAL, TimeRules
from connector.gateways.base import Gateway
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.alert_steps import AlertSteps
from connector.pipeline.announce import Announcer, AnnounceReport
from connector.pipeline.block_calls import BlockPushReport
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.block_pull import BlockPuller, BlockPullReport
from connector.pipeline.campaign_names import NameReader
from connector.pipeline.counting import Counting
from connector.pipeline.directory import DirectoryReport, DirectorySync
from connector.pipeline.enqueue import EnqueueReport, adopt, enqueue
from connector.pipeline.errands import ErrandReport, ErrandRunner
from connector.pipeline.lateness import LatenessWatch
from connector.pipeline.login_watch import LoginWatch
from connector.pipeline.lookup import LookupReport, Seeker
from connector.pipeline.match import MatchReport, match
from connector.pipeline.normalise import NormaliseReport, normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.presence import Presence
from connector.pipeline.push import Pusher
from connector.pipeline.reactions import attribute
from connector.pipeline.reconcile import Reconciler
from connector.pipeline.retention import Keeping, RetentionReport, forget_old
from connector.pipeline.roll_up import RollUpReport, roll_up
from connector.pipeline.settlement import PushReport
from connector.pipeline.shift import Shift
from connector.pipeline.slots import SlotRunner
from connector.pipeline.tenure import Held
from connector.pipeline.time_rules import mark_due
from connector.store import Store


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What one round read, matched and queued."""

    normalised: NormaliseReport
    answered: int
    matched: MatchReport
    queued: EnqueueReport

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (
            self.normalised.callbacks
            or self.answered
            or self.matched.matched
            or self.matched.unmatched
            or self.queued.records
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The pipeline of one worker. Each method is one bounded round and may be called again."""

    store: Store
    gateways: Mapping[str, Gateway]
    mappings: Mapping[str, ObjectMapping]
    read_phone: PhoneReader
    clock: Clock
    pusher: Pusher
    directory: DirectorySync
    seeker: Seeker
    errands: ErrandRunner
    late: LatenessWatch
    alerts: AlertSteps
    logins: LoginWatch
    renew: Callable[[], object]
    announcer: Announcer
    block_pusher: BlockPusher
    block_puller: BlockPuller
    reconciler: Reconciler
    keeping: Keeping
    slots: SlotRunner
    presence: Presence
    shift: Shift
    names: NameReader
    counting: Counting
    periods: Sequence[Period]
    time_rules: TimeRules = USUAL
    reaction_window: timedelta = WINDOW

    def adopt_mappings(self) -> bool:
        """To be called once at the start; whether the mappings are others than last time."""
        return adopt(self.store, self.mappings)

    def read(self) -> ReadReport:
        """From callbacks to pending fields, one batch of each."""
        return ReadReport(
            normalised=normalise(self.store, self.gateways, self.read_phone, self.clock),
            answered=attribute(self.store, self.reaction_window),
            matched=match(
                self.store, self.mappings, self.clock, self.time_rules, counting=self.counting
            ),
            queued=enqueue(self.store, self.mappings, self.clock),
        )

    def read_all(self, rounds: int) -> bool:
        """Read until nothing is left or so many rounds are over; whether nothing is left."""
        return any(self.read().idle for _ in range(rounds) if not self.shift.over)

    def run_errands(self) -> ErrandReport:
        return self.errands.run()

    def apply_time_rules(self) -> int:
        """Have messages looked at that are under way for too long; how many."""
        return mark_due(self.store, self.clock)

    def roll_up(self, held: Held) -> RollUpReport:
        """Add up what was counted, and have the rows of campaigns written."""
        return roll_up(held, self.periods)

    def push(self) -> PushReport:
        return self.pusher.push()

    def forget_old(self) -> RetentionReport:
        """Delete what was kept long enough."""
        return forget_old(self.store, self.keeping, self.clock)

    def announce(self) -> AnnounceReport:
        """Publish events of what was pushed, where they are wanted."""
        return self.announcer.announce()

    def push_block_lists(self) -> BlockPushReport:
        """Tell the gateways' own lists who has opted out."""
        return self.block_pusher.push()

    def pull_block_lists(self) -> BlockPullReport:
        """Fetch opt-outs that were made at a gateway."""
        return self.block_puller.pull()

    def look_up(self) -> LookupReport:
        """Ask for what matching wants and only Salesforce knows."""
        return self.seeker.seek()

    def sync_directory(self, rounds: int) -> DirectoryReport:
        """Read on until the directory is up to date or so many rounds are over."""
        report = DirectoryReport()
        for _ in range(rounds):
            report = self.directory.sync()
            if report.done or not report.records:
                break
        return report
