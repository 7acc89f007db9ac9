"""All trials, the longest first."""

from tests.reliability import consent, drain
from tests.reliability.trial import Trial


TRIALS: tuple[Trial, ...] = (consent.TRIAL, drain.TRIAL)
