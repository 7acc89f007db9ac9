"""All trials, the longest first."""

from tests.reliability import consent
from tests.reliability.trial import Trial


TRIALS: tuple[Trial, ...] = (consent.TRIAL,)
