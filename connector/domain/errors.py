"""The few kinds of errors, told apart by what to do next."""


class ConnectorError(Exception):
    """Base of all; `retryable` says whether waiting can help."""

    retryable = False


class ConfigurationError(ConnectorError):
    """The operator must change a setting, a secret or a mapping."""


class CallbackUnreadableError(ConnectorError):
    """An authentic callback does not have the documented shape; kept for replay."""


class StoreUnavailableError(ConnectorError):
    """The store cannot commit now: locked, full, read-only or away."""

    retryable = True


class StoreBrokenError(StoreUnavailableError):
    """The disk has failed: only a new process that opens the store anew may go on."""


class OrgError(ConnectorError):
    """Salesforce refused; nothing changes by asking again."""


class OrgUnavailableError(OrgError):
    """Salesforce did not answer, or is busy, locked or over its limit: ask later."""

    retryable = True
