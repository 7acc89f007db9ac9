"""The first columns of records that nobody writes: an id that lasts, and when it came to be."""

from collections.abc import Callable

from connector.emulator.access import Caller
from connector.emulator.metadata.registry import Entry
from connector.emulator.metadata.xml import Tree
from connector.emulator.storage import Row, Storage
from connector.emulator.writes import Writer


class Heads:
    """Ids and dates of things that no deployment brought, by kind and name."""

    def __init__(
        self, storage: Storage, writer: Writer, caller: Callable[[str], Caller]
    ) -> None:
        self._storage = storage
        self._writer = writer
        self._caller = caller

    def of(self, kind: str, name: str, prefix: str) -> Row:
        key = f"{kind} {name}".lower()
        body = self._storage.document("identity", key)
        if body is None:
            caller = self._caller("setup")
            body = {"id": self._writer.new_id(prefix), "at": caller.now, "by": caller.user}
            self._storage.keep_document("identity", key, body)
        at, by = str(body["at"]), str(body["by"])
        return {
            "Id": str(body["id"]),
            "CreatedDate": at,
            "LastModifiedDate": at,
            "LastModifiedById": by,
            "SystemModstamp": at,
        }


def head_of(entry: Entry) -> Row:
    return {
        "Id": entry.id,
        "CreatedDate": entry.created_at,
        "LastModifiedDate": entry.modified_at,
        "LastModifiedById": entry.modified_by,
        "SystemModstamp": entry.modified_at,
    }


def text_at(tree: Tree, *path: str) -> str | None:
    """The text at the end of a path of elements, None where there is none."""
    for tag in path:
        tree = (tree.get(tag) or [""])[0] if isinstance(tree, dict) else ""
    return tree if isinstance(tree, str) and tree else None
