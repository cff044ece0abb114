"""A copy of the store to read from, for a box that starts on a disk which takes nothing: not even its index.

The box then remembers what it must from the copy, tells what is due, and keeps what happens in memory until the disk
takes it (`gateway.store`). The copy lies in memory, or wherever there is room; a damaged one is mended there.
"""

from __future__ import annotations

import glob
import logging
import shutil
import tempfile
from pathlib import Path

from alerts.durable.exchange import beside
from gateway.store_file import make_ready

log = logging.getLogger("shouwang.store")

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, for root's or our eyes only


def stand_in(path: Path) -> Path:
    """Make the copy.

    Args:
        path: of the store, which may be missing or unreadable.

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
            shutil.copyfile(file, folder / file.name)
        except OSError as error:
            log.warning("the store: %s cannot be read: %s", file.name, error)
    make_ready(copy)
    return copy
