"""The store as the operator's commands open it: a mistyped folder does not make one."""

from collections.abc import Iterator
from contextlib import contextmanager

from connector.domain.errors import ConfigurationError
from connector.settings import Settings
from connector.store import Store
from connector.wiring.local import open_store


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Store]:
    """The store of these settings; without `create`, one that is not there is a mistake."""
    if not create:
        must_exist(settings)
    store = open_store(settings, upgrade=create and not settings.database_url)
    try:
        yield store
    finally:
        store.close()


def has_store(settings: Settings) -> bool:
    """Whether the service keeps, or has kept, anything with these settings."""
    folder = settings.data_folder.absolute()
    return bool(settings.database_url) or any(folder.glob("*.sqlite3"))


def must_exist(settings: Settings) -> None:
    folder = settings.data_folder.absolute()
    if not has_store(settings):
        raise ConfigurationError(
            f"{folder}: there is no database here; set CONNECTOR_DATA_FOLDER or"
            " CONNECTOR_DATABASE_URL as the service has it (`connector run` makes one)"
        )
