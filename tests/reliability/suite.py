"""All trials, the longest first."""

from tests.reliability import consent, drain, power_loss
from tests.reliability.trial import Trial


TRIALS: tuple[Trial, ...] = (consent.TRIAL, power_loss.TRIAL, drain.TRIAL)
