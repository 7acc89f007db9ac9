"""Where an embedded database may lie: on a disk of this machine, for its owner only."""

import stat
from pathlib import Path

from connector.domain.errors import ConfigurationError


_MOUNTS = Path("/proc/self/mounts")
#: File systems of other machines: their locks and syncs do not keep what SQLite relies on
#: (sqlite.org/faq.html, question 5).
_REMOTE = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"),
    *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "ocfs2", "smb3", "smbfs"),
}


def check(path: Path, mounts: Path = _MOUNTS) -> None:
    """Raise ConfigurationError where a database file is not safe; an empty one is made so."""
    found = path.stat()
    if not found.st_size:
        path.chmod(0o600)
    elif found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"{path}: other users can read it: chmod 600 it")
    if (kind := file_system(path.resolve(), mounts)) in _REMOTE:
        raise ConfigurationError(
            f"{path.parent}: {kind} is no local disk: set CONNECTOR_DATA_FOLDER to one,"
            " or use PostgreSQL"
        )


def file_system(path: Path, mounts: Path = _MOUNTS) -> str:
    """The kind of file system that a path lies on; empty where nobody can tell."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    places = {words[1].encode().decode("unicode_escape"): words[2] for words in lines}
    nearest = (places[str(each)] for each in (path, *path.parents) if str(each) in places)
    return next(nearest, "")
