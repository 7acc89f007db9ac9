"""A folder on a disk that remembers what was synced, and what was only written."""

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath


#: What a disk writes as a whole, and what the kernel does.
SECTOR, PAGE = 512, 4_096


@dataclasses.dataclass(slots=True)
class _Write:
    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        if len(content) < self.offset:
            content.extend(bytes(self.offset - len(content)))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, dice: random.Random) -> "Iterator[_Write]":
        """Some of its sectors."""
        begin = self.offset
        end = self.offset + len(self.data)
        while begin < end:
            stop = min(begin // SECTOR * SECTOR + SECTOR, end)
            if dice.random() < 0.5:
                yield _Write(begin, self.data[begin - self.offset : stop - self.offset])
            begin = stop


@dataclasses.dataclass(slots=True)
class _Resize:
    size: int

    def apply(self, content: bytearray) -> None:
        if self.size < len(content):
            del content[self.size :]
        else:
            content.extend(bytes(self.size - len(content)))


class _File:
    """One file: what is on the disk, what programs see, and the way from here to there."""

    def __init__(self) -> None:
        self.durable = bytearray()
        self.seen = bytearray()
        self.pending: list[tuple[int, _Write | _Resize]] = []
        #: Pages that the kernel holds for clean though the disk does not have them.
        self._dropped: set[int] = set()

    def change(self, moment: int, change: _Write | _Resize) -> None:
        change.apply(self.seen)
        if isinstance(change, _Write) and self._dropped:
            change = self._with_whole_pages(change)
        self.pending.append((moment, change))

    def _with_whole_pages(self, change: _Write) -> _Write:
        """A page that is written to again goes to the disk with all that is seen of it."""
        first, last = (
            change.offset // PAGE,
            (change.offset + len(change.data) - 1) // PAGE,
        )
        if self._dropped.isdisjoint(range(first, last + 1)):
            return change
        self._dropped.difference_update(range(first, last + 1))
        return _Write(first * PAGE, bytes(self.seen[first * PAGE : (last + 1) * PAGE]))

    def sync(self, began: int) -> None:
        """What was asked for before the sync began is on the disk."""
        for moment, change in self.pending:
            if moment < began:
                change.apply(self.durable)
        self.pending = [each for each in self.pending if each[0] >= began]

    def drop(self, began: int) -> None:
        """
        A sync has failed, and the kernel calls the pages clean all the same.

        The size of the file is not forgotten, what was in the pages is.
        """
        kept: list[tuple[int, _Write | _Resize]] = []
        size = len(self.durable)
        for moment, change in self.pending:
            if isinstance(change, _Resize):
                size = change.size
            elif moment < began:
                end = change.offset + len(change.data)
                self._dropped.update(range(change.offset // PAGE, (end - 1) // PAGE + 1))
                if end <= size:
                    continue
                size, change = end, _Resize(end)  # noqa: PLW2901
            kept.append((moment, change))
        self.pending = kept


@dataclasses.dataclass(frozen=True, slots=True)
class _Naming:
    """A name that was given or taken away."""

    moment: int
    path: str
    file: _File | None


#: Draws for each pending change whether it has reached the disk.
Draw = Callable[[], bool]
#: Contents by path from the root; None is a folder.
Image = Mapping[str, bytes | None]


class Disk:
    """
    The tree below a folder that is there for sure.

    After a power cut whatever was not synced may be there or not, each change for itself, and
    writes may be torn. A name is durable once its folder was synced (fsync(2)).
    """

    def __init__(self, root: str, before: Image | None = None) -> None:
        self._root = root
        #: A folder is a file that nobody writes to.
        self._names: dict[str, _File] = {}
        self._folders: set[str] = {root}
        self._durable: dict[str, _File] = {}
        self._pending: list[_Naming] = []
        for path, content in (before or {}).items():
            self._find(path, content)

    def _find(self, path: str, content: bytes | None) -> None:
        """What was there, and durable, before anybody looked."""
        self._names[path] = self._durable[path] = file = _File()
        if content is None:
            self._folders.add(path)
        else:
            file.durable, file.seen = bytearray(content), bytearray(content)

    def has(self, path: str) -> bool:
        return path == self._root or path.startswith(f"{self._root}/")

    def create(self, moment: int, path: str, *, folder: bool = False) -> None:
        """Unless it is there."""
        if path not in self._names and path not in self._folders:
            self._names[path] = _File()
            if folder:
                self._folders.add(path)
            self._pending.append(_Naming(moment, path, self._names[path]))

    def remove(self, moment: int, path: str) -> None:
        if self._names.pop(path, None) is not None:
            self._pending.append(_Naming(moment, path, None))

    def rename(self, moment: int, path: str, target: str) -> None:
        if (moved := self._names.pop(path, None)) is not None:
            self._names[target] = moved
            self._pending.append(_Naming(moment, path, None))
            self._pending.append(_Naming(moment, target, moved))

    def write(self, moment: int, path: str, offset: int, data: bytes) -> None:
        if path in self._names and data:
            self._names[path].change(moment, _Write(offset, data))

    def append(self, moment: int, path: str, data: bytes) -> None:
        if path in self._names and data:
            self.write(moment, path, len(self._names[path].seen), data)

    def resize(self, moment: int, path: str, size: int) -> None:
        if path in self._names:
            self._names[path].change(moment, _Resize(size))

    def sync(self, began: int, path: str) -> None:
        """A sync that began then has succeeded, of a file or of a folder's names."""
        if path not in self._folders:
            if path in self._names:
                self._names[path].sync(began)
            return
        mine = [each for each in self._pending if _parent(each.path) == path]
        for each in mine:
            if each.moment < began:
                self._name(self._durable, each)
        self._pending = [
            each for each in self._pending if each not in mine or each.moment >= began
        ]

    def fail(self, began: int, path: str) -> None:
        """A sync has failed."""
        if path in self._names and path not in self._folders:
            self._names[path].drop(began)

    def least(self) -> Image:
        """What was not synced is gone: a name that was taken away comes back."""
        return self._image(lambda: False)

    def most(self) -> Image:
        """A plain kill: all that programs saw."""
        return {
            path: None if path in self._folders else bytes(file.seen)
            for path, file in self._names.items()
        }

    def some(self, dice: random.Random) -> Image:
        """Of what was not synced some has reached the disk."""
        share = dice.choice((0.1, 0.5, 0.9))
        return self._image(lambda: dice.random() < share, dice)

    def _image(self, draw: Draw, dice: random.Random | None = None) -> Image:
        names = dict(self._durable)
        for each in self._pending:
            if draw():
                self._name(names, each)
        found = {path: self._content(path, file, draw, dice) for path, file in names.items()}
        return {path: each for path, each in found.items() if self._reachable(path, names)}

    def _content(
        self, path: str, file: _File, draw: Draw, dice: random.Random | None
    ) -> bytes | None:
        if path in self._folders:
            return None
        content = bytearray(file.durable)
        for _, change in file.pending:
            if not draw():
                continue
            if dice is None or isinstance(change, _Resize) or draw():
                change.apply(content)
                continue
            for part in change.torn(dice):
                part.apply(content)
        return bytes(content)

    def _reachable(self, path: str, names: Mapping[str, _File]) -> bool:
        parent = _parent(path)
        return parent == self._root or (parent in names and self._reachable(parent, names))

    @staticmethod
    def _name(names: dict[str, _File], naming: _Naming) -> None:
        if naming.file is None:
            names.pop(naming.path, None)
        else:
            names[naming.path] = naming.file


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent)
