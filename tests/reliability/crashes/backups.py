"""Backing a store up, and putting the backup back, step by step on the file system."""

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.domain.errors import ConnectorError
from connector.store.archive import unpack
from connector.store.backups import FILES, back_up
from connector.store.restoring import Restorer
from tests.reliability.crashes.effects import Effects
from tests.reliability.crashes.state import State, look
from tests.reliability.crashes.work import PRIVACY_KEY, Scene
from tests.support.clock import NOON


_STEPS = ("fsync", "mkdir", "rename", "replace")
#: What says when it was restored.
_DATED = ("audit", "marks")


def _file(scene: Scene) -> Path:
    return scene.folder / "backup"


def _watch(effects: Effects) -> None:
    effects.watch_commits()
    for name in _STEPS:
        effects.watch(os, name, f"the {name}")


def back_up_all(scene: Scene, effects: Effects) -> None:
    """As an operator does who finds no backup yet."""
    _watch(effects)
    if not _file(scene).exists():
        back_up(
            scene.store_url,
            _file(scene),
            lambda: NOON,
            overwrite=False,
            privacy_key=PRIVACY_KEY,
        )


def made(scene: Scene) -> State:
    """What the file says that it holds, once all of it was read."""
    with tempfile.TemporaryDirectory() as folder:
        contents = unpack(_file(scene), Path(folder), list(FILES.values()))
    return {"contents": Counter([repr(contents)]), **look(scene)}


def whole(scene: Scene) -> Iterator[str]:
    """What has the name of a backup is one, wherever the making was broken off."""
    if _file(scene).exists():
        try:
            made(scene)
        except ConnectorError as error:
            yield f"half a backup: {error}"


def restore_all(scene: Scene, effects: Effects) -> None:
    """Each time at another moment, as it would be."""
    _watch(effects)
    restorer = Restorer(
        _file(scene),
        lambda: datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=os.getpid()),
        actor="user:ann",
        privacy_key=PRIVACY_KEY,
    )
    restorer.restore(scene.store_url, replace=True)


def restored(scene: Scene) -> State:
    return {name: rows for name, rows in look(scene).items() if name not in _DATED}


def refused_or_whole(scene: Scene) -> Iterator[str]:
    """A store that was half put back lets nobody in."""
    with contextlib.suppress(ConnectorError):
        found = look(scene)
        if not (found["callbacks"] and found["deliveries"]):
            yield "half a store lets everybody in"
