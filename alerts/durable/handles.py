"""A store's files, read beside SQLite without its losing its locks.

POSIX takes all of a process's locks on a file away when the process closes any descriptor of it. If we opened, read and
closed the file of a store that a connection of ours has open, another process could then believe that nobody uses it:
it would cut the shared index short under our connection, which is a bus error and the end of the process, or delete the
log. So each file is opened once and its descriptor kept for as long as the process lives; a store has three files.

Source: sqlite.org/howtocorrupt.html, section 2.2.
"""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK_BYTES = 1 << 20

_one_at_a_time = Lock()
"""Stores are looked at in threads."""

_held: dict[tuple[int, int], int] = {}
"""Device and inode → descriptor. A file with a descriptor keeps its inode, so the key cannot come to mean another."""


def read(path: Path, at: int = 0, count: int | None = None) -> bytes:
    """Read some of a store's file, or all of it.

    Args:
        path: the file.
        at: where to begin, in bytes.
        count: how many bytes; None for all that follow.

    Returns:
        The bytes; fewer than asked for where the file ends.

    Raises:
        OSError: if it is missing or the disk refuses.
    """
    with _one_at_a_time:
        number = _descriptor(path)
        return os.pread(number, os.fstat(number).st_size - at if count is None else count, at)


def copy(path: Path, to: Path) -> None:
    """Copy a store's file to a new one. Raises OSError."""
    with to.open("wb") as target:
        at = 0
        while piece := read(path, at, _CHUNK_BYTES):
            target.write(piece)
            at += len(piece)


def require_writable(path: Path) -> None:
    """Try whether a store's file might be written to. Raises OSError, which says what refuses."""
    if not os.access(path, os.W_OK):
        number = os.open(path, os.O_RDWR)
        with _one_at_a_time:
            _keep(number)


def _descriptor(path: Path) -> int:
    there = path.stat()
    held = _held.get((there.st_dev, there.st_ino))
    return _keep(os.open(path, os.O_RDONLY)) if held is None else held


def _keep(number: int) -> int:
    _let_go()
    found = os.fstat(number)
    return _held.setdefault((found.st_dev, found.st_ino), number)


def _let_go() -> None:
    """Close those of deleted files: no other process can come upon these."""
    for key, number in list(_held.items()):
        try:
            deleted = not os.fstat(number).st_nlink
        except OSError:  # a file system in user space may have nothing to say of it any more
            deleted = True
        if deleted:
            with suppress(OSError):  # of a file system that is gone; the descriptor is free all the same
                os.close(_held.pop(key))
