"""What Salesforce may answer instead of an answer; no text of it is in any message."""

from connector.domain.errors import OrgError, OrgUnavailableError


class OrgRefusedError(OrgError):
    """Salesforce refused the whole call; `code` is its own, `text` its words (never logged)."""

    def __init__(self, status: int, code: str, text: str = "") -> None:
        super().__init__(f"Salesforce refused: {code} (HTTP {status})")
        self.status = status
        self.code = code
        self.text = text


class OrgBusyError(OrgUnavailableError):
    """
    Salesforce put the whole call off; `code` is its own, empty where something before it did.

    After REQUEST_RUNNING_TOO_LONG a smaller batch may do.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Salesforce is not available: HTTP {status} {code}".rstrip())
        self.status = status
        self.code = code


class DailyLimitError(OrgBusyError):
    """The org's calls of the last 24 hours are used up: nothing goes until the window moves."""


class ConcurrentLimitError(OrgBusyError):
    """Too many long calls run in the org at once: again in seconds, fewer side by side."""
