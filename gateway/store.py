"""The box's memory: the only writer of the database, one transaction per batch of events.

Theory of operation
-------------------
Everything that one batch of events means (readings, alerts, applied detections, outbox rows) is written in one
transaction with `synchronous=FULL`; only then may anything be acknowledged to anybody. A batch is handed to SQLite's
thread as a whole, so that a press costs one hand-over and one flush.

When the disk refuses (full, read-only, broken, or simply not answering), telling goes before remembering: the batch
is kept in memory, in order, the caller goes on, and the whole backlog is written before anything newer as soon as the
disk takes it again. `trouble` names what is wrong meanwhile. That is so from the first moment: a store that cannot
even be opened is opened later.

When the file itself is damaged, it is replaced (`gateway.store_file`) and the backlog goes into the new one; `mended`
says so, and the watch then restates all that it believes.

A box that starts on a full disk could not even open its memory, since SQLite needs a little room beside the file. So
some room is kept in a file of its own, and given up when nothing else helps.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING, Any, Self

import aiosqlite

from alerts.durable.damage import LOST, SQLITE_SAYS, Condition, Damaged, condition_of
from gateway import rows
from gateway.batch import FORGET_REFUSALS, Batch, statements
from gateway.in_doubt import still_to_write
from gateway.store_file import make_ready, not_told
from gateway.store_log import CHECKPOINT_PAGES, has_room, lengthen_log
from gateway.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime
    from pathlib import Path

    from alerts.durable.mended import Mended

log = logging.getLogger("shouwang.store")

BACKLOG_READINGS = 50_000
"""Readings kept in memory while the disk refuses; the oldest go first, alerts and deliveries never.

Source: our choice: 25 days of a home of 2,000 readings a day, about 20 MB.
"""

RETRY_S = 2.0
"""Seconds between tries to write while the disk refuses. Source: our choice."""

MEND_AGAIN_S = 60.0
"""A file that is damaged again sooner than this waits for `RETRY_S` each time. Source: our choice."""

STUCK_S = 2.0
"""How long a commit may take before the alert in it is told without it. Source: our choice: a card that tidies up
takes tenths of a second; the ladder's own promise is seconds."""

STUCK = f"{Condition.DISK_BROKEN}: no answer for {STUCK_S:g} s"


class Store:
    """One SQLite file and the one connection that writes to it.

    Make it with `open`; close it with `close`.

    `living`, once somebody sets it, gives the keys of the alerts that live, for a file that is replaced by a backup;
    `replaced` is called when another file has taken the place.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        self.mended: Mended | None = None
        self.replaced: Callable[[], Awaitable[None]] | None = None
        self.living: Callable[[], Collection[str]] | None = None
        self._writer: aiosqlite.Connection | None = None
        self._backlog: list[Batch] = []
        self._under_way: asyncio.Future[str] | None = None
        self._retry_at = self._mend_at = 0.0
        self._condemned: Condition | None = None

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the store, mend it if it is damaged, and bring it to the newest schema.

        A disk that refuses is no error: `trouble` names it, and the store is opened once it no longer does.

        Args:
            path: the database file; its folder is made if missing.

        Raises:
            gateway.migrate.StoreTooNew: if a newer version wrote the file.
        """
        store = cls(path)
        store.trouble = await store._attempt(store._open_writer())
        return store

    async def close(self) -> None:
        """Write what is left, if the disk takes it, and close."""
        if self._backlog:
            await self._write_backlog()
        await self._drop_writer()

    async def commit(self, batch: Batch) -> bool:
        """Write a batch in one transaction.

        Args:
            batch: what happened.

        Returns:
            True when it is on disk; False when the disk refuses and it is kept in memory (see `trouble`).

        Raises:
            sqlite3.IntegrityError: if the batch contradicts the schema, which is a fault of ours.
        """
        if batch:
            self._backlog.append(batch)
        done = await self._write_backlog()
        if not done:
            self._keep_within_bounds()
        return done

    async def condemn(self, condition: Condition) -> None:
        """Have the file replaced before the next batch: it was found damaged, moved or deleted."""
        self._condemned, self.trouble = condition, str(condition)
        await self._drop_writer()

    async def _write_backlog(self) -> bool:
        """Write what waits, in its order. Gives whether everything is on disk."""
        loop = asyncio.get_running_loop()
        while self._backlog or self._writer is None:
            if self._under_way is None:
                if loop.time() < self._retry_at:
                    return False
                self._under_way = asyncio.ensure_future(self._attempt(self._write(self._backlog[:1])))
            done, _ = await asyncio.wait({self._under_way}, timeout=0.0 if self.trouble == STUCK else STUCK_S)
            if not done:
                self.trouble = STUCK
                return False
            self.trouble, self._under_way = self._under_way.result(), None
            if self.trouble and not self._may_mend(loop.time()):
                self._retry_at = loop.time() + RETRY_S
                return False
        self.trouble = ""
        return True

    def _may_mend(self, now_s: float) -> bool:
        """Say whether to replace a damaged file at once; not again and again on a card that spoils every file."""
        if self._condemned is None or now_s < self._mend_at:
            return False
        self._mend_at = now_s + MEND_AGAIN_S
        return True

    async def _write(self, batches: list[Batch]) -> None:
        if self._writer is None:
            await self._open_writer()
            batches = [await self._in_doubt(batch) for batch in batches]
        for batch in batches:
            try:
                await self._transaction("batch", statements(batch))
            except sqlite3.IntegrityError:
                self._backlog.remove(batch)  # which would be no better the next time
                raise
        del self._backlog[: len(batches)]

    async def _in_doubt(self, batch: Batch) -> Batch:
        """Leave out what is there although its commit failed, for as long as it takes until this succeeds."""
        if self._writer is not None:
            batch = self._backlog[0] = await still_to_write(self._writer, batch)
        return batch

    async def _transaction(self, name: str, every: list[tuple[str, list[Any]]]) -> None:
        if self._writer is not None:
            await self._writer.executemany(name, every)

    async def _attempt(self, work: Awaitable[None]) -> str:
        """Give what the disk said to it; "" when it was done. A damaged file is not written to again."""
        try:
            await work
        except (*SQLITE_SAYS, OSError, Damaged) as error:
            condition = await asyncio.to_thread(condition_of, error, self.path)
            if condition is None:
                raise
            log.warning("the store: %s: %s", condition, error)
            if condition in LOST:
                await self.condemn(condition)
            elif condition is Condition.DISK_BROKEN:
                await self._drop_writer()  # a card that was taken out and put back is another one to it
            return f"{condition}: {error}"
        return ""

    async def _open_writer(self) -> None:
        mended = await asyncio.to_thread(make_ready, self.path, self._condemned)
        self._condemned = None
        if mended is not None:
            log.error("the store was damaged and has been replaced: %s", mended.detail())
        writer = await aiosqlite.connect(self.path, isolation_level="IMMEDIATE", factory=Transaction)
        try:
            await writer.execute("PRAGMA synchronous = FULL")
            await writer.execute("PRAGMA busy_timeout = 2000")
            await writer.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            await writer.execute("PRAGMA foreign_keys = ON")
            if has_room(self.path):
                await lengthen_log(writer)
            if mended is not None and self.living is not None:
                await _end_what_is_over(writer, self.living())
            noted = mended or self.mended or await asyncio.to_thread(not_told, self.path)
        except BaseException:
            await writer.close()
            raise
        self._writer, self.mended = writer, noted
        if self.replaced is not None:
            await self.replaced()

    async def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    def _keep_within_bounds(self) -> None:
        surplus = sum(len(b.readings) for b in self._backlog) - BACKLOG_READINGS
        for kept in self._backlog:
            if surplus <= 0:
                return
            dropped = min(surplus, len(kept.readings))
            del kept.readings[:dropped]
            surplus -= dropped

    async def count_start(self, at: datetime, before: int = 0) -> int:
        """Note that the process begins, and say how often it has; a full disk is no reason not to begin.

        Args:
            at: when.
            before: how often it has begun before, for when the file cannot be asked.
        """
        if self._writer is not None:
            ((before,),) = await self._writer.execute_fetchall("SELECT coalesce(max(id), 0) FROM starts")
        await self.commit(Batch(started=(before + 1, at)))
        return int(before) + 1

    async def add_history(self, statement: str, readings: list[Any]) -> bool:
        """Add readings that were fetched back from a damaged file; they are older than every other.

        Returns:
            False when that must be tried again later.
        """
        if self.trouble or self._writer is None:
            return False
        return not await self._attempt(self._transaction("history", [(statement, readings)]))

    async def first_reading(self) -> int:
        """Give the number of the oldest reading that is there."""
        if self._writer is None:
            return 0
        ((first,),) = await self._writer.execute_fetchall("SELECT coalesce(min(id), 0) FROM readings")
        return int(first)

    async def prune(self, before: datetime, refusals_kept: int) -> None:
        """Forget readings, closed alerts and their history from before a time, and all but the newest refusals.

        Nothing is forgotten while the disk refuses, which the next commit tells.
        """
        us = rows.to_us(before)
        old = "SELECT key FROM alerts WHERE state IN ('closed', 'cancelled') AND updated_at < ?"
        await self._attempt(
            self._transaction(
                "prune",
                [
                    ("DELETE FROM readings WHERE at < ? AND id < (SELECT max(id) FROM readings)", [(us,)]),
                    (f"DELETE FROM deliveries WHERE alert_key IN ({old})", [(us,)]),
                    (f"DELETE FROM alert_history WHERE alert_key IN ({old})", [(us,)]),
                    (f"DELETE FROM announcements WHERE alert_key IN ({old})", [(us,)]),
                    (f"DELETE FROM applied WHERE at < ? AND alert_key IN ({old})", [(us, us)]),
                    (f"DELETE FROM alerts WHERE key IN ({old})", [(us,)]),
                    ("DELETE FROM decisions WHERE at < ?", [(us,)]),
                    ("DELETE FROM trials WHERE ended_at < ?", [(us,)]),
                    ("DELETE FROM path_tests WHERE at < ?", [(us,)]),
                    (FORGET_REFUSALS, [(refusals_kept,)]),
                ],
            )
        )


async def _end_what_is_over(writer: aiosqlite.Connection, living: Collection[str]) -> None:
    """A backup may believe alive what ended since; what lives now of the same kind could not be written beside it."""
    found = await writer.execute_fetchall("SELECT key FROM alerts WHERE state NOT IN ('closed', 'cancelled')")
    over = [(key,) for (key,) in found if key not in living]
    end = "UPDATE alerts SET state = 'closed' WHERE key = ?"
    drop = "UPDATE deliveries SET state = 'superseded' WHERE alert_key = ? AND state IN ('due', 'sent')"
    await writer.executemany("over", [(end, over), (drop, over)])
