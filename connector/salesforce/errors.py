"""What Salesforce may answer instead of an answer; no text of it is in any message."""

from connector.domain.errors import ConfigurationError, OrgError, OrgUnavailableError


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


class LoginRefusedError(ConfigurationError):
    """
    The login was refused; `error` is Salesforce's word, `words` what its description had.

    Nothing else of the answer is kept. `words` is empty where no known ones were in it.
    """

    def __init__(self, message: str, error: str = "", words: str = "") -> None:
        super().__init__(message, error, words)
        self.message = message
        self.error = error
        self.words = words

    def __str__(self) -> str:
        return self.message


class WrongOrgError(ConfigurationError):
    """The login led to another org than the one that we may write to."""


class SessionRefusedError(ConfigurationError):
    """A fresh token was refused as well: a policy of the app or the user is in the way."""


class VersionGoneError(ConfigurationError):
    """Salesforce no longer answers the API version that is set."""


class ApiDisabledError(ConfigurationError):
    """The edition has no API, or the user lacks API Enabled."""


class NoAnswerError(OrgUnavailableError):
    """The time for an answer is over; a write may have been made. Fewer records may do."""
