"""How a home's store is looked at and mended (`alerts.durable.mending`): what matters of it, and its readings.

The readings since the snapshot are read back at once, so that the belief is of the last moment. Older ones are
history: they are fetched back later, while the watch is awake (`read_history`), with the numbers they had.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from alerts.durable.damage import SQLITE_SAYS, Condition, Damaged
from alerts.durable.looking import check_tables
from alerts.durable.mending import Make
from alerts.durable.salvage import columns_of, open_damaged, put
from gateway import rows
from gateway.batch import columns
from gateway.essentials import LIVE, TABLES, prepare
from gateway.recall import LOOKED_BACK
from gateway.sense import READINGS, complete, drop_senseless, makes_sense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

FIRST_STRIDE, LONGEST_STRIDE = 8, 4096
"""Numbers of readings that are passed over where they cannot be read, doubling. Source: our choice: a page holds about
15 readings."""


def read_history(damaged: Path, first: int, count: int) -> tuple[int, str, list[tuple[Any, ...]]]:
    """Read older readings of a damaged file, to be added to the one in its place with the numbers they had.

    Args:
        damaged: the file that was kept.
        first: the lowest number that is there already.
        count: how many numbers to go back.

    Returns:
        The lowest number looked at, the statement that adds them, and the rows for it.

    Raises:
        sqlite3.DatabaseError: if the file's table of readings cannot be found.
    """
    with closing(open_damaged(damaged)) as source:
        names = columns_of(source, "readings")
        if set(names) != {"id", *rows.READING_COLUMNS}:
            raise sqlite3.DatabaseError("its readings cannot be found")
        marks = ", ".join("?" * len(names))
        statement = f"INSERT OR IGNORE INTO readings ({columns(names)}) VALUES ({marks})"
        low = max(0, first - count)
        return low, statement, list(_readings(source, names, low - 1, first - 1))


def _salvage_readings(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy the readings that the snapshot does not contain, and in any case the newest, which the next one follows."""
    ((seen,),) = target.execute("SELECT coalesce(max(reading_id), 0) FROM snapshot")
    try:
        last = int(source.execute("SELECT coalesce(max(id), 0) FROM readings").fetchone()[0])
    except SQLITE_SAYS:
        return False
    found = _copy_readings(source, target, seen, last) or _copy_readings(source, target, last - 1, last)
    return found >= min(1, last)


def _copy_readings(source: sqlite3.Connection, target: sqlite3.Connection, after: int, last: int) -> int:
    """Copy the readings after one number up to another. Gives how many."""
    copied = 0
    names = [name for name in columns_of(target, "readings") if name in columns_of(source, "readings")]
    for copied, row in enumerate(_readings(source, names, after, last), start=1):  # noqa: B007 - counted
        put(target, "readings", dict(zip(names, row, strict=True)))
    return copied


def _readings(source: sqlite3.Connection, names: list[str], after: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Give the readings after one number up to another; what cannot be read is passed over in growing strides."""
    select = f"SELECT {columns(names)} FROM readings WHERE id > ? AND id <= ? ORDER BY id"
    stride = FIRST_STRIDE
    while after < last:
        try:
            for row in source.execute(select, (after, last)):
                yield row
                after, stride = row[names.index("id")], FIRST_STRIDE
        except SQLITE_SAYS:
            after, stride = after + stride, min(stride * 2, LONGEST_STRIDE)
        else:
            return


def _look_at_what_is_read(connection: sqlite3.Connection, there: set[str]) -> None:
    check_tables(connection, [table.name for table in TABLES if table.name in there])
    connection.execute(f"SELECT count(origin) FROM (SELECT * FROM readings ORDER BY id DESC LIMIT {LOOKED_BACK})")
    for name, names, rest, read in (
        ("alerts", rows.ALERT_COLUMNS, f"WHERE {LIVE}", rows.alert_of),
        ("deliveries", rows.DELIVERY_COLUMNS, "WHERE state IN ('due', 'sent')", rows.delivery_of),
        ("readings", rows.READING_COLUMNS, READINGS, rows.reading_of),
    ):
        if not all(makes_sense(read, row) for row in _select(connection, name, names, rest)):
            raise Damaged(Condition.DAMAGED, f"{name}: a value makes no sense")


def _select(connection: sqlite3.Connection, table: str, names: tuple[str, ...], rest: str) -> Iterator[tuple[Any, ...]]:
    """Give rows as they will be read; none of a table that the migration has yet to bring up."""
    there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
    if there.issuperset(names):
        yield from connection.execute(f"SELECT {columns(names)} FROM {table} {rest}")


def _the_watch_tells(_target: sqlite3.Connection, _since: datetime | None) -> None:
    """Leave it at what is written down of every mending: the watch tells that, and owes again what may be missing."""


MAKE = Make(
    tables=TABLES,
    prepare=prepare,
    look_further=_look_at_what_is_read,
    read_more=_salvage_readings,
    drop_senseless=drop_senseless,
    complete=complete,
    note_loss=_the_watch_tells,
)
"""A home's store."""
