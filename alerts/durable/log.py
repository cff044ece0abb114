"""SQLite's log, read to see whether committed work stands in it behind a broken frame.

Theory of operation
-------------------
The newest of a store is in its log (`-wal`) alone, for up to a day. Each frame of it carries a checksum that goes on
from the frame before, and SQLite reads up to the first frame that does not fit; whatever follows is taken, silently,
for the rest of a power cut. After a power cut that is right, for one commit at most is not yet on the disk. Two or
more commits behind the break mean that a frame was spoilt afterwards, and that SQLite would forget what was
acknowledged.

A frame's checksum goes on from the one *written* in the frame before, so the frames behind a spoilt one can still be
told from old ones that a shorter transaction left standing: the chain holds among them, and breaks again where the
old ones begin. `mend` writes a copy of the store with all of them applied.

A log whose head is spoilt is not read by SQLite at all; its frames then tell what the head should have said.

The format is fixed and documented: sqlite.org/walformat.html.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.durable import handles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.Struct(
    ">8I"
)  # magic (its last bit: words are big-endian), version, page size, checkpoints, salts, checksums
_FRAME = struct.Struct(">6I")  # page, pages of the store after a commit or 0, salts, checksums
_LAST_FRAME_AT = 16
"""Where the index (`-shm`) tells the last frame that SQLite read: a native 32-bit number."""
_PAGE_SIZE_AT = 16
"""Where the store's own head tells the size of a page."""
_MASK = 0xFFFFFFFF

TORN = 1
"""Commits that a power cut may leave behind the break: the one that was being written."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as one transaction wrote it.

    Args:
        number: from 1.
        page: which page it is.
        pages: of the store, if it ends a commit; 0 if it does not.
        content: the page.
        linked: its checksum goes on from the frame before.
    """

    number: int
    page: int
    pages: int
    content: bytes
    linked: bool


def read_so_far(path: Path) -> int:
    """How many frames SQLite takes for good; 0 where it does not look at the log at all.

    Args:
        path: of the store, which must be open and have been read from.
    """
    index = path.with_name(f"{path.name}-shm")
    if not index.exists():
        return 0
    told = handles.read(index, _LAST_FRAME_AT, 4)  # an empty one is left of a power cut, or of who has no log
    return int(struct.unpack("=I", told.ljust(4, b"\0"))[0])


def forgotten(path: Path, read: int) -> int:
    """How many commits stand behind the break, beyond what a power cut may leave; 0 in a good log.

    Args:
        path: of the store.
        read: frames that SQLite takes for good.
    """
    log = Log.of(path)
    if log.commits(read) <= TORN:
        return 0  # the usual case: nothing to compute
    behind = sum(1 for frame in log.behind(read) if frame.pages)
    return behind if behind > TORN else 0


def mend(path: Path, read: int, copy: Path) -> bool:
    """Writes a copy of the store with everything applied that the log still tells.

    Args:
        path: of the store; not changed.
        read: frames that SQLite takes for good.
        copy: the file to write.

    Returns:
        Whether nothing was lost: every page that a spoilt frame held was written again behind the break.
    """
    handles.copy(path, copy)
    log = Log.of(path)
    frames = [*log.frames(0, read), *log.behind(read)]
    last = max((n for n, frame in enumerate(frames) if frame.pages), default=-1)
    with copy.open("r+b") as file:
        for frame in frames[: last + 1]:
            file.seek((frame.page - 1) * log.size)
            file.write(frame.content)
        if last >= 0:
            file.truncate(frames[last].pages * log.size)
    return _is_whole(frames[: last + 1])


def _is_whole(frames: list[Frame]) -> bool:
    spoilt: set[int] = set()
    for frame, expected in zip(frames, itertools.count(1)):
        if frame.number != expected:
            return False  # one was passed over, and nobody knows which page it held
        if frame.linked:
            spoilt.discard(frame.page)
        else:
            spoilt.add(frame.page)
    return not spoilt


@dataclass(frozen=True, slots=True)
class Log:
    """A log in memory.

    Args:
        content: all of it.
        size: bytes of a page.
        order: of the words that checksums are made of, as `struct` writes it.
        salts: that mark the frames of this log; older ones have others.
        seed: from which the first frame's checksum goes on.
    """

    content: bytes
    size: int
    order: str
    salts: tuple[int, ...]
    seed: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> Log:
        """Reads the log of a store; one that is missing is empty."""
        log = path.with_name(f"{path.name}-wal")
        content = handles.read(log) if log.exists() else b""
        if len(content) < _HEADER.size + _FRAME.size:
            return cls(b"", 0, "=", (), (0, 0))
        magic, _, size, _, *salts, one, two = _HEADER.unpack_from(content)
        order = ">" if magic & 1 else "<"
        if checksum(content[: _HEADER.size - 8], order, (0, 0)) == (one, two):
            return cls(content, size, order, tuple(salts), (one, two))
        size = struct.unpack(">H", handles.read(path, _PAGE_SIZE_AT, 2).ljust(2, b"\0"))[0]
        return cls(content if size else b"", size, "=", _FRAME.unpack_from(content, _HEADER.size)[2:4], (0, 0))

    def __len__(self) -> int:
        """Frames of any age."""
        return (len(self.content) - _HEADER.size) // (_FRAME.size + self.size) if self.content else 0

    def commits(self, after: int) -> int:
        """How many frames after this number end a commit of this log; checksums are not looked at."""
        return sum(1 for n in range(after + 1, len(self) + 1) if self._head(n)[1] and self._head(n)[2:4] == self.salts)

    def behind(self, read: int) -> Iterator[Frame]:
        """The frames written after the last good commit, through one break, up to where older ones begin."""
        broken = healed = False
        for frame in self.frames(read):
            if not frame.linked:
                if healed:
                    return
                broken = True
            elif broken:
                healed = True
            yield frame

    def frames(self, after: int, until: int | None = None) -> Iterator[Frame]:
        """The frames after one number; those up to `until` are known to be good and spared the checking.

        Those whose salts are not the log's are spoilt, or an older log's, and passed over.
        """
        sums = self._head(after)[4:] if after else self.seed
        for number in range(after + 1, (len(self) if until is None else until) + 1):
            page, pages, *salts, one, two = self._head(number)
            if tuple(salts) == self.salts and page:
                content, linked = self._content(number), until is not None
                if not linked:
                    start = self._at(number)
                    linked = checksum(self.content[start : start + 8] + content, self.order, sums) == (one, two)
                yield Frame(number, page, pages, content, linked)
            sums = (one, two)

    def _at(self, number: int) -> int:
        return _HEADER.size + (number - 1) * (_FRAME.size + self.size)

    def _head(self, number: int) -> tuple[int, ...]:
        return _FRAME.unpack_from(self.content, self._at(number))

    def _content(self, number: int) -> bytes:
        start = self._at(number) + _FRAME.size
        return self.content[start : start + self.size]


def checksum(content: bytes, order: str, seed: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's checksum of an even number of 32-bit words, going on from a seed."""
    first, second = seed
    for one, two in struct.iter_unpack(f"{order}2I", content):
        first = (first + one + second) & _MASK
        second = (second + two + first) & _MASK
    return first, second
