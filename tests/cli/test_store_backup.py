"""`connector store backup | restore | lost | reopen`, as an operator calls them."""

import json
import stat

import pytest
from click.testing import CliRunner

from connector.cli import root
from connector.domain.errors import ConfigurationError
from tests.cli.test_erase import kept
from tests.support.events import MOBILE


OTHER = "+447700900999"

__all__ = ["kept"]  # a fixture


@pytest.fixture
def elsewhere(request, store_url, tmp_path):
    """Run `connector ...` with a store that is not there yet, on the same engine."""
    with_server = store_url.startswith("postgresql")
    server = request.getfixturevalue("postgres_server") if with_server else None

    def run(url, *arguments):
        place = ("DATABASE_URL", url) if with_server else ("DATA_FOLDER", tmp_path / "new")
        environment = {f"CONNECTOR_{place[0]}": str(place[1])}
        return CliRunner(env=environment).invoke(root, [str(each) for each in arguments])

    if server is None:
        yield lambda *arguments: run("", *arguments)
        return
    with server.database() as url:
        yield lambda *arguments: run(url, *arguments)


@pytest.mark.usefixtures("kept")
class TestBackUpAndRestore:
    def test_there_and_back(self, operate, elsewhere, tmp_path):
        operate("consent", "record", MOBILE, "--stop", "--reason", "asked")
        file = tmp_path / "backup"

        made = operate("store", "backup", file)
        done = elsewhere("store", "restore", file)

        assert (made.exit_code, done.exit_code) == (0, 0), done.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "2  callbacks" in made.stdout
        assert "connector store reopen" in done.stdout
        assert MOBILE not in made.stdout + done.stdout
        shown = elsewhere("consent", "show", MOBILE).stdout
        assert "must NOT be texted" in shown
        assert "senders are told no" in shown

    def test_json(self, operate, elsewhere, tmp_path):
        made = json.loads(operate("store", "backup", tmp_path / "b", "--json").stdout)
        done = json.loads(elsewhere("store", "restore", tmp_path / "b", "--json").stdout)

        assert made["rows"]["callbacks"] == done["rows"]["callbacks"] == 2
        assert made["bytes"] == (tmp_path / "b").stat().st_size
        assert done["aside"] is None

    def test_an_old_file_stays(self, operate, tmp_path):
        (tmp_path / "b").write_text("mine")

        answer = operate("store", "backup", tmp_path / "b")

        assert isinstance(answer.exception, ConfigurationError)
        assert (tmp_path / "b").read_text() == "mine"

    def test_a_restored_store_says_so_until_it_is_open_again(
        self, operate, elsewhere, tmp_path
    ):
        operate("store", "backup", tmp_path / "b")
        elsewhere("store", "restore", tmp_path / "b")

        told = elsewhere("store", "check")
        no = elsewhere("consent", "check", OTHER)
        soon = elsewhere("store", "reopen", "--reason", "all is read")
        opened = elsewhere("store", "reopen", "--reason", "moved", "--nothing-lost")

        assert (told.exit_code, no.exit_code) == (1, 1)
        assert "opt-outs since" in " ".join(told.stdout.split())
        assert "was restored" in no.stdout
        assert "not read yet" in str(soon.exception)
        assert opened.exit_code == 0
        assert elsewhere("store", "check").exit_code == 0
        assert elsewhere("consent", "check", OTHER).exit_code == 0

    def test_a_restore_beside_the_living_is_refused(self, operate, store, tmp_path):
        operate("store", "backup", tmp_path / "b")

        answer = operate("store", "restore", tmp_path / "b", "--replace")

        assert store.engine
        assert isinstance(answer.exception, ConfigurationError)
        assert "in use" in str(answer.exception)


class TestLost:
    def test_a_database_that_was_put_back_by_other_means(self, operate, store):
        store.close()

        said = operate("store", "lost", "--since", "3h")

        assert said.exit_code == 0
        assert operate("store", "check").exit_code == 1
        assert operate("consent", "check", OTHER).exit_code == 1

    def test_not_in_the_future(self, operate, store):
        store.close()

        answer = operate("store", "lost", "--since", "2099-01-01T00:00:00Z")

        assert isinstance(answer.exception, ConfigurationError)


def test_an_upgrade_that_leaves_processes_behind_wants_a_word(operate, store):
    with store.transaction() as transaction:
        connection = transaction.marks._connection  # noqa: SLF001 (a database of long ago)
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0016'")

    answer = operate("store", "upgrade")

    assert isinstance(answer.exception, ConfigurationError)
    assert "--all-stopped" in str(answer.exception)
