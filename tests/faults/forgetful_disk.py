"""A disk that keeps in its cache what was never fsynced, and forgets it when the power goes. Pure: no FUSE, no clock.

Theory of operation
-------------------
Every file and folder has two contents: what programs see (`live`) and what is on the platter (`safe`). Between them
lie the changes since its last fsync, in their order. A file's fsync moves its own data and length to the platter and
nothing else; that it exists at all, under this name, is a change of its folder, and takes the folder's fsync. This is
stricter than most file systems are, and just what POSIX promises.

A power cut keeps none of the unsynced changes ("none"), or a random part of them ("some"): every change of a folder
by a toss, every write sector by sector, since a disk writes back what it likes in whatever order it likes. A sector
that was written twice may survive in either version.
"""

from __future__ import annotations

import errno
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SECTORS = (512, 4096)
"""What a disk writes as a whole. Source: the two sector sizes of today's disks and cards."""


class DiskError(OSError):
    """What the operating system is told."""

    def __init__(self, number: int) -> None:
        super().__init__(number, errno.errorcode[number])


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at an offset."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """A new length."""

    length: int


@dataclass(eq=False, slots=True)
class File:
    """A file: what is seen, what is safe, and the changes in between."""

    mode: int
    live: bytearray = field(default_factory=bytearray)
    safe: bytearray = field(default_factory=bytearray)
    unsynced: list[Write | Resize] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        """Takes a write into the cache."""
        self.unsynced.append(Write(offset, data))
        put(self.live, offset, data)

    def resize(self, length: int) -> None:
        """Cuts or lengthens it in the cache."""
        self.unsynced.append(Resize(length))
        resize(self.live, length)

    def sync(self) -> None:
        """Moves everything to the platter."""
        for change in self.unsynced:
            apply(self.safe, change)
        self.unsynced.clear()

    def lose(self, dice: random.Random | None) -> int:
        """The power goes. Returns how many changes were not safe."""
        lost = len(self.unsynced)
        if dice is not None:
            for change in surviving(self.unsynced, dice):
                apply(self.safe, change)
        self.unsynced.clear()
        self.live = bytearray(self.safe)
        return lost


@dataclass(eq=False, slots=True)
class Folder:
    """A folder: the names that are seen and those that are safe."""

    mode: int
    live: dict[str, Node] = field(default_factory=dict)
    safe: dict[str, Node] = field(default_factory=dict)


Node = File | Folder


@dataclass(frozen=True, slots=True)
class Rename:
    """A change of folders: a node leaves a name, takes a name, or both at once."""

    node: Node
    old: tuple[Folder, str] | None
    new: tuple[Folder, str] | None

    def touches(self, folder: Folder) -> bool:
        """Whether it is a change of this folder."""
        return any(end is not None and end[0] is folder for end in (self.old, self.new))

    def keep(self) -> None:
        """Makes it safe, unless an earlier change that did not survive left nothing to change."""
        if self.old is not None and self.old[0].safe.get(self.old[1]) is self.node:
            del self.old[0].safe[self.old[1]]
        if self.new is not None:
            self.new[0].safe[self.new[1]] = self.node


class Disk:
    """A tree of files and folders; paths are `/`-separated and relative to its root."""

    def __init__(self) -> None:
        self.root = Folder(stat.S_IFDIR | 0o755)
        self._unsynced: list[Rename] = []

    def find(self, path: str) -> Node:
        """The node of a path. Raises DiskError ENOENT or ENOTDIR."""
        node: Node = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Folder):
                raise DiskError(errno.ENOTDIR)
            if name not in node.live:
                raise DiskError(errno.ENOENT)
            node = node.live[name]
        return node

    def add(self, path: str, node: Node) -> None:
        """Gives a new node a name. Raises DiskError EEXIST."""
        folder, name = self._place(path)
        if name in folder.live:
            raise DiskError(errno.EEXIST)
        self._change(Rename(node, None, (folder, name)))

    def remove(self, path: str) -> None:
        """Takes a name away; whoever has the file open keeps it."""
        folder, name = self._place(path)
        node = self.find(path)
        if isinstance(node, Folder) and node.live:
            raise DiskError(errno.ENOTEMPTY)
        self._change(Rename(node, (folder, name), None))

    def rename(self, old: str, new: str) -> None:
        """Moves a node to another name, which it takes over."""
        self._change(Rename(self.find(old), self._place(old), self._place(new)))

    def sync_folder(self, folder: Folder) -> None:
        """Makes the names of a folder safe."""
        for change in self._unsynced:
            if change.touches(folder):
                change.keep()
        self._unsynced = [change for change in self._unsynced if not change.touches(folder)]

    def cut_power(self, dice: random.Random | None) -> int:
        """Forgets what is not safe.

        Args:
            dice: decide what survives by chance; None lets nothing survive.

        Returns:
            How many changes were not safe.
        """
        lost = len(self._unsynced)
        for change in self._unsynced:
            if dice is not None and dice.random() < 0.5:
                change.keep()
        self._unsynced.clear()
        return lost + sum(_settle(self.root, dice))

    def size(self) -> int:
        """Bytes that programs see."""
        return sum(len(node.live) for node in _files(self.root))

    def _place(self, path: str) -> tuple[Folder, str]:
        above, _, name = path.rpartition("/")
        folder = self.find(above)
        if not isinstance(folder, Folder):
            raise DiskError(errno.ENOTDIR)
        return folder, name

    def _change(self, change: Rename) -> None:
        self._unsynced.append(change)
        if change.old is not None:
            del change.old[0].live[change.old[1]]
        if change.new is not None:
            change.new[0].live[change.new[1]] = change.node


def _files(folder: Folder) -> Iterator[File]:
    for node in folder.live.values():
        if isinstance(node, Folder):
            yield from _files(node)
        else:
            yield node


def _settle(folder: Folder, dice: random.Random | None) -> Iterator[int]:
    """Shows what is safe again, all the way down."""
    folder.live = dict(folder.safe)
    for node in folder.live.values():
        if isinstance(node, Folder):
            yield from _settle(node, dice)
        else:
            yield node.lose(dice)


def put(content: bytearray, offset: int, data: bytes) -> None:
    """Writes bytes; a gap before them is zeros."""
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def resize(content: bytearray, length: int) -> None:
    """Cuts, or lengthens with zeros."""
    del content[length:]
    content.extend(bytes(length - len(content)))


def apply(content: bytearray, change: Write | Resize) -> None:
    """Makes a change."""
    if isinstance(change, Write):
        put(content, change.offset, change.data)
    else:
        resize(content, change.length)


def surviving(changes: list[Write | Resize], dice: random.Random) -> Iterator[Write | Resize]:
    """What of unsynced changes reaches the platter: none, all or some of the sectors of each."""
    sector = dice.choice(SECTORS)
    chance = dice.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    for change in changes:
        parts = sectors(change, sector) if isinstance(change, Write) else (change,)
        yield from (part for part in parts if dice.random() < chance)


def sectors(write: Write, size: int) -> Iterator[Write]:
    """A write in pieces that end where sectors end."""
    at = 0
    while at < len(write.data):
        end = at + size - (write.offset + at) % size
        yield Write(write.offset + at, write.data[at:end])
        at = end
