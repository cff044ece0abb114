"""Looks after the station's store while it works: a backup each hour, a check of every page each day.

What an hour-old backup lacks the homes tell again; only what people decided here and the homes have not heard yet would
be lost, and then the homes go on calling.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from alerts.durable import backups
from alerts.durable.damage import LOST, SQLITE_SAYS, Condition, condition_of
from alerts.durable.looking import check
from alerts.durable.place import Place
from alerts.durable.words import NO_BACKUP
from alerts.station.mend import back_up

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from alerts.durable.mended import Mended
    from alerts.station.store import Store

log = logging.getLogger("shouwang.station")

LOOK_S = 2.0
"""How often to look whether anything is due. Source: our choice."""

BACKUP_S = 3600.0
"""Between backups. Source: our choice: the homes fill in what is missing."""

CHECK_FIRST_S, CHECK_S = 60.0, 86_400.0
"""After the start, and between checks of every page. Source: our choice."""

FAILURES_TOLD = 3
"""Backups that fail in a row before the console tells. Source: our choice: a disk full for a moment is none."""


class Upkeep:
    """One station's upkeep; `look` is to be called every `LOOK_S` seconds.

    Args:
        store: looked after.
        tell: has the people on duty told: a detail in the words of `alerts.durable.words`, and since when.
    """

    def __init__(self, store: Store, tell: Callable[[str, datetime], Awaitable[None]]) -> None:
        self._store, self._tell = store, tell
        self._place = Place(store.path)
        self._mended: Mended | None = None
        self._backup_s, self._check_s = 0.0, CHECK_FIRST_S
        self._failures = 0

    async def look(self, awake_s: float, now: datetime) -> None:
        """Does what is due.

        Args:
            awake_s: seconds since the start.
            now: the station's time.

        Raises:
            sqlite3.OperationalError: the disk refuses.
        """
        await self._store.begin_again()
        if self._store.mended is not None and self._store.mended is not self._mended:
            await self._tell(self._store.mended.detail(), self._store.mended.since or now)
            self._mended, self._backup_s, self._check_s = self._store.mended, 0.0, awake_s + CHECK_FIRST_S
            self._place.forget()
        if await self._place.is_lost():
            self._place.forget()
            await self._store.condemn(Condition.GONE)
            return
        if awake_s >= self._backup_s:
            self._backup_s = awake_s + BACKUP_S
            await self._back_up(now)
        if awake_s >= self._check_s:
            self._check_s = awake_s + CHECK_S
            await self._check()

    async def _back_up(self, now: datetime) -> None:
        path = self._store.path
        try:
            await asyncio.to_thread(backups.make, path, now, partial(back_up, path))
        except (OSError, *SQLITE_SAYS) as error:
            condition = await asyncio.to_thread(condition_of, error, path)
            log.warning("no backup could be made: %s: %s", condition, error)
            self._failures += 1
            if condition is not None and condition in LOST:
                await self._store.condemn(condition)
            elif self._failures == FAILURES_TOLD:
                await self._tell(f"{NO_BACKUP} {condition or Condition.DISK_BROKEN}", now)
            self._backup_s = 0.0
        else:
            self._failures = 0

    async def _check(self) -> None:
        found = await asyncio.to_thread(check, self._store.path)
        if found:
            log.error("the store failed its check: %s", found)
            await self._store.condemn(Condition.DAMAGED)
