"""A look at a store before anybody uses it: is it what it should be, and does its log tell all that was committed?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from alerts.durable import backups
from alerts.durable.damage import SQLITE_SAYS, Condition, Damaged
from alerts.durable.exchange import beside
from alerts.durable.log import forgotten, read_so_far
from alerts.durable.salvage import columns_of, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def look_at(
    path: Path,
    prepare: Callable[[sqlite3.Connection], None],
    further: Callable[[sqlite3.Connection, set[str]], None],
) -> None:
    """Look at a store that nobody writes to.

    Args:
        path: of the store.
        prepare: makes a store of the newest schema in an empty file.
        further: looks at what the start is going to read, in the tables that are there; raises as this does.

    Raises:
        Damaged, sqlite3.DatabaseError: if the file must not be used as it is.
    """
    if not path.exists() or not path.stat().st_size:  # before SQLite sees it, which would throw the log away
        _require_new(path)
        return
    roll_back(path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        version = version_of(connection)
        if not there and not version:
            _require_new(path)
            return
        _require_schema(connection, version, prepare)
        lost = forgotten(path, read_so_far(path))
        if lost:
            raise Damaged(Condition.LOG_DAMAGED, f"{lost} commits stand behind a broken frame")
        further(connection, there)


def roll_back(path: Path) -> None:
    """Undo a change of the whole file that was interrupted, as when its log was first made; a reader could not.

    Raises:
        sqlite3.DatabaseError: if it cannot be undone.
    """
    if beside(path, "journal").exists():
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _require_schema(
    connection: sqlite3.Connection, version: int, prepare: Callable[[sqlite3.Connection], None]
) -> None:
    """A letter that changed in a column's name is found here, and not when the column is asked for."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        prepare(fresh)
        if version != version_of(fresh):
            return
        for (table,) in fresh.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if columns_of(connection, table) != columns_of(fresh, table):
                raise Damaged(Condition.DAMAGED, f"the columns of {table} are not as they were made")


def check_tables(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Check every page of some tables. Raises Damaged or sqlite3.DatabaseError."""
    for table in tables:
        found = connection.execute(f"PRAGMA quick_check({table})").fetchone()[0]
        if found != "ok":
            raise Damaged(Condition.DAMAGED, f"{table}: {' '.join(found.split())}")


def check(path: Path) -> str:
    """Read every page of a store that is in use. Gives what is wrong; "" when nothing is."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        except SQLITE_SAYS as error:
            return str(error)
    return "" if found == "ok" else found


def _require_new(path: Path) -> None:
    """An empty file is right for a store that is new, or whose first start was interrupted."""
    log = beside(path, "wal")
    if (log.exists() and log.stat().st_size) or next(backups.good(path), None) is not None:
        raise Damaged(Condition.NOT_A_STORE, "the file is empty or gone, but was there before")
