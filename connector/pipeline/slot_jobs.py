"""What is done slot by slot, by one worker of all: the table that a new job is added to."""

from collections.abc import Sequence
from datetime import timedelta

from connector.pipeline.hygiene_report import keep_report
from connector.pipeline.slots import SlotJob
from connector.pipeline.steps import Steps
from connector.settings import Settings


#: What was rolled up is judged at the latest after this.
HEALTH_EVERY = timedelta(minutes=1)
#: Opt-outs that wait are looked at this often.
LATE_EVERY = timedelta(minutes=1)
#: A campaign that has just begun goes by its id for as long.
NAMES_EVERY = timedelta(minutes=10)
#: What is kept for weeks may stay an hour longer.
RETENTION_EVERY = timedelta(hours=1)
#: The report of a quarter is kept on its first day after.
REPORT_EVERY = timedelta(days=1)


def slot_jobs(steps: Steps, settings: Settings) -> Sequence[SlotJob]:
    """
    The jobs of these settings.

    Work takes its turn, whose units of work (`held`, `closing`) are committed only while no
    other worker has taken the slot over. What may be done twice needs none of them.
    """
    return [
        SlotJob(
            name="roll-up",
            every=timedelta(seconds=settings.roll_up_seconds),
            work=lambda turn: steps.roll_up(turn.held),
        ),
        SlotJob(
            name="health",
            every=min(HEALTH_EVERY, timedelta(seconds=settings.roll_up_seconds)),
            work=lambda turn: steps.alerts.look(turn.held),
        ),
        SlotJob(name="campaign names", every=NAMES_EVERY, work=lambda _: steps.names.read()),
        SlotJob(name="late", every=LATE_EVERY, work=lambda _: steps.late.look().name.lower()),
        SlotJob(
            name="hygiene report",
            every=REPORT_EVERY,
            work=lambda turn: keep_report(steps.store, steps.clock, turn.held),
            lease=RETENTION_EVERY,
        ),
        SlotJob(
            name="retention",
            every=RETENTION_EVERY,
            work=lambda _: steps.forget_old(),
            lease=RETENTION_EVERY,
        ),
    ]
