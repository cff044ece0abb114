"""Looks after the store while the watch is awake: backups, a check of every page, history fetched back after damage.

Theory of operation
-------------------
A backup holds what `gateway.essentials` names, a few dozen KB. One is made each hour, so that after the worst the
belief is at most that old, and soon after a change in which alerts live, so that a call for help outlives the file it
was written to. Every page is checked soon after the start and then daily; what the check finds is mended at once.

After a mending the trouble is over when the new file has passed the check and has a backup of its own.
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
from gateway.essentials import back_up
from gateway.mend import read_history
from gateway.store import STUCK
from gateway.watch import STORE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.durable.mended import Mended
    from gateway.store import Store
    from gateway.watch import Watch

log = logging.getLogger("shouwang.store")

LOOK_S = 2.0
"""How often to look whether anything is due. Source: our choice: a press is in a backup within a few seconds."""

BACKUP_S = 3600.0
"""Between backups when nothing happens. Source: our choice: 24 x 45 KB is 1.1 MB a day, a sixth of what readings cost
(docs/stores.md); an hour-old belief tells inactivity an hour early at worst."""

BACKUP_AGAIN_S = 60.0
"""Between backups when alerts change. Source: our choice: a restless button must not wear the flash."""

CHECK_FIRST_S, CHECK_S = 60.0, 86_400.0
"""After the start, and between checks of every page. Source: our choice: after the first alert, and daily."""

FAILURES_TOLD = 3
"""Backups that fail in a row before people are told. Source: our choice: a disk full for a moment is none."""

HISTORY_CHUNK, HISTORY_CHUNKS = 1000, 20
"""Readings fetched back in one transaction, and transactions at each look. Source: our choice: a press waits 10 ms at
worst, and a year of readings is back within 5 minutes."""


class Upkeep:
    """One store's upkeep; `look` is to be called every `LOOK_S` seconds.

    Args:
        store: looked after.
        watch: told of troubles; knows which alerts live.
    """

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store, self._watch = store, watch
        self._checked_s: float | None = None
        self._backed_up_s: float | None = None
        self._backed_up: Mapping[str, str] = {}
        self._failures = 0
        self._mended: Mended | None = None
        self._history: int | None = None
        self._place = Place(store.path)

    async def look(self, awake_s: float, now: datetime) -> None:
        """Do what is due.

        Args:
            awake_s: seconds since the start.
            now: the time (aware UTC).
        """
        if self._store.trouble:
            if self._store.trouble != STUCK:  # a disk that refuses may do so because the file has gone
                await self._is_gone()
            return
        if self._store.mended is not self._mended:
            self._begin_anew()
        if await self._is_gone():
            return
        await self._fetch_history()
        if self._backup_due(awake_s):
            await self._back_up(awake_s, now)
        if awake_s >= (CHECK_FIRST_S if self._checked_s is None else self._checked_s + CHECK_S):
            await self._check(awake_s, now)

    def _begin_anew(self) -> None:
        """The file was replaced: everything is due for the new one."""
        self._mended = self._store.mended
        self._place.forget()
        self._backed_up_s = self._checked_s = None
        self._history = None

    async def _is_gone(self) -> bool:
        if await self._place.is_lost():
            self._place.forget()
            await self._condemn(Condition.GONE)
            return True
        return False

    async def _condemn(self, condition: Condition) -> None:
        await self._store.condemn(condition)
        self._watch.journal.commit_within(0.0)

    def _backup_due(self, awake_s: float) -> bool:
        if self._backed_up_s is None:
            return True
        age_s = awake_s - self._backed_up_s
        return age_s >= BACKUP_S or (age_s >= BACKUP_AGAIN_S and self._living() != self._backed_up)

    def _living(self) -> dict[str, str]:
        return {key: alert.state.value for key, alert in self._watch.belief.alerts.items()}

    async def _back_up(self, awake_s: float, now: datetime) -> None:
        path, self._backed_up_s, self._backed_up = self._store.path, awake_s, self._living()
        try:
            await asyncio.to_thread(backups.make, path, now, partial(back_up, path, now))
        except (OSError, *SQLITE_SAYS) as error:
            condition = await asyncio.to_thread(condition_of, error, path)
            log.warning("no backup could be made: %s: %s", condition, error)
            await self._failed(condition or Condition.DISK_BROKEN, now)
        else:
            self._failures = 0

    async def _failed(self, condition: Condition, now: datetime) -> None:
        self._failures += 1
        if condition in LOST:
            await self._condemn(condition)
        elif self._failures >= FAILURES_TOLD:
            self._watch.report(STORE, trouble=True, at=now, detail=f"{NO_BACKUP} {condition}")

    async def _check(self, awake_s: float, now: datetime) -> None:
        self._checked_s = awake_s
        found = await asyncio.to_thread(check, self._store.path)
        if found:
            log.error("the store failed its check: %s", found)
            await self._condemn(Condition.DAMAGED)
        elif not self._failures:
            self._watch.report(STORE, trouble=False, at=now)

    async def _fetch_history(self) -> None:
        if self._mended is None or self._mended.kept is None or self._history == 0:
            return
        for _ in range(HISTORY_CHUNKS):
            if self._history is None:
                self._history = await self._store.first_reading()
            try:
                low, statement, rows = await asyncio.to_thread(
                    read_history, self._mended.kept, self._history, HISTORY_CHUNK
                )
            except SQLITE_SAYS as error:  # the tables of the damaged file cannot be found, or it was removed
                log.warning("no older readings can be fetched back: %s", error)
                self._history = 0
                return
            if not await self._store.add_history(statement, rows):
                return
            self._history = low
            if not low:
                return
