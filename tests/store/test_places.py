"""An embedded database is refused where it would not be safe."""

import pytest

from connector.domain.errors import ConfigurationError
from connector.store import Store
from connector.store.places import check, file_system


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "state.sqlite3"
    path.touch(mode=0o600)
    return path


@pytest.fixture
def mounts(tmp_path):
    """A table of mounts in which this folder is of the kind given."""

    def write(kind):
        table = tmp_path / "mounts"
        folder = str(tmp_path).replace(" ", "\\040")
        table.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/data {folder} {kind} rw 0 0\n")
        return table

    return write


def test_a_file_of_its_owner_on_a_local_disk(database, mounts):
    check(database, mounts("ext4"))


def test_an_empty_file_is_made_its_owners(database, mounts):
    database.chmod(0o644)

    check(database, mounts("ext4"))

    assert database.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_disk_of_another_machine(database, mounts, kind):
    with pytest.raises(ConfigurationError, match=f"{kind} is no local disk"):
        check(database, mounts(kind))


def test_the_nearest_mount_counts(database, mounts):
    assert file_system(database, mounts("xfs")) == "xfs"
    assert file_system(database.parents[1], mounts("xfs")) == "ext4"


def test_where_nobody_can_tell(database, tmp_path):
    check(database, tmp_path / "no-such-table")


def test_a_database_that_others_can_read_is_not_opened(tmp_path):
    Store.open(f"sqlite:///{tmp_path}").close()
    (tmp_path / "inbox.sqlite3").chmod(0o644)

    with pytest.raises(ConfigurationError, match="other users can read it: chmod 600 it"):
        Store.open(f"sqlite:///{tmp_path}")
