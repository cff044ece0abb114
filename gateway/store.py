"""The box's memory: the only writer of the database, one transaction per batch of events.

Theory of operation
-------------------
Everything that one batch of events means (readings, alerts, applied detections, outbox rows) is written in one
transaction with `synchronous=FULL`; only then may anything be acknowledged to anybody. A batch is handed to SQLite's
thread as a whole, so that a press costs one hand-over and one flush.

When the disk refuses (full, read-only, broken), telling goes before remembering: the batch is kept in memory, in
order, the caller goes on, and the whole backlog is written before anything newer as soon as the disk takes it again.
`trouble` names what is wrong meanwhile.

A box that starts on a full disk could not even open its memory, since SQLite needs a little room beside the file. So
some room is kept in a file of its own, and given up when nothing else helps.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, Self

import aiosqlite

from gateway import rows
from gateway.batch import FORGET_REFUSALS, Batch, statements
from gateway.migrate import PAGE_BYTES, migrate, migrations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

BACKLOG_READINGS = 50_000
"""Readings kept in memory while the disk refuses; the oldest go first, alerts and deliveries never.

Source: our choice: 25 days of a home of 2,000 readings a day, about 20 MB.
"""

RETRY_S = 5.0
"""Seconds between tries to write while the disk refuses. Source: our choice."""

RESERVE_BYTES = 1 << 20
"""Room kept for a start on a full disk. Source: our choice: SQLite's shared index takes 32 KB, a commit about 20 KB."""


CHECKPOINT_PAGES = 4000
"""Pages of the log before they are copied home, in the same call as some commit. Source: our choice: 4 MB, a day of a
normal home, so that the copying wears the flash once for many changes and hardly ever falls on a press."""


ROOM_FOR_LOG = 16 * CHECKPOINT_PAGES * PAGE_BYTES
"""Free bytes on the disk from which the log is written to its length beforehand. Source: our choice: 64 MB."""


class Transaction(sqlite3.Connection):
    """A connection whose `executemany` takes a whole transaction, so that it costs one hand-over between threads."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run statements and commit, or roll back and raise.

        Args:
            sql: what the transaction is called; only for whoever reads a trace.
            parameters: (statement, rows) in their order.
        """
        del sql
        cursor = self.cursor()
        with self:
            for statement, rows_of_it in parameters:
                cursor.executemany(statement, rows_of_it)
        return cursor


class Store:
    """One SQLite file and the one connection that writes to it.

    Make it with `open`; close it with `close`.
    """

    def __init__(self, writer: aiosqlite.Connection) -> None:
        self._writer = writer
        self._backlog: list[Batch] = []
        self._retry_at = 0.0
        self.trouble = ""

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the store and bring it to the newest schema.

        Args:
            path: the database file; its folder is made if missing.

        Raises:
            gateway.migrate.StoreTooNew: if a newer version wrote the file.
            sqlite3.Error: if the file cannot be opened or is no database.
        """
        await asyncio.to_thread(_prepare, path)
        writer = await aiosqlite.connect(path, isolation_level="IMMEDIATE", factory=Transaction)
        await writer.execute("PRAGMA synchronous = FULL")
        await writer.execute("PRAGMA busy_timeout = 2000")
        await writer.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        await writer.execute("PRAGMA foreign_keys = ON")
        if shutil.disk_usage(path.parent).free > ROOM_FOR_LOG:
            await _lengthen_log(writer)
        return cls(writer)

    async def close(self) -> None:
        """Write what is left, if the disk takes it, and close."""
        if self._backlog:
            await self._write_backlog()
        await self._writer.close()

    async def commit(self, batch: Batch) -> bool:
        """Write a batch in one transaction.

        Args:
            batch: what happened.

        Returns:
            True when it is on disk; False when the disk refuses and it is kept in memory (see `trouble`).

        Raises:
            sqlite3.IntegrityError: if the batch contradicts the schema, which is a fault of ours.
        """
        if self._backlog and not await self._write_backlog():
            self._keep(batch)
            return False
        return await self._try(batch)

    async def _try(self, batch: Batch) -> bool:
        try:
            await self._writer.executemany("batch", statements(batch))
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            self.trouble = str(error)
            self._retry_at = asyncio.get_running_loop().time() + RETRY_S
            self._keep(batch)
            return False
        self.trouble = ""
        return True

    async def _write_backlog(self) -> bool:
        if asyncio.get_running_loop().time() < self._retry_at:
            return False
        waiting, self._backlog = self._backlog, []
        while waiting:
            if not await self._try(waiting[0]):
                self._backlog = waiting  # _try kept the refused batch at the end of a fresh list
                return False
            waiting.pop(0)
        return True

    def _keep(self, batch: Batch) -> None:
        if batch:
            self._backlog.append(batch)
        surplus = sum(len(b.readings) for b in self._backlog) - BACKLOG_READINGS
        for kept in self._backlog:
            if surplus <= 0:
                return
            dropped = min(surplus, len(kept.readings))
            del kept.readings[:dropped]
            surplus -= dropped

    async def count_start(self, at: datetime) -> int:
        """Note that the process begins, and say how often it has; a full disk is no reason not to begin."""
        ((started,),) = await self._writer.execute_fetchall("SELECT coalesce(max(id), 0) FROM starts")
        await self.commit(Batch(started=(started + 1, at)))
        return int(started) + 1

    async def prune(self, before: datetime, refusals_kept: int) -> None:
        """Forget readings, closed alerts and their history from before a time, and all but the newest refusals.

        Nothing is forgotten while the disk refuses, which the next commit tells.
        """
        us = rows.to_us(before)
        old = "SELECT key FROM alerts WHERE state IN ('closed', 'cancelled') AND updated_at < ?"
        try:
            await self._writer.execute(
                "DELETE FROM readings WHERE at < ? AND id < (SELECT max(id) FROM readings)", (us,)
            )
            await self._writer.execute(f"DELETE FROM deliveries WHERE alert_key IN ({old})", (us,))
            await self._writer.execute(f"DELETE FROM alert_history WHERE alert_key IN ({old})", (us,))
            await self._writer.execute(f"DELETE FROM announcements WHERE alert_key IN ({old})", (us,))
            await self._writer.execute(f"DELETE FROM applied WHERE at < ? AND alert_key IN ({old})", (us, us))
            await self._writer.execute(f"DELETE FROM alerts WHERE key IN ({old})", (us,))
            await self._writer.execute("DELETE FROM decisions WHERE at < ?", (us,))
            await self._writer.execute("DELETE FROM trials WHERE ended_at < ?", (us,))
            await self._writer.execute("DELETE FROM path_tests WHERE at < ?", (us,))
            await self._writer.execute(FORGET_REFUSALS, (refusals_kept,))
            await self._writer.commit()
        except sqlite3.OperationalError:
            await self._writer.rollback()


async def _lengthen_log(writer: aiosqlite.Connection) -> None:
    """Write the log once to the length that it will have, and take it back.

    A flush into a file that does not grow need not change the file system's own tables: a commit then takes about half
    the time (measured with 1 KB pages: 0.16 ms instead of 0.29, p99 0.4 instead of 0.8). Where it cannot, it grows as
    it is needed.
    """
    try:
        await writer.execute("PRAGMA cache_size = 10")  # so small that the rows are spilled to the log
        await writer.execute("BEGIN IMMEDIATE")
        await writer.execute("CREATE TABLE room (x)")
        await writer.execute(_FILL_LOG, (CHECKPOINT_PAGES, PAGE_BYTES * 9 // 10))
    except sqlite3.OperationalError:
        pass
    finally:
        await writer.rollback()
        await writer.execute("PRAGMA cache_size = -2000")


_FILL_LOG = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    INSERT INTO room SELECT zeroblob(?) FROM n"""


def _prepare(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    reserve = path.with_name(f"{path.name}-reserve")
    try:
        _bring_up(path)
    except sqlite3.OperationalError:
        if not reserve.exists():
            raise
        reserve.unlink()
        _bring_up(path)
    else:
        _keep_room(reserve)


def _keep_room(reserve: Path) -> None:
    if reserve.exists():
        return
    try:
        with reserve.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError:  # too full already: no room is kept until the next start
        reserve.unlink(missing_ok=True)


def _bring_up(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, migrations())
    finally:
        connection.close()
