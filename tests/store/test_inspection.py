"""Looking into a store: its schema, its settings, its size, its soundness."""

import sqlite3

import pytest

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store import Store
from tests.support.events import arrival


def test_a_new_store_has_no_schema_until_it_is_upgraded(store_url):
    store = Store.connect(store_url)

    before = store.revision()
    store.upgrade()
    after = store.revision()
    store.close()

    assert (before, after != "") == ("", True)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path}"
    Store.open(url).close()
    for name in ("inbox", "state"):
        connection = sqlite3.connect(tmp_path / f"{name}.sqlite3")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_support SET oldest = '9999'")
        connection.commit()
        connection.close()

    with pytest.raises(ConfigurationError, match="newer version"):
        Store.open(url)


def test_tells_the_settings_that_make_it_durable(store):
    facts = store.facts()

    assert all(each.faults == () and each.schema == store.revision() for each in facts)
    if store.shared:
        assert facts[0].settings["fsync"] == "on"
    else:
        assert [each.name for each in facts] == ["inbox.sqlite3", "state.sqlite3"]
        assert facts[0].settings["synchronous"] == "2"


def test_counts_rows_and_bytes(store):
    store.inbox.keep([arrival("/1"), arrival("/2")])

    size = store.size()

    assert size.rows["callbacks"] == 2
    assert size.rows["deliveries"] == 0
    assert all(count > 0 for count in size.bytes.values())


def test_a_file_that_is_no_database_is_told_in_a_line(tmp_path):
    file = tmp_path / "inbox.sqlite3"
    file.write_bytes(b"not a database, but long enough" * 100)
    file.chmod(0o600)

    with pytest.raises(StoreUnavailableError, match="the store"):
        Store.open(f"sqlite:///{tmp_path}")
