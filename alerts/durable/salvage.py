"""Rows out of a file that may be damaged, as far as they can be read, into one that is good."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.durable.damage import SQLITE_SAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One table that matters.

    Args:
        name: of the table.
        order: the columns in whose order its own rows lie, so that reading it needs no index.
        recent: which rows a small backup holds; `?` is the oldest time. "" where backups are whole.
    """

    name: str
    order: str
    recent: str = ""


def open_damaged(path: Path) -> sqlite3.Connection:
    """Open a file that may be damaged. Source: sqlite.org: with a writable schema a short file can be read, too."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.text_factory = lambda text: text.decode(errors="replace")
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def read_out(source: sqlite3.Connection, target: sqlite3.Connection, tables: Iterable[Table]) -> bool:
    """Copy what can be read and is not there yet.

    Args:
        source: a damaged store, or a backup.
        target: in a transaction.
        tables: what to copy.

    Returns:
        Whether everything could be read.
    """
    read = [_read_out(source, target, table) for table in tables]  # each of them, also after one that failed
    return all(read)


def _read_out(source: sqlite3.Connection, target: sqlite3.Connection, table: Table) -> bool:
    """Read from the front up to what cannot be read, and from the back."""
    for direction in ("", " DESC"):
        order = ", ".join(f"{name}{direction}" for name in table.order.split(", "))
        try:
            if not columns_of(source, table.name):
                return version_of(source) < version_of(target)  # an older file does not have it yet
            for row in rows_of(source, target, table.name, f"ORDER BY {order}"):
                put(target, table.name, row)
        except SQLITE_SAYS:
            continue
        return not direction
    return False


def put(target: sqlite3.Connection, table: str, row: Row) -> None:
    """Add a row, unless it contradicts one that is there."""
    marks = ", ".join("?" * len(row))
    target.execute(f"INSERT OR IGNORE INTO {table} ({quoted(row)}) VALUES ({marks})", list(row.values()))


def rows_of(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, rest: str, values: Sequence[Any] = ()
) -> Iterator[Row]:
    """Give the rows of a table by the columns that both files have: one of them may be of an older version."""
    theirs = columns_of(source, table)
    names = [name for name in columns_of(target, table) if name in theirs]
    for row in source.execute(f"SELECT {quoted(names)} FROM {table} {rest}", values):
        yield dict(zip(names, row, strict=True))


def version_of(connection: sqlite3.Connection) -> int:
    """Give the number of a file's schema."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Give the names of a table's columns."""
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]


def quoted(names: Iterable[str]) -> str:
    """Give names as an SQL list of columns."""
    return ", ".join(f'"{name}"' for name in names)
