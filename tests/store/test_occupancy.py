"""An embedded database is shared by those who work, or had alone by who replaces it."""

import pytest

from connector.domain.errors import ConfigurationError
from connector.store import Store
from connector.store.occupancy import Occupancy


def test_as_many_as_like_share_it(tmp_path):
    held = [Occupancy.shared(tmp_path) for _ in range(3)]

    for each in held:
        each.end()


def test_who_wants_it_alone_has_to_wait_for_all(tmp_path):
    first, second = Occupancy.shared(tmp_path), Occupancy.shared(tmp_path)
    first.end()
    with pytest.raises(ConfigurationError, match="in use"):
        Occupancy.alone(tmp_path)

    second.end()

    Occupancy.alone(tmp_path).end()


def test_nobody_begins_while_one_has_it_alone(tmp_path):
    alone = Occupancy.alone(tmp_path)

    with pytest.raises(ConfigurationError, match="being restored"):
        Store.open(f"sqlite:///{tmp_path}")

    alone.end()
    Store.open(f"sqlite:///{tmp_path}").close()


def test_a_store_that_is_closed_no_longer_counts(tmp_path):
    Store.open(f"sqlite:///{tmp_path}").close()

    Occupancy.alone(tmp_path).end()


def test_one_that_could_not_be_opened_does_not_count_either(tmp_path):
    (tmp_path / "inbox.sqlite3").write_text("no database, and others can read it")
    (tmp_path / "inbox.sqlite3").chmod(0o644)

    with pytest.raises(ConfigurationError):
        Store.open(f"sqlite:///{tmp_path}")

    Occupancy.alone(tmp_path).end()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="choose a folder"):
        Occupancy.shared(tmp_path / "file" / "data")
