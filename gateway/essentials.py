"""What a home cannot do without of its store: copied into a backup, and out of a damaged file as far as it can be read.

Readings are most of a store and are not among it: they are history, and a backup of them each hour would wear the
flash more than all else together. What the pipeline believes (the snapshot), the alerts, and what is owed to people
is a few dozen KB.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway import rows
from gateway.batch import columns
from gateway.migrate import PAGE_BYTES, migrate, migrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

KEPT_FOR = timedelta(days=7)
"""How far back a backup goes in what is over. Source: our choice: the station repeats a decision until it is answered;
who has been off for a week has lost more."""

LIVE = "state NOT IN ('closed', 'cancelled')"
_LIVE_KEYS = f"SELECT key FROM main.alerts WHERE {LIVE}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table that matters.

    Args:
        name: of the table.
        order: of its own rows, so that reading it needs no index.
        recent: which rows a backup holds; `?` is the oldest time.
    """

    name: str
    order: str
    recent: str


TABLES = (
    Table("alerts", "rowid", f"{LIVE} OR updated_at >= ?"),
    Table("applied", "name", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("deliveries", "alert_key, id", f"alert_key IN ({_LIVE_KEYS}) AND due_at >= ?"),
    Table("decisions", "id", "at >= ?"),
    Table("alert_history", "alert_key, revision", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("announcements", "alert_key, name", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("trials", "id", "? IS NOT NULL"),
    Table("snapshot", "id", "? IS NOT NULL"),
    Table("starts", "id", "? IS NOT NULL"),
)

NEWEST_READING = "SELECT max(id) FROM readings"


def new_file(path: Path) -> sqlite3.Connection:
    """Make an empty store that is flushed by whoever puts it in its place.

    Returns:
        Its connection, with `isolation_level=None`; rows may come in any order.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (f"page_size = {PAGE_BYTES}", "journal_mode = MEMORY", "synchronous = OFF", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    migrate(connection, migrations())
    return connection


def back_up(path: Path, now: datetime, copy: Path) -> None:
    """Write a backup of what matters; runs beside the writer, whose newest commit it sees or does not see whole.

    Args:
        path: of the store.
        now: from when it looks back.
        copy: the file to write.
    """
    oldest = rows.to_us(now - KEPT_FOR)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as source:
        source.execute("BEGIN")
        with closing(new_file(copy)) as target:
            target.execute("BEGIN")
            for table in TABLES:
                for row in _rows(source, target, table.name, f"WHERE {table.recent} ORDER BY {table.order}", (oldest,)):
                    put(target, table.name, row)
            for row in _rows(source, target, "readings", f"WHERE id = ({NEWEST_READING})"):
                put(target, "readings", row)  # so that numbers go on where they were
            target.execute("COMMIT")


def read_out(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy what matters and can be read, and is not there yet.

    Args:
        source: a damaged store, or a backup.
        target: in a transaction.

    Returns:
        Whether everything could be read.
    """
    read = [_read_out(source, target, table) for table in TABLES]  # each of them, also after one that failed
    return all(read)


def _read_out(source: sqlite3.Connection, target: sqlite3.Connection, table: Table) -> bool:
    """Read from the front up to what cannot be read, and from the back."""
    for direction in ("", " DESC"):
        order = ", ".join(f"{name}{direction}" for name in table.order.split(", "))
        try:
            if not columns_of(source, table.name):
                return version_of(source) < version_of(target)  # an older file does not have it yet
            for row in _rows(source, target, table.name, f"ORDER BY {order}"):
                put(target, table.name, row)
        except sqlite3.DatabaseError:
            continue
        return not direction
    return False


Row = dict[str, Any]


def put(target: sqlite3.Connection, table: str, row: Row) -> None:
    """Add a row, unless it contradicts one that is there."""
    names = columns(list(row))
    marks = ", ".join("?" * len(row))
    target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def _rows(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, rest: str, values: Sequence[Any] = ()
) -> Iterator[Row]:
    """Give the rows of a table by the columns that both files have: one of them may be of an older version."""
    names = [name for name in columns_of(target, table) if name in columns_of(source, table)]
    marks = rest.count("?")
    found = source.execute(f"SELECT {columns(names)} FROM {table} {rest}", list(values)[:marks])
    for row in found:
        yield dict(zip(names, row, strict=True))


def version_of(connection: sqlite3.Connection) -> int:
    """Give the number of a file's schema."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Give the names of a table's columns."""
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
