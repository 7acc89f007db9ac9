"""Backups of a store in use, and putting one back."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store import Store
from connector.store.backups import back_up
from connector.store.copying import PAGE
from connector.store.dump import Server, _plain, _program
from connector.store.migrate import UPGRADE_LOCK
from connector.store.restoring import Restorer
from tests.support.events import arrival


ALEX, KIM = "+447700900456", "+447700900457"


def opt_out(store, clock, *phones):
    with store.transaction() as transaction:
        transaction.consents.record(
            (0, ConsentEvent(phone=phone, kind=ConsentKind.STOP, received_at=clock()))
            for phone in phones
        )


@pytest.fixture
def target(request, store_url, tmp_path):
    """Where nothing is yet, on the same engine."""
    if store_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored'}"
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield url


def put_back(path, url, clock, **more):
    replace = more.pop("replace", False)
    return Restorer(path, clock, actor="user:ann", **more).restore(url, replace=replace)


@contextlib.contextmanager
def opened(url):
    with contextlib.closing(Store.open(url, upgrade=False)) as store:
        yield store


class TestRoundTrip:
    def test_all_that_was_committed_is_there_again(
        self, store, store_url, target, tmp_path, clock
    ):
        opt_out(store, clock, ALEX)
        store.inbox.keep([arrival(f"/{number}") for number in range(3)])

        made = back_up(store_url, tmp_path / "backup", clock, overwrite=False)
        opt_out(store, clock, KIM)
        done = put_back(tmp_path / "backup", target, clock)

        with opened(target) as restored, restored.transaction(reads=True) as t:
            assert set(t.consents.find([ALEX, KIM])) == {ALEX}
            assert restored.inbox.last_id() == 3
            assert list(t.audit.verify()) == []
            assert t.audit.head()[0] == made.contents.audit_number + 1
        assert done.contents == made.contents
        assert made.contents.rows["callbacks"] == 3

    def test_the_store_remembers_since_when_it_may_lack_something(
        self, store, store_url, target, tmp_path, clock
    ):
        back_up(store_url, tmp_path / "backup", clock, overwrite=False)
        made_at = clock()
        clock.advance(hours=3)
        put_back(tmp_path / "backup", target, clock)

        with opened(target) as restored, restored.transaction(reads=True) as t:
            found = t.restorations.current()
        assert (found.since, found.at) == (made_at, clock())
        with store.transaction(reads=True) as t:
            assert t.restorations.current() is None

    def test_numbers_of_callbacks_are_not_used_again(
        self, store, store_url, target, tmp_path, clock
    ):
        store.inbox.keep([arrival("/1"), arrival("/2")])
        store.retention().delete_callbacks([1, 2])

        back_up(store_url, tmp_path / "backup", clock, overwrite=False)
        put_back(tmp_path / "backup", target, clock)

        with opened(target) as restored:
            restored.inbox.keep([arrival("/3")])
            assert restored.inbox.last_id() == 3

    def test_keys_that_are_in_force_again_are_told(
        self, store, store_url, target, tmp_path, clock
    ):
        with store.transaction() as t:
            t.keys.create("crm", "hash", ["messages:write"], clock())
        back_up(store_url, tmp_path / "backup", clock, overwrite=False)
        with store.transaction() as t:
            t.keys.revoke("crm", clock())

        done = put_back(tmp_path / "backup", target, clock)

        assert done.keys == ("crm",)

    def test_sessions_end_and_all_is_read_anew(self, store, store_url, target, tmp_path, clock):
        with store.transaction() as t:
            t.marks.set("directory:Contact", "[1]")
            t.marks.set("block_list:twilio:pull", "{}")
            t.marks.set("org", "00Dxx")
        back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        put_back(tmp_path / "backup", target, clock)

        with opened(target) as restored, restored.transaction(reads=True) as t:
            found = [
                t.marks.get(name)
                for name in ("directory:Contact", "block_list:twilio:pull", "org")
            ]
        assert found == ["", "", "00Dxx"]

    def test_a_break_of_the_audit_is_told_and_hinders_nobody(
        self, store, store_url, target, tmp_path, clock
    ):
        opt_out(store, clock, ALEX)
        with store.transaction() as t:
            t.audit._connection.exec_driver_sql("UPDATE audit SET action = 'x'")  # noqa: SLF001

        made = back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        assert made.contents.audit_fault == "entry 1 was changed"
        assert put_back(tmp_path / "backup", target, clock).contents == made.contents


class TestTheFile:
    def test_only_its_owner_reads_it_and_nothing_else_is_left(
        self, store_url, store, tmp_path, clock
    ):
        folder = tmp_path / "backups"
        folder.mkdir()

        back_up(store_url, folder / "backup", clock, overwrite=False)

        assert [each.name for each in folder.iterdir()] == ["backup"]
        assert stat.S_IMODE((folder / "backup").stat().st_mode) == 0o600
        assert store.engine

    def test_it_is_not_written_over(self, store_url, store, tmp_path, clock):
        (tmp_path / "backup").write_text("precious")

        with pytest.raises(ConfigurationError, match="--overwrite"):
            back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        assert (tmp_path / "backup").read_text() == "precious"
        made = back_up(store_url, tmp_path / "backup", clock, overwrite=True)
        assert made.bytes > 1_000
        assert store.engine

    def test_it_says_what_it_holds(self, store_url, store, tmp_path, clock):
        opt_out(store, clock, ALEX)
        back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        with tarfile.open(tmp_path / "backup") as tar:
            tar.extract("manifest.json", tmp_path, filter="data")
        told = json.loads((tmp_path / "manifest.json").read_text())

        assert told["contents"]["rows"]["consents"] == 1
        assert told["contents"]["schema"] == store.revision()
        assert ALEX not in json.dumps(told)

    def test_a_folder_that_is_not_there_is_told(self, store_url, store, tmp_path, clock):
        with pytest.raises(ConfigurationError, match="no such folder"):
            back_up(store_url, tmp_path / "no" / "backup", clock, overwrite=False)
        assert store.engine


@pytest.fixture
def backup(store, store_url, tmp_path, clock):
    """One of a store in which somebody opted out."""
    opt_out(store, clock, ALEX)
    back_up(store_url, tmp_path / "backup", clock, overwrite=False)
    return tmp_path / "backup"


def repacked(backup, change):
    """The same with some of its files changed, and all hashes right."""
    folder = backup.with_name("repacked")
    with tarfile.open(backup) as tar:
        tar.extractall(folder, filter="data")
    change(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        digest = hashlib.sha256((folder / name).read_bytes())
        manifest["files"][name] = digest.hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(backup, "w") as tar:
        for name in [*manifest["files"], "manifest.json"]:
            tar.add(folder / name, name)
    return backup


def is_empty(url):
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///"))
        return {each.name for each in folder.glob("*")} <= {"in-use"}
    store = Store.connect(url)
    with contextlib.closing(store):
        return not store.revision()


class TestWhatIsRefused:
    """Before anything is touched."""

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
    def test_a_file_that_is_cut_off(self, backup, target, clock, part):
        content = backup.read_bytes()
        end = content.rindex(b'"format"')
        backup.write_bytes(content[: int(end * part)])

        with pytest.raises(ConfigurationError, match=r"not whole|is no backup|damaged"):
            put_back(backup, target, clock)

        assert is_empty(target)

    def test_a_bit_that_flipped(self, backup, target, clock):
        content = bytearray(backup.read_bytes())
        content[len(content) // 3] ^= 1
        backup.write_bytes(content)

        with pytest.raises(ConfigurationError):
            put_back(backup, target, clock)

        assert is_empty(target)

    def test_something_else(self, backup, target, clock, tmp_path):
        with tarfile.open(backup, "w") as tar:
            (tmp_path / "x").write_text("x")
            tar.add(tmp_path / "x", "../x")

        with pytest.raises(ConfigurationError, match="no backup"):
            put_back(backup, target, clock)

        assert is_empty(target)

    def test_a_schema_that_nobody_knows_yet(self, backup, target, clock):
        def age(folder):
            told = json.loads((folder / "manifest.json").read_text())
            told["contents"]["schema"] = "9999"
            (folder / "manifest.json").write_text(json.dumps(told))

        with pytest.raises(ConfigurationError, match="newer version"):
            put_back(repacked(backup, age), target, clock)

        assert is_empty(target)

    def test_a_store_that_is_in_use(self, backup, store, store_url, clock):
        with pytest.raises(ConfigurationError, match="in use"):
            put_back(backup, store_url, clock, replace=True)
        assert store.engine

    def test_a_store_that_holds_something(self, backup, store, store_url, clock):
        store.close()

        with pytest.raises(ConfigurationError, match="there is a database already"):
            put_back(backup, store_url, clock)

        with opened(store_url) as found, found.transaction(reads=True) as t:
            assert t.restorations.current() is None

    def test_a_file_that_is_not_there(self, tmp_path, clock):
        with pytest.raises(ConfigurationError, match="no such file"):
            Restorer(tmp_path / "no", clock, actor="user:ann")


class TestEmbedded:
    @pytest.fixture
    def store_url(self, made_folder, tmp_path):
        shutil.copytree(made_folder, tmp_path / "store")
        return f"sqlite:///{tmp_path / 'store'}"

    def test_what_was_there_is_put_aside(self, backup, store, store_url, clock):
        opt_out(store, clock, KIM)
        store.close()

        done = put_back(backup, store_url, clock, replace=True)

        with opened(f"sqlite:///{done.aside}") as before, before.transaction(reads=True) as t:
            assert set(t.consents.find([ALEX, KIM])) == {ALEX, KIM}
        with opened(store_url) as after, after.transaction(reads=True) as t:
            assert set(t.consents.find([ALEX, KIM])) == {ALEX}

    def test_nobody_begins_while_it_is_restored_or_was_broken_off(
        self, backup, store, store_url, tmp_path, clock
    ):
        store.close()
        (tmp_path / "store" / "restoring").mkdir()

        with pytest.raises(ConfigurationError, match="broken off"):
            Store.open(store_url)
        with pytest.raises(ConfigurationError, match="no such file"):
            put_back(tmp_path / "no", store_url, clock, replace=True)
        backup.with_name("bad").write_text("bad")
        with pytest.raises(ConfigurationError):
            put_back(backup.with_name("bad"), store_url, clock, replace=True)
        with pytest.raises(ConfigurationError, match="broken off"):
            Store.open(store_url)
        put_back(backup, store_url, clock, replace=True)

        with opened(store_url) as found:
            found.check()

    @pytest.mark.parametrize("calls", [1, 2])
    def test_one_that_is_broken_off_leaves_the_old_or_keeps_all_out(
        self, backup, store, store_url, clock, calls
    ):
        """It asks for the time before it marks the copy, and before the first file moves."""
        opt_out(store, clock, KIM)
        store.close()
        left = iter([clock()] * (calls - 1))

        def breaks():
            return next(left)

        with pytest.raises(StopIteration):
            put_back(backup, store_url, breaks, replace=True)

        if calls == 1:
            with opened(store_url) as old, old.transaction(reads=True) as t:
                assert set(t.consents.find([ALEX, KIM])) == {ALEX, KIM}
        else:
            with pytest.raises(ConfigurationError, match="broken off"):
                Store.open(store_url)
        put_back(backup, store_url, clock, replace=True)
        with opened(store_url) as found, found.transaction(reads=True) as t:
            assert set(t.consents.find([ALEX, KIM])) == {ALEX}
            assert t.restorations.current()

    def test_a_backup_whose_audit_was_changed_is_refused(self, backup, tmp_path, clock):
        def forge(folder):
            with contextlib.closing(sqlite3.connect(folder / "state.sqlite3")) as c, c:
                c.execute("UPDATE audit SET action = 'consent.start'")

        with pytest.raises(ConfigurationError, match="does not hold what it says"):
            put_back(repacked(backup, forge), f"sqlite:///{tmp_path / 'new'}", clock)

        assert is_empty(f"sqlite:///{tmp_path / 'new'}")

    def test_a_big_inbox_is_copied_a_part_at_a_time(self, store, store_url, tmp_path, clock):
        store.inbox.keep([arrival(f"/{number}") for number in range(2 * PAGE + 1)])

        made = back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        assert made.contents.rows["callbacks"] == 2 * PAGE + 1


class TestServer:
    @pytest.fixture
    def store_url(self, copied_url):
        return copied_url

    def test_the_password_is_on_no_command_line(self):
        server = Server("postgresql://connector:s3cret@db.example.org:5433/connector")

        words = "user=connector dbname=connector host=db.example.org port=5433"
        assert server.address == words

    def test_an_older_program_is_not_taken(self):
        with pytest.raises(ConfigurationError, match="pg_dump of PostgreSQL 999 or newer"):
            _program("pg_dump", 999)

    def test_none_is_made_while_the_schema_changes(self, store, store_url, tmp_path, clock):
        with store.transaction() as t:
            t.marks._connection.exec_driver_sql(  # noqa: SLF001
                f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"
            )
            with pytest.raises(StoreUnavailableError, match="is being upgraded"):
                back_up(store_url, tmp_path / "backup", clock, overwrite=False)

        assert not (tmp_path / "backup").exists()

    def test_nobody_begins_while_it_is_restored(self, store, store_url):
        store.close()
        with contextlib.closing(Store.connect(store_url)) as found, found.transaction() as t:
            t.marks._connection.exec_driver_sql("CREATE TABLE restoring ()")  # noqa: SLF001

        with pytest.raises(ConfigurationError, match="is being restored"):
            Store.open(store_url)

    @pytest.mark.parametrize(
        "written,meant", [("a\\tb", "a\tb"), ("a\\\\tb", "a\\tb"), ("a\\nb", "a\nb")]
    )
    def test_rows_of_a_dump_are_read_as_they_were(self, written, meant):
        assert _plain(written) == meant
