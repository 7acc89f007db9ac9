"""All trials, the longest first."""

from tests.reliability import (
    canaries,
    consent,
    crash_points,
    drain,
    hosts,
    io_errors,
    kills,
    locks_and_poison,
    lost_answers,
    outage,
    postgresql,
    power_loss,
    schedulers,
    slow_clients,
)
from tests.reliability.trial import Trial


TRIALS: tuple[Trial, ...] = (
    kills.TRIAL,
    hosts.TRIAL,
    consent.TRIAL,
    crash_points.TRIAL,
    postgresql.TRIAL,
    lost_answers.TRIAL,
    outage.TRIAL,
    power_loss.TRIAL,
    io_errors.TRIAL,
    locks_and_poison.TRIAL,
    drain.TRIAL,
    schedulers.TRIAL,
    canaries.TRIAL,
    slow_clients.TRIAL,
)
