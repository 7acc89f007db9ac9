"""Which errors of the store end a web process."""

import sqlite3

import pytest
import sqlalchemy as sa

from connector.domain.errors import StoreUnavailableError
from connector.store.engine import store_errors
from connector.web.assembly import is_lasting


def raised(name):
    cause = sqlite3.OperationalError("disk I/O error")
    cause.sqlite_errorname = name
    with pytest.raises(StoreUnavailableError) as told, store_errors():
        raise sa.exc.OperationalError("INSERT", {}, cause)
    return told.value


@pytest.mark.parametrize("name", ["SQLITE_IOERR", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE"])
def test_after_a_failed_sync_nothing_can_be_trusted(name):
    assert is_lasting(raised(name))


@pytest.mark.parametrize("name", ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY"])
def test_a_full_or_busy_store_may_heal(name):
    assert not is_lasting(raised(name))
    assert not is_lasting(StoreUnavailableError("away"))
