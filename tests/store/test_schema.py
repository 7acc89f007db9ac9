"""Which schema a version runs on, and how one is upgraded beside those who work."""

import concurrent.futures
import importlib.metadata

import psycopg
import pytest
import sqlalchemy as sa

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store import Store, schema
from connector.store.migrate import INBOX, STATE, upgrade
from tests.support.events import arrival
from tests.support.releases import (
    Revision,
    contracting,
    copied_revisions,
    expanding,
    write_revisions,
)


INDEX = 'build_index("marks_value", "marks", ["value"])'


@pytest.fixture
def folder(tmp_path):
    return copied_revisions(tmp_path)


@pytest.fixture
def engine(copied_url):
    """That of a PostgreSQL store which holds nothing."""
    store = Store.open(copied_url)
    yield store._state  # noqa: SLF001
    store.close()


def upgrade_all(url, folder, pauses=()):
    store = Store.connect(url)
    engines = store._engines  # noqa: SLF001
    for engine in engines:
        parts = (INBOX, STATE) if len(engines) == 1 else (INBOX,)
        parts = parts if engine is engines[0] else (STATE,)
        upgrade(engine, parts, folder=folder, pauses=pauses)
    store.close()


def in_state(line):
    return Revision(lines=['if "state" in context.config.attributes["parts"]:', f"    {line}"])


class TestWhoMayRun:
    def test_a_newer_schema_that_keeps_what_we_need_is_taken_as_it_is(
        self, store, store_url, folder
    ):
        store.close()
        newest = write_revisions(folder, [in_state(INDEX)])
        upgrade_all(store_url, folder)

        for upgrades in (True, False):
            found = Store.open(store_url, upgrade=upgrades)
            found.inbox.keep([arrival("/1")])
            found.check()

            assert (found.revision(), found.newer_schema()) == (newest, newest)
            found.close()

    def test_our_own_schema_is_no_newer_one(self, store):
        assert store.newer_schema() == ""

    def test_a_newer_schema_that_took_something_away_is_refused(self, store, store_url, folder):
        store.close()
        expanded = f"{int(schema.head()) + len(expanding([], inbox=[])):04}"
        write_revisions(folder, [*expanding([], inbox=[]), contracting(expanded)])
        upgrade_all(store_url, folder)

        with pytest.raises(ConfigurationError, match=f"versions? that know schema {expanded}"):
            Store.open(store_url)

    def test_what_runs_already_says_so_as_well(self, store, store_url, folder):
        expanded = f"{int(schema.head()) + 1:04}"
        write_revisions(folder, [*expanding([], inbox=[]), contracting(expanded)])
        upgrade_all(store_url, folder)

        with pytest.raises(ConfigurationError, match="a newer version"):
            store.check()

    def test_an_older_schema_is_refused_in_a_line(self, store_url, folder):
        (newest,) = (folder / "versions").glob(f"r{schema.head()}*.py")
        newest.unlink()
        upgrade_all(store_url, folder)

        with pytest.raises(ConfigurationError, match="connector store upgrade") as refused:
            Store.open(store_url, upgrade=False)

        assert "\n" not in str(refused.value)

    @pytest.mark.parametrize("found,stranded", [("", ""), ("0016", "0017"), ("0017", "")])
    def test_an_upgrade_that_leaves_somebody_behind_is_known_before(self, found, stranded):
        assert schema.strands(found) == stranded

    def test_whoever_left_out_a_version_is_behind(self, folder):
        expanded = f"{int(schema.head()) + 1:04}"
        write_revisions(folder, [*expanding([], inbox=[]), contracting(expanded)])

        assert schema.strands(schema.head(), folder) == expanded
        assert schema.strands(expanded, folder) == ""


def test_a_database_of_before_hears_who_may_run_on_it(store_url, folder):
    (newest,) = (folder / "versions").glob("r0017*.py")
    for later in (folder / "versions").glob("r*.py"):
        if later.name >= newest.name:
            later.unlink()
    upgrade_all(store_url, folder)
    before = Store.connect(store_url)
    before.inbox.keep([arrival("/1")])
    before.close()

    upgraded = Store.open(store_url)

    with upgraded.transaction(reads=True) as transaction:
        connection = transaction.marks._connection  # noqa: SLF001
        rows = connection.exec_driver_sql("SELECT oldest, made_by FROM schema_support").all()
    assert upgraded.inbox.last_id() == 1
    upgraded.close()
    assert rows == [(schema.oldest_at(schema.head()), importlib.metadata.version("connector"))]


class TestGivingWay:
    """Whoever waits for a lock stops all who come after."""

    def test_an_upgrade_waits_for_nobody_and_says_so(self, engine, folder):
        write_revisions(folder, [in_state('op.add_column("marks", sa.Column("n", sa.Text))')])

        with engine.connect() as other, other.begin():
            other.exec_driver_sql("SELECT * FROM marks")
            with pytest.raises(StoreUnavailableError, match="in use all the time"):
                upgrade(engine, (INBOX, STATE), folder=folder, pauses=(0.0,))
            before = schema.revision(engine)
        upgrade(engine, (INBOX, STATE), folder=folder, pauses=())

        assert (before, schema.revision(engine)) == (schema.head(), schema.head(folder))

    def test_what_was_done_before_stays_done(self, engine, folder):
        first = in_state('op.create_table("later", sa.Column("id", sa.Text))')
        second = in_state('op.add_column("marks", sa.Column("n", sa.Text))')
        newest = write_revisions(folder, [first, second])

        with engine.connect() as other, other.begin():
            other.exec_driver_sql("SELECT * FROM marks")
            with pytest.raises(StoreUnavailableError):
                upgrade(engine, (INBOX, STATE), folder=folder, pauses=())

        assert schema.revision(engine) == f"{int(newest) - 1:04}"

    def test_the_limit_of_the_upgrade_is_nobody_elses(self, engine, folder):
        write_revisions(folder, [in_state(INDEX)])
        upgrade(engine, (INBOX, STATE), folder=folder, pauses=())

        with engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"

    def test_an_index_is_built_beside_those_who_write(self, engine, folder):
        write_revisions(folder, [in_state(INDEX)])

        with engine.connect() as other:
            writing = other.begin()
            other.exec_driver_sql("INSERT INTO marks (name, value) VALUES ('a', 'b')")
            with concurrent.futures.ThreadPoolExecutor(1) as thread:
                ran = thread.submit(
                    upgrade, engine, (INBOX, STATE), folder=folder, pauses=(0.1,) * 100
                )
                writing.commit()
                with other.begin():
                    other.exec_driver_sql("INSERT INTO marks (name, value) VALUES ('c', 'd')")
                ran.result(60)

        assert "marks_value" in {
            each["name"] for each in sa.inspect(engine).get_indexes("marks")
        }

    def test_an_index_that_was_broken_off_is_built_anew(self, engine, folder, copied_url):
        write_revisions(folder, [in_state(INDEX)])
        with psycopg.connect(copied_url, autocommit=True) as connection:
            connection.execute("INSERT INTO marks (name, value) VALUES ('a', 'b'), ('c', 'b')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute(
                    "CREATE UNIQUE INDEX CONCURRENTLY marks_value ON marks (value)"
                )

        upgrade(engine, (INBOX, STATE), folder=folder, pauses=())

        with engine.connect() as connection:
            valid = connection.exec_driver_sql(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'marks_value'::regclass"
            ).scalar_one()
        assert valid

    def test_two_upgrades_at_once_are_one(self, engine, folder):
        newest = write_revisions(folder, expanding(["marks"], inbox=[]))

        def run(_number):
            upgrade(engine, (INBOX, STATE), folder=folder, pauses=(0.05,) * 200)

        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            list(threads.map(run, range(3)))

        assert schema.revision(engine) == newest

    def test_an_upgrade_does_not_wait_for_another_for_ever(self, engine, folder):
        write_revisions(folder, [in_state(INDEX)])

        with engine.connect() as other, other.begin():
            other.exec_driver_sql("SELECT pg_advisory_xact_lock(7370001)")
            with pytest.raises(StoreUnavailableError, match="another upgrade, or a backup"):
                upgrade(engine, (INBOX, STATE), folder=folder, pauses=(0.0,))
