"""`connector store`: schema, soundness and size."""

import contextlib
import json
import sqlite3

from connector.domain.delivery import Delivery
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.store.outbox import Queued
from connector.store.schema import head
from tests.support.events import ALEX, NOON, arrival, report


CONTACT = RecordRef("Contact", ALEX)


class TestUpgrade:
    def test_makes_a_store_and_says_from_which_schema_to_which(self, operate_nowhere):
        first, second = operate_nowhere("store", "upgrade"), operate_nowhere("store", "upgrade")

        assert f"schema none upgraded to {head()}" in first.stdout
        assert f"schema {head()} already, nothing to do" in second.stdout

    def test_prints_json(self, operate):
        upgraded = json.loads(operate("store", "upgrade", "--json").stdout)

        assert (upgraded["from"], upgraded["to"]) == (head(), head())


class TestCheck:
    def test_finds_a_sound_store(self, operate):
        answer = operate("store", "check")

        assert answer.exit_code == 0
        assert f"schema {head()}" in answer.stdout
        assert answer.stdout.endswith("ok      current and writable\n")

    def test_tells_settings_in_json(self, operate):
        told = json.loads(operate("store", "check", "--json").stdout)

        assert told["writable"] is True
        names = {name for each in told["databases"] for name in each["settings"]}
        assert names & {"synchronous", "synchronous_commit"}

    def test_wants_an_upgrade_of_an_empty_database(self, operate_nowhere, tmp_path):
        folder = tmp_path / "nowhere"
        folder.mkdir()
        (folder / "state.sqlite3").touch()

        answer = operate_nowhere("store", "check")

        assert answer.exit_code == 2
        assert "run `connector store upgrade`" in answer.stdout

    def test_finds_damage(self, operate_nowhere, tmp_path):
        operate_nowhere("store", "upgrade")
        path = tmp_path / "nowhere" / "state.sqlite3"
        with contextlib.closing(sqlite3.connect(path)) as database:
            size = database.execute("PRAGMA page_size").fetchone()[0]
            page = database.execute(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'writes_record'"
            ).fetchone()[0]
        content = bytearray(path.read_bytes())
        content[(page - 1) * size : page * size] = b"\xff" * size
        path.write_bytes(content)

        answer = operate_nowhere("store", "check")

        assert answer.exit_code == 1
        assert "change  state.sqlite3: " in answer.stdout

    def test_makes_no_store(self, operate_nowhere, tmp_path):
        answer = operate_nowhere("store", "check")

        assert isinstance(answer.exception, ConfigurationError)
        assert not (tmp_path / "nowhere").exists()


class TestStats:
    def test_counts_what_waits_and_what_is_kept(self, store, operate):
        store.inbox.keep([arrival("/1"), arrival("/2")])
        queued = Queued(record=CONTACT, topic="delivery", fields={}, urgent=False, parent="")
        with store.transaction() as t:
            t.deliveries.fold([Delivery.from_event(report("1"))])
            t.outbox.mark([CONTACT], urgent=False)
            t.outbox.enqueue([queued], NOON)

        told = json.loads(operate("store", "stats", "--json").stdout)

        assert told["waiting"] == {
            "unread": 2,
            "quarantined": 0,
            "changed": 1,
            "unmatched": 0,
            "marked": 1,
            "pending": 1,
            "oldest_pending": NOON.isoformat(),
            "refused": 0,
        }
        assert told["rows"]["callbacks"] == 2
        assert all(told["bytes"].values())

    def test_is_readable(self, store, operate):
        store.inbox.keep([arrival("/1")])

        answer = operate("store", "stats")

        rows = {
            " ".join(line.split()[:-1]): line.split()[-1]
            for line in answer.stdout.splitlines()
            if line
        }
        assert rows["callbacks to be read"] == "1"
        assert rows["callbacks"] == "1"
