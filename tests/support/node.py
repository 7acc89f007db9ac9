"""Programs from npm for the tests: installed once for a lock file, kept in pytest's cache."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest


FILES = ("package.json", "package-lock.json", ".npmrc")
INSTALL = "install Node.js 18 or newer with npm (Debian: apt install nodejs npm) for this check"


def environment() -> dict[str, str]:
    return dict(os.environ)


def unavailable(reason: str) -> None:
    """Skips with what to do about it; under CI it is a failure."""
    if environment().get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def installed(folder: Path, cache: pytest.Cache, files: Sequence[str] = FILES) -> Path:
    """A copy of the folder with its packages, made beside its place and renamed."""
    if not (shutil.which("npm") and shutil.which("node")):
        unavailable(INSTALL)
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()[:12]
    ready = cache.mkdir(folder.name) / lock
    if not ready.exists():
        making = Path(tempfile.mkdtemp(dir=ready.parent))
        for name in files:
            shutil.copy(folder / name, making)
        done = subprocess.run(
            ["npm", "ci"],  # noqa: S607 - found before
            cwd=making,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(making)
            unavailable(f"npm ci failed: {done.stderr.strip()[-400:]}")
        with contextlib.suppress(OSError):  # another test process was faster
            making.rename(ready)
    return ready
