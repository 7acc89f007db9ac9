"""Whether enough of a campaign's messages arrive: one word, that does not flap."""

import dataclasses
import enum


class Health(enum.StrEnum):
    """How a campaign does, by its settled messages."""

    HEALTHY = "Healthy"
    WATCH = "Watch"
    CRITICAL = "Critical"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HealthRules:
    """
    Delivered messages in a hundred settled ones, from which on a word holds.

    A word gets worse at its threshold, and better only `margin` above it, so that a rate which
    stays close to a threshold changes it once. Nothing is said below `sample` settled messages.
    """

    healthy: float = 95.0
    watch: float = 90.0
    margin: float = 1.0
    sample: int = 100

    def faults(self) -> list[str]:
        """What is wrong with them; empty for rules that can be gone by."""
        found = []
        if self.watch >= self.healthy:
            found.append("Watch must begin below Healthy")
        elif self.margin >= self.healthy - self.watch:
            found.append("the margin must be smaller than the way from Watch to Healthy")
        if self.healthy + self.margin > _ALL:
            found.append("Healthy and the margin must not be above 100 together")
        return found


_ALL = 100


def judge(
    settled: int, delivered: int, before: Health | None, rules: HealthRules
) -> Health | None:
    """The health by what is settled now and what it was before; None below the sample."""
    if settled < max(rules.sample, 1):
        return None
    word = _word(settled, delivered, rules, above=0.0)
    if before is None or _rank(word) <= _rank(before):
        return word
    return max(before, _word(settled, delivered, rules, above=rules.margin), key=_rank)


def _word(settled: int, delivered: int, rules: HealthRules, *, above: float) -> Health:
    # Multiplied out: no rate is rounded, so exactly 95 in 100 are Healthy.
    share = delivered * _ALL
    if share >= (rules.healthy + above) * settled:
        return Health.HEALTHY
    return Health.WATCH if share >= (rules.watch + above) * settled else Health.CRITICAL


def _rank(health: Health) -> int:
    return _RANKS[health]


_RANKS = {Health.CRITICAL: 0, Health.WATCH: 1, Health.HEALTHY: 2}
