"""A copy of a store to read from, for who starts on a disk that takes nothing: not even the store's index.

The copy lies in memory, or wherever there is room; a damaged one is mended there.
"""

from __future__ import annotations

import glob
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.durable import handles
from alerts.durable.exchange import beside

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("shouwang")

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, for root's or our eyes only


def stand_in(path: Path, make_ready: Callable[[Path], object]) -> Path:
    """Make the copy.

    Args:
        path: of the store, which may be missing or unreadable.
        make_ready: brings a store of its kind up, mending it if need be.

    Returns:
        The copy, in a folder of its own.

    Raises:
        OSError: if there is no room anywhere.
    """
    folder = Path(tempfile.mkdtemp(prefix="shouwang-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
    copy = folder / path.name
    wanted = [path, beside(path, "wal"), *sorted(path.parent.glob(f"{glob.escape(path.name)}-backup-*"))]
    for file in wanted:
        try:
            handles.copy(file, folder / file.name)
        except OSError as error:
            log.warning("the store: %s cannot be read: %s", file.name, error)
    make_ready(copy)
    return copy
