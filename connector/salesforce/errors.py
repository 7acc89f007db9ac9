"""What Salesforce may answer instead of an answer; no text of it is in any message."""

from connector.domain.errors import OrgError, OrgUnavailableError


class OrgRefusedError(OrgError):
    """Salesforce refused the whole call; `code` is its own, `text` its words (never logged)."""

    def __init__(self, status: int, code: str, text: str = "") -> None:
        super().__init__(f"Salesforce refused: {code} (HTTP {status})")
        self.status = status
        self.code = code
        self.text = text


class DailyLimitError(OrgUnavailableError):
    """The org's calls of the last 24 hours are used up: nothing goes until the window moves."""

    code = "REQUEST_LIMIT_EXCEEDED"


class ConcurrentLimitError(OrgUnavailableError):
    """Too many long calls run in the org at once: again in seconds, fewer side by side."""

    code = "REQUEST_LIMIT_EXCEEDED"
