"""What a gateway's words and codes mean, as data: status, error code and reason."""

from collections.abc import Collection, Mapping

from connector.domain.delivery import DeliveryStatus, Reason


#: The statuses that have a reason.
FAILURES = frozenset(
    {
        DeliveryStatus.UNDELIVERED,
        DeliveryStatus.FAILED,
        DeliveryStatus.REJECTED,
        DeliveryStatus.EXPIRED,
    }
)
NO_ERROR = frozenset({"", "0", "000"})

Meaning = tuple[DeliveryStatus | None, str, Reason | None]


def codes(table: Mapping[Reason, str]) -> dict[str, Reason]:
    """Turn a table by reason, its codes in one text, into one by code."""
    return {code: reason for reason, listed in table.items() for code in listed.split()}


class Meanings:
    """
    The tables of one gateway.

    The status comes from the gateway's word, in any case, the reason from its code; only a code
    of `expired` overrides the word. A word that is not in the table claims nothing.
    """

    def __init__(
        self,
        statuses: Mapping[str, DeliveryStatus],
        reasons: Mapping[str, Reason],
        *,
        expired: Collection[str] = (),
        no_error: Collection[str] = NO_ERROR,
    ) -> None:
        self.statuses = {word.lower(): status for word, status in statuses.items()}
        self.reasons = reasons
        self._expired = frozenset(expired)
        self._no_error = frozenset(no_error)

    def knows(self, word: str) -> bool:
        return word.strip().lower() in self.statuses

    def of(self, word: str, code: str, cause: str | None = None) -> Meaning:
        """Read a word and a code; `cause` is what the reason is told by where it is no code."""
        status = self.statuses.get(word) or self.statuses.get(word.strip().lower())
        if code in self._no_error:
            code = ""
        if status not in FAILURES:
            return status, code, None
        if code in self._expired:
            status = DeliveryStatus.EXPIRED
        reason = self.reasons.get(code if cause is None else cause, Reason.UNKNOWN)
        if status is DeliveryStatus.EXPIRED and reason is Reason.UNKNOWN:
            reason = Reason.EXPIRED
        return status, code, reason
