"""On what it was measured."""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psycopg

from connector.store.engine import journal_mode
from tests.support import postgres


_SYNCS = 100
_PAGE_BYTES = 4_096


def facts() -> Iterator[tuple[str, str]]:
    """What a reader needs to judge the figures."""
    yield "processor", f"{_processor()}, {os.cpu_count()} cores"
    yield "memory", _memory()
    yield "kernel", f"{platform.system()} {platform.release()}"
    yield "Python", platform.python_version()
    yield "SQLite", f"{sqlite3.sqlite_version}, journal {journal_mode()}, full sync"
    yield "PostgreSQL", _postgresql()
    yield "a synced page of 4 KiB", f"{_sync_milliseconds():.2f} ms"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{pages / 2**30:.0f} GiB"


def _postgresql() -> str:
    with postgres.server() as server:
        if server is None:
            return "none found"
        with psycopg.connect(server.url) as connection:
            version = connection.execute("SHOW server_version").fetchone()
    return str(version[0]) if version else ""


def _sync_milliseconds() -> float:
    """What the disk takes for the least that a commit needs."""
    page, times = bytes(_PAGE_BYTES), []
    with tempfile.TemporaryFile() as file:
        for _ in range(_SYNCS):
            started = time.perf_counter()
            os.write(file.fileno(), page)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    return median(times) * 1_000
