"""Puts a new file in a damaged store's place; a power cut at any point leaves the old one or the new one, whole.

Theory of operation
-------------------
The new file is written under another name (`-restoring`), flushed, and renamed to `-restored`: from then on it counts.
`finish` moves the old file and its logs aside, and then gives the new one the store's name; it does the same again
after a power cut between the two. The logs go first and for good: SQLite would apply an old one to a new file.

What was moved aside is kept for whoever wants to know, the newest few of it, named by when it was last written.
"""

from __future__ import annotations

import glob
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT_ASIDE = 2
"""Damaged files that are kept. Source: our choice: the first and the latest tell most; each may be 80 MB."""

LOGS = ("wal", "journal")
"""What SQLite would apply to whatever file stands beside it."""

STAMP = "%Y%m%dT%H%M%S.%fZ"
"""Times in file names sort as text."""


def beside(path: Path, suffix: str) -> Path:
    """A file of the store's own, next to it."""
    return path.with_name(f"{path.name}-{suffix}")


def draft(path: Path) -> Path:
    """Where a new file is to be written; nothing of an earlier one is left there."""
    place = beside(path, "restoring")
    for file in (place, beside(place, "wal"), beside(place, "shm"), beside(place, "journal")):
        file.unlink(missing_ok=True)
    return place


def exchange(path: Path) -> Path | None:
    """Gives the finished draft the store's name.

    Args:
        path: of the store; nobody may have it open.

    Returns:
        Where the old file is kept; None when there was none.
    """
    flush(beside(path, "restoring"))
    beside(path, "restoring").rename(beside(path, "restored"))
    flush(path.parent)
    return finish(path)


def finish(path: Path) -> Path | None:
    """Finishes an exchange, also one that a power cut interrupted. See `exchange`."""
    if not beside(path, "restored").exists():
        return None
    kept = _move_aside(path)
    beside(path, "restored").rename(path)
    flush(path.parent)
    return kept


def flush(path: Path) -> None:
    """Has a file's content, or a folder's names, on the disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def newest_aside(path: Path) -> Path | None:
    """Gives the damaged file that was kept last; None when there is none."""
    return next(reversed(_all_aside(path)), None)


def _all_aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{glob.escape(path.name)}-damaged-*Z"))


def _move_aside(path: Path) -> Path | None:
    files = [file for suffix in LOGS if (file := beside(path, suffix)).exists()]
    there = path.exists()
    if there or files:
        written = datetime.fromtimestamp((path if there else files[0]).stat().st_mtime, UTC)
        kept = beside(path, f"damaged-{written.strftime(STAMP)}")
        for file in files:
            file.rename(beside(kept, file.name.removeprefix(f"{path.name}-")))
        beside(path, "shm").unlink(missing_ok=True)
        if there:
            path.rename(kept)
        flush(path.parent)
    for old in _all_aside(path)[:-KEPT_ASIDE]:
        old.unlink()
        for suffix in LOGS:
            beside(old, suffix).unlink(missing_ok=True)
    return kept if there else None
