"""How a gateway's API can fail us."""

from datetime import timedelta

from connector.domain.errors import ConnectorError


#: Answers that say that something is wrong with what was sent, not with who sent it.
_ABOUT_CONTENT = frozenset({400, 422})
#: Answers that say that the credentials, or what they may do, are wrong.
_ABOUT_CREDENTIALS = frozenset({401, 403})


class ApiError(ConnectorError):
    """A gateway did not take what we sent, or tell what we asked."""


class BusyError(ApiError):
    """No answer, too many requests, or a fault of its own: ask later, not before `wait`."""

    retryable = True

    def __init__(self, cause: str, *, wait: timedelta | None = None) -> None:
        super().__init__(cause)
        self.wait = wait


class RefusedError(ApiError):
    """It said no; `document` is what it answered, and told to nobody."""

    def __init__(self, cause: str, *, status: int = 0, document: object = None) -> None:
        super().__init__(cause)
        self.status = status
        self.document = document

    @property
    def about_content(self) -> bool:
        """Whether it may be about what was asked for rather than about us."""
        return self.status in _ABOUT_CONTENT

    @property
    def about_credentials(self) -> bool:
        """Whether asking again is in vain before somebody has changed the settings."""
        return self.status in _ABOUT_CREDENTIALS
