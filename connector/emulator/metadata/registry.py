"""What was deployed: each component with its id, its content, and who brought it when."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from connector.emulator.access import Caller
from connector.emulator.metadata.kinds import PREFIXES
from connector.emulator.metadata.xml import Tree
from connector.emulator.storage import Storage
from connector.emulator.writes import Writer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One component of the org; an empty tree is one that no deployment brought."""

    kind: str
    name: str
    id: str
    file: str
    tree: Tree
    created_at: str
    created_by: str
    modified_at: str
    modified_by: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping a component did."""

    id: str
    created: bool
    changed: bool


class Registry:
    """The components of one org, in its storage."""

    def __init__(self, storage: Storage, writer: Writer) -> None:
        self._storage = storage
        self._writer = writer

    def get(self, kind: str, name: str) -> Entry | None:
        body: Any = self._storage.document(f"metadata {kind}", name.lower())
        return Entry(**body) if body else None

    def all(self, kind: str) -> Iterator[Entry]:
        for body in self._storage.documents(f"metadata {kind}").values():
            known: Any = body
            yield Entry(**known)

    def keep(
        self,
        kind: str,
        name: str,
        tree: Tree,
        caller: Caller,
        *,
        file: str = "",
        known_id: str = "",
    ) -> Kept:
        """Add a component, or put it in the place of its namesake."""
        before = self.get(kind, name)
        if before is not None and before.tree == tree:
            return Kept(id=before.id, created=False, changed=False)
        entry = Entry(
            kind=kind,
            name=before.name if before else name,
            id=before.id if before else known_id or self._writer.new_id(PREFIXES[kind]),
            file=file or (before.file if before else ""),
            tree=tree,
            created_at=before.created_at if before else caller.now,
            created_by=before.created_by if before else caller.user,
            modified_at=caller.now,
            modified_by=caller.user,
        )
        self._storage.keep_document(f"metadata {kind}", name.lower(), dataclasses.asdict(entry))
        return Kept(id=entry.id, created=before is None, changed=True)

    def drop(self, kind: str, name: str) -> None:
        self._storage.drop_document(f"metadata {kind}", name.lower())
