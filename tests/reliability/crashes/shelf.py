"""Scenes to begin with, copied as often as one likes."""

import contextlib
import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.reliability.crashes.work import Scene
from tests.support import postgres
from tests.support.postgres import MEMORY, Server


class Shelf:
    """Keeps scenes in a folder, and on a server where one is given."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self._folder = folder
        self._server = server
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def empty(self) -> Iterator[Scene]:
        """Nothing is there yet."""
        folder = self._new()
        folder.mkdir()
        with self._database(folder) as url:
            yield Scene(folder=folder, store_url=url)
        shutil.rmtree(folder)

    @contextlib.contextmanager
    def copy(self, scene: Scene) -> Iterator[Scene]:
        """All of it is there once more, as nobody is at it."""
        folder = self._new()
        shutil.copytree(scene.folder, folder)
        template = urlsplit(scene.store_url).path.strip("/")
        with self._database(folder, template) as url:
            yield dataclasses.replace(scene, folder=folder, store_url=url)
        shutil.rmtree(folder)

    def _new(self) -> Path:
        return self._folder / str(next(self._numbers))

    @contextlib.contextmanager
    def _database(self, folder: Path, template: str = "template0") -> Iterator[str]:
        if self._server is None:
            yield f"sqlite:///{folder / 'data'}"
            return
        with self._server.database(template) as url:
            yield url


@contextlib.contextmanager
def shelf(engine: str) -> Iterator[Shelf]:
    """In memory where there is room: who kills processes needs no disk."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="connector-crashes-", dir=place)
        )
        server = None
        if engine == "postgresql":
            server = stack.enter_context(postgres.server(in_memory=True))
            if server is None:
                raise SystemExit(postgres.HOW_TO_GET_ONE)
        yield Shelf(Path(folder), server)
