"""Where nothing can be kept there is no yes: no store, and none that lags behind."""

import pytest
import sqlalchemy as sa

from connector.domain.errors import StoreUnavailableError
from connector.pipeline.suppression import check
from connector.store import Store
from tests.consent.actors import read_phone
from tests.support.events import MOBILE


def ask(store, clock):
    return check(store, [MOBILE], read_phone, clock, actor="key:sender")


def test_a_replica_gives_no_answer(postgres_url, clock):
    Store.open(postgres_url).close()
    engine = sa.create_engine(
        postgres_url.replace("postgresql://", "postgresql+psycopg://"),
        connect_args={"options": "-c default_transaction_read_only=on"},
    )
    replica = Store(engine, engine)

    with pytest.raises(StoreUnavailableError):
        ask(replica, clock)

    replica.close()


def test_a_copy_that_nobody_may_write_gives_no_answer(tmp_path, clock):
    Store.open(f"sqlite:///{tmp_path}").close()
    engines = [
        sa.create_engine(f"sqlite:///file:{tmp_path}/{name}.sqlite3?mode=ro&uri=true")
        for name in ("inbox", "state")
    ]
    copy = Store(*engines)

    with pytest.raises(StoreUnavailableError):
        ask(copy, clock)

    copy.close()


def test_a_server_that_is_gone_gives_no_answer(postgres_url, clock):
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://").replace(
        "host=", "host=%2Fnowhere"
    )
    engine = sa.create_engine(url, connect_args={"connect_timeout": 1})
    gone = Store(engine, engine)

    with pytest.raises(StoreUnavailableError):
        ask(gone, clock)

    gone.close()
