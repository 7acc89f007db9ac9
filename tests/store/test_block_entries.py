"""The migration that brought block lists, and what only the store knows of them."""

from datetime import timedelta

import alembic.command
import pytest

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.store import Store
from connector.store.block_entries import EntryState
from connector.store.migrate import INBOX, STATE, _config


ALEX, KIM = "+447700900456", "+447700900457"


def opt_out(store, clock, *phones):
    with store.transaction() as transaction:
        transaction.consents.record(
            (0, ConsentEvent(phone=phone, kind=ConsentKind.STOP, received_at=clock()))
            for phone in phones
        )


@pytest.fixture
def older(store_url, clock):
    """A database of the version before, with somebody who opted out."""
    store = Store.connect(store_url)
    engines = store._engines  # noqa: SLF001 (nobody else goes to an older schema)
    for engine in engines:
        parts = (INBOX, STATE) if len(engines) == 1 else (INBOX,)
        parts = parts if engine is engines[0] else (STATE,)
        with engine.begin() as connection:
            alembic.command.upgrade(_config(connection, parts), "0007")
    opt_out(store, clock, ALEX)
    store.close()
    return store_url


def test_a_database_of_the_version_before_is_upgraded_with_what_is_in_it(older):
    store = Store.open(older)

    with store.transaction(reads=True) as transaction:
        lacking = transaction.block_entries.lacking("memory", "", after="", limit=10)
    store.close()

    assert lacking == [(ALEX, 1)]


def test_who_is_queued_is_no_longer_lacking(store, clock):
    opt_out(store, clock, ALEX, KIM)

    with store.transaction() as transaction:
        entries = transaction.block_entries
        entries.queue([("memory", ALEX, 1)], clock(), blocked=True)
        lacking = entries.lacking("memory", "", after="", limit=10)
        elsewhere = entries.lacking("other", "", after="", limit=1)

    assert lacking == [(KIM, 1)]
    assert elsewhere == [(ALEX, 1)]


def test_opt_outs_come_before_all_else(store, clock):
    with store.transaction() as transaction:
        entries = transaction.block_entries
        entries.queue([("memory", ALEX, 1)], clock() - timedelta(days=1), blocked=False)
        entries.queue([("memory", KIM, 1)], clock(), blocked=True)
        due = entries.due("memory", EntryState.WAITING, clock(), 10)

    assert [entry.phone for entry in due] == [KIM, ALEX]


def test_an_answer_to_something_older_changes_nothing(store, clock):
    with store.transaction() as transaction:
        entries = transaction.block_entries
        entries.queue([("memory", ALEX, 1)], clock(), blocked=False)
        (asked,) = entries.due("memory", EntryState.WAITING, clock(), 10)
        entries.queue([("memory", ALEX, 2)], clock(), blocked=True)

        settled = entries.settle(asked, EntryState.DONE, clock())

        assert not settled
        assert entries.of("memory", [ALEX])[ALEX].state is EntryState.WAITING
