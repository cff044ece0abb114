"""The store's file: looked at, mended where it must be, brought to the newest schema, and made ready for a writer.

What is looked at before anything else happens is what the start is going to read anyway: every table but the readings,
the newest readings, and the end of the log; a few milliseconds. All pages are checked later, and each day, beside the
running watch (`gateway.upkeep`): a year's store takes a second to read from a card, which the first alert must not
wait for.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from alerts.durable.damage import LOST, SQLITE_SAYS, Condition, Damaged, condition_of
from alerts.durable.exchange import beside, finish
from alerts.durable.looking import check_tables, look_at
from alerts.durable.mending import Mended, mend
from gateway import rows
from gateway.batch import columns
from gateway.essentials import LIVE, TABLES, prepare
from gateway.mend import MAKE
from gateway.migrate import PAGE_BYTES
from gateway.recall import LOOKED_BACK
from gateway.sense import READINGS, makes_sense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger("shouwang.store")

RESERVE_BYTES = 1 << 20
"""Room kept for a start on a full disk. Source: our choice: SQLite's shared index takes 32 KB, a commit about 20 KB."""


def make_ready(path: Path, condemned: Condition | None = None) -> Mended | None:
    """Bring the file up, whatever state it is in; if need be in the room that is kept for a full disk.

    Args:
        path: of the store; its folder is made if missing.
        condemned: what is known to be wrong with it, if anything is.

    Returns:
        What was done if it was damaged; None when it was in order, or not there yet.

    Raises:
        gateway.migrate.StoreTooNew: if a newer version wrote the file.
        OSError, sqlite3.Error: if the disk refuses.
    """
    reserve = beside(path, "reserve")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        mended = _bring_up(path, condemned)
    except (OSError, sqlite3.OperationalError):
        if not reserve.exists():
            raise
        reserve.unlink()
        return _bring_up(path, condemned)
    _keep_room(reserve)
    return mended


def _bring_up(path: Path, condemned: Condition | None) -> Mended | None:
    finish(path)
    condition, mended = condemned, None
    if condition is Condition.GONE and path.exists():
        condition = None
    if condition is None:
        condition = _look(path)
    if condition is not None:
        mended = mend(path, condition, MAKE)
    _migrate(path)
    return mended


def _look(path: Path) -> Condition | None:
    """Give what is wrong with the file, if it is lost by that. Raises what the disk says otherwise."""
    try:
        look_at(path, prepare, _look_at_what_is_read)
    except (*SQLITE_SAYS, Damaged) as error:
        condition = condition_of(error, path)
        if condition is None or condition not in LOST:
            raise
        log.warning("the store is damaged: %s", error)
        return condition
    return None


def _migrate(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # before the log, which fixes it
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        prepare(connection)


def _keep_room(reserve: Path) -> None:
    if reserve.exists():
        return
    try:
        with reserve.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError:  # too full already: no room is kept until the next start
        reserve.unlink(missing_ok=True)


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
