"""A damaged store is replaced: by what can be read of it, by the newest good backup, or by an empty one.

Theory of operation
-------------------
The new file is made beside the old one and takes its place at once (`alerts.durable.exchange`); the old one is kept
for the installer. What can still be read comes first, since it is newest; the backup fills in what is missing; what
contradicts is left out, for there is one live alert of a kind and subject. A row may be read back as it was before
its last change: then somebody is told again, with the same delivery id, of something that may be over. That is the
side to err on.

The readings since the snapshot are read back too, so that the belief is of the last moment. Older ones are history:
they are fetched back later, while the watch is awake (`read_history`), with the numbers they had.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.durable import backups, log
from alerts.durable.damage import Condition
from alerts.durable.exchange import beside, draft, exchange
from gateway.batch import columns
from gateway.essentials import TABLES, columns_of, new_file, put, read_out
from gateway.sense import make_sense_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

FIRST_STRIDE, LONGEST_STRIDE = 8, 4096
"""Numbers of readings that are passed over where they cannot be read, doubling. Source: our choice: a page holds about
15 readings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What was done about a damaged store.

    Args:
        condition: what was wrong.
        how: "whole" (everything that matters was read back), "partly" (the backup filled gaps), "backup" (nothing could
            be read: it is as the backup was) or "anew" (there was no backup either).
        since: the backup's time, from which on something may be missing; None when there was none, or no need of it.
        kept: where the damaged file is kept.
    """

    condition: Condition
    how: str
    since: datetime | None
    kept: Path | None

    def detail(self) -> str:
        """Say it in words that do not change, for evidence and logs."""
        return " ".join([self.condition, self.how, *([self.since.isoformat()] if self.since else [])])


def mend(path: Path, condition: Condition) -> Mended:
    """Put the best that can be had in a damaged store's place.

    Args:
        path: of the store; nobody may have it open.
        condition: what is wrong with it.

    Raises:
        OSError, sqlite3.OperationalError: if the disk refuses; the damaged file is still in its place.
    """
    backup = next(backups.good(path), None)
    with _new_file(path, condition) as (target, source):
        target.execute("BEGIN")
        read, whole = (True, True) if source is None else _salvage(source, target)
        if backup is not None and not whole:
            with closing(_open(backup.path)) as older:
                read_out(older, target)
        whole = make_sense_of(target) and whole
        target.execute("COMMIT")
    how = "whole" if whole else "partly" if read else "backup" if backup is not None else "anew"
    since = backup.at if backup is not None and not whole else None
    return Mended(condition=condition, how=how, since=since, kept=exchange(path))


@contextmanager
def _new_file(path: Path, condition: Condition) -> Iterator[tuple[sqlite3.Connection, Path | None]]:
    """Begin the new file. Gives it, and what is to be salvaged into it; None when it is the old one with its log."""
    copy = beside(path, "log-applied")
    source: Path | None = path
    if condition is Condition.LOG_DAMAGED:
        source = copy
        log.mend(path, _read_so_far(path), copy)
        with suppress(sqlite3.DatabaseError):
            backups.check(copy)
            copy.rename(draft(path))
            source = None
    with closing(new_file(draft(path)) if source else _without_log(beside(path, "restoring"))) as target:
        yield target, source
    for left in (copy, beside(copy, "wal"), beside(copy, "shm")):
        left.unlink(missing_ok=True)


def _without_log(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    return connection


def read_history(damaged: Path, first: int, count: int) -> tuple[int, str, list[tuple[Any, ...]]]:
    """Read older readings of a damaged file, to be added to the one in its place with the numbers they had.

    Args:
        damaged: the file that was kept.
        first: the lowest number that is there already.
        count: how many numbers to go back.

    Returns:
        The lowest number looked at, the statement that adds them, and the rows for it.
    """
    with closing(_open(damaged)) as source:
        names = columns_of(source, "readings")
        marks = ", ".join("?" * len(names))
        statement = f"INSERT OR IGNORE INTO readings ({columns(names)}) VALUES ({marks})"  # noqa: S608 - own names
        low = max(0, first - count)
        return low, statement, list(_readings(source, names, low - 1, first - 1))


def _read_so_far(path: Path) -> int:
    with closing(_open(path)) as connection, suppress(sqlite3.DatabaseError):
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return log.read_so_far(path)
    return 0


def _salvage(path: Path, target: sqlite3.Connection) -> tuple[bool, bool]:
    """Copy what can be read of the damaged file. Gives whether that was anything, and whether it was everything."""
    if not path.exists():
        return False, False
    with closing(_open(path)) as source:
        whole = read_out(source, target)
        whole = _salvage_readings(source, target) and whole
    return any(target.execute(f"SELECT 1 FROM {table.name}").fetchone() for table in TABLES), whole  # noqa: S608 - ours


def _salvage_readings(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy the readings that the snapshot does not contain, and in any case the newest, which the next one follows."""
    ((seen,),) = target.execute("SELECT coalesce(max(reading_id), 0) FROM snapshot")
    try:
        last = int(source.execute("SELECT coalesce(max(id), 0) FROM readings").fetchone()[0])
    except sqlite3.DatabaseError:
        return False
    found = _copy_readings(source, target, seen, last) or _copy_readings(source, target, last - 1, last)
    return found >= min(1, last)


def _open(path: Path) -> sqlite3.Connection:
    """Open a file that may be damaged. Source: sqlite.org: with a writable schema a short file can be read, too."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.text_factory = lambda text: text.decode(errors="replace")
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def _copy_readings(source: sqlite3.Connection, target: sqlite3.Connection, after: int, last: int) -> int:
    """Copy the readings after one number up to another. Gives how many."""
    copied = 0
    names = [name for name in columns_of(target, "readings") if name in columns_of(source, "readings")]
    for copied, row in enumerate(_readings(source, names, after, last), start=1):  # noqa: B007 - counted
        put(target, "readings", dict(zip(names, row, strict=True)))
    return copied


def _readings(source: sqlite3.Connection, names: list[str], after: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Give the readings after one number up to another; what cannot be read is passed over in growing strides."""
    select = f"SELECT {columns(names)} FROM readings WHERE id > ? AND id <= ? ORDER BY id"  # noqa: S608 - own names
    stride = FIRST_STRIDE
    while after < last:
        try:
            for row in source.execute(select, (after, last)):
                yield row
                after, stride = row[names.index("id")], FIRST_STRIDE
        except sqlite3.DatabaseError:
            after, stride = after + stride, min(stride * 2, LONGEST_STRIDE)
        else:
            return
