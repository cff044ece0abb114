"""Backups beside the store: written whole or not at all, checked before they count, the newest few kept.

They are numbered, since clocks go back.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.durable.damage import SQLITE_SAYS
from alerts.durable.exchange import STAMP, beside, flush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEPT = 3
"""Backups that are kept. Source: our choice: if the newest is bad too, and the one before it, there is a third."""


_NAME = re.compile(r"backup-(\d{6,})-(\d{8}T\d{6}\.\d{6}Z)")


class Backup(NamedTuple):
    """One backup: its number, of when it is, and where."""

    number: int
    at: datetime
    path: Path


def make(path: Path, now: datetime, write: Callable[[Path], None]) -> Backup:
    """Makes a backup.

    Args:
        path: of the store.
        now: what the backup is of.
        write: makes the backup's file, which is not there yet.

    Returns:
        The backup.

    Raises:
        OSError, sqlite3.Error: there is no new backup; the older ones are as they were.
    """
    place = beside(path, "backing-up")
    for left in (place, beside(place, "journal")):
        left.unlink(missing_ok=True)
    write(place)
    check(place)
    flush(place)
    number = next((newest.number for newest in _every(path)), 0) + 1
    made = Backup(number, now, beside(path, f"backup-{number:06}-{now.astimezone(UTC).strftime(STAMP)}"))
    place.rename(made.path)
    flush(path.parent)
    for old in _every(path)[KEPT:]:
        old.path.unlink()
    return made


def good(path: Path) -> Iterator[Backup]:
    """The backups of a store that pass the check, newest first."""
    for backup in _every(path):
        try:
            check(backup.path)
        except SQLITE_SAYS:
            continue
        yield backup


def check(path: Path) -> None:
    """Reads a file that nobody writes to.

    Raises:
        sqlite3.DatabaseError: it is damaged, or no database.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _every(path: Path) -> list[Backup]:
    """Every backup, newest first."""
    found = []
    for file in path.parent.iterdir():
        named = _NAME.fullmatch(file.name.removeprefix(f"{path.name}-"))
        if named is not None and file.name.startswith(path.name):
            at = datetime.strptime(named[2], STAMP).replace(tzinfo=UTC)
            found.append(Backup(int(named[1]), at, file))
    return sorted(found, reverse=True)
