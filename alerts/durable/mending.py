"""A damaged store is replaced: by what can be read of it, by the newest good backup, or by an empty one.

Theory of operation
-------------------
The new file is made beside the old one and takes its place at once (`alerts.durable.exchange`); the old one is kept
for whoever wants to know. What can still be read comes first, since it is newest; the backup fills in what is missing;
what contradicts is left out. A row may be read back as it was before its last change: then somebody is told again,
with the same delivery id, of something that may be over. That is the side to err on.

Where only the log is damaged, the new file is the old one with all that the log still tells.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.durable import backups, log
from alerts.durable.damage import LOST, SQLITE_SAYS, Condition, Damaged, condition_of
from alerts.durable.exchange import beside, draft, exchange, finish
from alerts.durable.looking import look_at, roll_back
from alerts.durable.mended import Mended, write_down
from alerts.durable.salvage import open_damaged, read_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from alerts.durable.backups import Backup
    from alerts.durable.salvage import Table

logger = logging.getLogger("shouwang.store")


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """How a store of one kind is made.

    Args:
        tables: what matters of it.
        prepare: brings a file up to the newest schema; makes it in an empty one.
        look_further: looks at what the start is going to read, in the tables that are there (`looking.look_at`).
        read_more: copies from the damaged file what is not in `tables`; gives whether all of it could be read.
        drop_senseless: removes rows whose values make no sense; gives whether there were none.
        complete: makes up for what is still missing, and has the rest agree; gives whether nothing was.
        note_loss: writes down, before the new file counts, whom to ask for what is missing since a time (None: ever).
    """

    tables: tuple[Table, ...]
    prepare: Callable[[sqlite3.Connection], None]
    look_further: Callable[[sqlite3.Connection, set[str]], None]
    read_more: Callable[[sqlite3.Connection, sqlite3.Connection], bool]
    drop_senseless: Callable[[sqlite3.Connection], bool]
    complete: Callable[[sqlite3.Connection], bool]
    note_loss: Callable[[sqlite3.Connection, datetime | None], None]


def mend_if_lost(path: Path, condemned: Condition | None, make: Make) -> Mended | None:
    """Finish what was interrupted, look at a store, and replace it where it is lost.

    Args:
        path: of the store; nobody may have it open.
        condemned: what is known to be wrong with it, if anything is.
        make: of which kind it is.

    Returns:
        What was done; None when it was in order, or not there yet.

    Raises:
        OSError, sqlite3.Error: if the disk refuses; the store is still in its place.
    """
    finish(path)
    if condemned is Condition.GONE and path.exists():
        condemned = None
    condition = condemned or _lost_by(path, make)
    return mend(path, condition, make) if condition is not None else None


def _lost_by(path: Path, make: Make) -> Condition | None:
    """Give what is wrong with the file, if it is lost by that. Raises what the disk says otherwise."""
    try:
        look_at(path, make.prepare, make.look_further)
    except (*SQLITE_SAYS, Damaged) as error:
        condition = condition_of(error, path)
        if condition is None or condition not in LOST:
            raise
        logger.warning("the store is damaged: %s", error)
        return condition
    return None


def mend(path: Path, condition: Condition, make: Make) -> Mended:
    """Put the best that can be had in a damaged store's place.

    Args:
        path: of the store; nobody may have it open.
        condition: what is wrong with it.
        make: of which kind it is.

    Raises:
        OSError, sqlite3.OperationalError: if the disk refuses; the damaged file is still in its place.
    """
    with suppress(*SQLITE_SAYS):
        roll_back(path)
    backup = next(backups.good(path), None)
    with _new_file(path, condition, make) as (target, source, log_whole):
        target.execute("BEGIN")
        read, whole = (True, True) if source is None else _salvage(source, target, make)
        whole = make.drop_senseless(target) and whole and log_whole
        if backup is not None and not whole:
            with closing(open_damaged(backup.path)) as older:
                read_out(older, target, make.tables)
            make.drop_senseless(target)
        whole = make.complete(target) and whole
        since = backup.at if backup is not None and not whole else None
        if not whole:
            make.note_loss(target, since)
        how = "whole" if whole else _how(backup, read=read)
        mended = write_down(target, Mended(condition=condition, how=how, since=since, kept=None))
        target.execute("COMMIT")
    return replace(mended, kept=exchange(path))


def _how(backup: Backup | None, *, read: bool) -> str:
    if read:
        return "partly"
    return "anew" if backup is None else "backup"


def new_file(path: Path, make: Make) -> sqlite3.Connection:
    """Make an empty store, or bring a copy up to date; it is flushed by whoever puts it in its place.

    Returns:
        Its connection, with `isolation_level=None`; rows may come in any order.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = DELETE", "synchronous = OFF", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    make.prepare(connection)
    return connection


@contextmanager
def _new_file(path: Path, condition: Condition, make: Make) -> Iterator[tuple[sqlite3.Connection, Path | None, bool]]:
    """Begin the new file.

    Yields:
        It; what is to be salvaged into it, or None when it is the old file with all that its log tells; whether
        nothing of the log was lost.
    """
    copy = beside(path, "log-applied")
    source: Path | None = path
    log_whole = True
    if condition is Condition.LOG_DAMAGED:
        source = copy
        log_whole = log.mend(path, _read_so_far(path), copy)
        with suppress(*SQLITE_SAYS):
            backups.check(copy)
            _read_all(copy, make)
            copy.rename(draft(path))
            source = None
    with closing(new_file(draft(path) if source else beside(path, "restoring"), make)) as target:
        yield target, source, log_whole
    for left in (copy, beside(copy, "wal"), beside(copy, "shm")):
        left.unlink(missing_ok=True)


def _read_all(path: Path, make: Make) -> None:
    """Raise sqlite3.DatabaseError when a text is none."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        for table in make.tables:
            connection.execute(f"SELECT * FROM {table.name}").fetchall()  # noqa: S608 - ours


def _read_so_far(path: Path) -> int:
    with closing(open_damaged(path)) as connection, suppress(*SQLITE_SAYS):
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return log.read_so_far(path)
    return 0


def _salvage(path: Path, target: sqlite3.Connection, make: Make) -> tuple[bool, bool]:
    """Copy what can be read of the damaged file. Gives whether that was anything, and whether it was everything."""
    if not path.exists():
        return False, False
    with closing(open_damaged(path)) as source:
        whole = read_out(source, target, make.tables)
        whole = make.read_more(source, target) and whole
    anything = any(target.execute(f"SELECT 1 FROM {table.name}").fetchone() for table in make.tables)  # noqa: S608 - ours
    return anything, whole
