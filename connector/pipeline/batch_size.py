"""How many records one call carries: fewer where the org is slow, then more again."""

from collections.abc import Sequence

from connector.domain.records import Outcome
from connector.salesforce.classify import wants_fewer


LOCKED = "UNABLE_TO_LOCK_ROW"
#: Smaller calls help against locks that our own calls cause, hardly against others'.
FEWEST_FOR_LOCKS = 50
#: So much of a call has to meet locks before it counts as its size's fault.
LARGE_SHARE = 0.5
#: Good calls in a row before one more record is tried; twice as many after each set-back.
PATIENCE, LONGEST_PATIENCE = 4, 64


class BatchSize:
    """The size of one lane's calls: half after a bad one, twice after some good ones."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._patience = PATIENCE
        self._good = 0
        self.now = most

    def judge(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from a call that was answered."""
        if any(wants_fewer(each.error_code, each.message) for each in outcomes):
            self.shrink()
        elif _locked(outcomes) >= LARGE_SHARE and len(outcomes) > FEWEST_FOR_LOCKS:
            self.shrink(fewest=FEWEST_FOR_LOCKS)
        else:
            self._worked()

    def shrink(self, *, fewest: int = 1) -> None:
        """The last call was too big."""
        if self.now > fewest:
            self.now = max(self.now // 2, fewest)
        self._good = 0
        self._patience = min(self._patience * 2, LONGEST_PATIENCE)

    def _worked(self) -> None:
        self._good += 1
        if self._good < self._patience:
            return
        self._good = 0
        if self.now < self._most:
            self.now = min(self.now * 2, self._most)
        else:
            self._patience = PATIENCE


def _locked(outcomes: Sequence[Outcome]) -> float:
    return sum(each.error_code == LOCKED for each in outcomes) / len(outcomes)
