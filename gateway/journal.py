"""Gathers what happens into batches and writes them, before anybody is told or thanked.

Theory of operation
-------------------
Whatever happens is put into the batch that is being gathered. What carries an alert is committed at once; the outcome
of a delivery within a blink; an ordinary reading may wait to share a commit, but never so long that unacknowledged
messages fill the broker's in-flight window in front of a press. `run` is the only place that writes. After a commit
come, in this order, what waited for it: the rows for the dispatcher, acknowledgements to the broker, answers to
callers.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.batch import Batch
from gateway.news import News
from gateway.refusals import REFUSALS_EVERY_S, Refusals

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.model import Delivery
    from devices.reading import Reading, Refusal
    from gateway.batch import Confirmed, Snapshot
    from gateway.judge import Writes
    from gateway.metrics import Metrics
    from gateway.path_tests import PathTest
    from gateway.store import Store
    from gateway.trial_run import Run

UNACKNOWLEDGED = 8
"""Messages that may wait for a shared commit. Source: mosquitto's default in-flight window is 20; less than half."""

ROWS = 64
"""Readings that share a commit at most, so that a press never waits behind a long one. Source: our choice."""

SOON_S = 0.02
"""How long the outcome of a delivery waits for company. Source: our choice: unnoticeable, and it halves the commits."""

SNAPSHOT_READINGS = 500
"""Readings between snapshots: the start after a crash folds at most these anew. Source: our choice; a snapshot is
about 10 KB, so four a day cost a normal home 40 KB of flash."""


class Journal:
    """The batch that is being gathered, and when it is written.

    Args:
        store: where batches go.
        metrics: counts.
        refusals_kept: how many refusals are left when some are added.
        snapshot: gives what is believed now.
        written: called with each batch once it is on disk, or kept for it; must be quick and must not fail.
        measured: called later with the batch, how long its commit took, and whether it is on disk.
    """

    def __init__(  # noqa: PLR0913 - what it needs of its neighbours, each by name
        self,
        store: Store,
        metrics: Metrics,
        *,
        refusals_kept: int,
        snapshot: Callable[[], Snapshot],
        written: Callable[[Batch], None],
        measured: Callable[[Batch, float, bool], None],
    ) -> None:
        self.batch = Batch()
        self.news = News()
        self._store = store
        self._metrics = metrics
        self._refusals_kept = refusals_kept
        self._snapshot = snapshot
        self._written = written
        self._measured = measured
        self._after: list[Callable[[], None]] = []
        self._unacknowledged = 0
        self._writing = False
        self._since_snapshot = 0
        self._go = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._refusals = Refusals()
        self._prune: tuple[datetime, int] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being written, or about to be."""
        return self._go.is_set() or self._writing

    # What is gathered

    def add(self, reading: Reading, mid: int | None) -> bool:
        """Put a reading into the batch. Gives whether the batch has become so long that it must not wait."""
        self.batch.readings.append((reading, mid))
        self._since_snapshot += 1
        return len(self.batch.readings) >= ROWS

    def gather(self, writes: Writes) -> None:
        """Put what a judgement means into the batch, to be written at once."""
        if not writes:
            return
        batch = self.batch
        if writes.superseded:
            batch.deliveries = [d for d in batch.deliveries if d.alert_key not in writes.superseded]
            batch.known = [d for d in batch.known if d.alert_key not in writes.superseded]
        batch.alerts += writes.alerts
        batch.applied += writes.applied
        batch.superseded += writes.superseded
        batch.deliveries += writes.deliveries
        self.commit_within(0.0)

    def answered(self, decision_id: str, alert_key: str, at: datetime, answer: str) -> None:
        """Remember what the station was answered, in the same transaction as the decision's outcome."""
        self.batch.decisions.append((decision_id, alert_key, at, answer))
        self.commit_within(0.0)

    def tried(self, run: Run) -> None:
        """Remember what a test of the chain came to."""
        self.batch.trials.append(run)
        self.commit_within(0.0)

    def confirmed(self, path: str, confirmed: Confirmed) -> None:
        """Remember which heartbeat the station has stored, over restarts."""
        self.batch.confirmed[path] = confirmed
        self.commit_within(SOON_S)

    def tested(self, test: PathTest) -> None:
        """Remember what a daily test of a path came to."""
        self.batch.path_tests.append(test)
        self.commit_within(SOON_S)

    def announced(self, alert_key: str, name: str, at: datetime) -> None:
        """Remember that a sentence about an alert was said at home, so that no restart says it again."""
        self.batch.announced.append((alert_key, name, at))
        self.commit_within(SOON_S)

    def record(self, delivery: Delivery) -> None:
        """Have a delivery's new state written; see `alerts.dispatch.Outbox`."""
        self.batch.recorded[delivery.id] = delivery
        self.commit_within(SOON_S)

    def refuse(self, refusal: Refusal, at: datetime) -> None:
        """Count a refusal, and keep it for the installer with the next commit; a flood wears no flash."""
        self._metrics.refusals.labels(reason=refusal.reason).inc()
        self._refusals.add(refusal, at)
        self.commit_within(REFUSALS_EVERY_S)

    # When it is written

    def commit_within(self, wait_s: float) -> None:
        """Have what was gathered written after a while at most; 0: now, which also looks after a store in trouble."""
        if self._go.is_set():
            return
        loop = asyncio.get_running_loop()
        if wait_s <= 0:
            self._go.set()
        elif self._alarm is None or self._alarm.when() > loop.time() + wait_s:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_later(wait_s, self._go.set)

    def after_commit(self, then: Callable[[], None], *, acknowledges: bool = False) -> None:
        """Have something done once all that was gathered so far is on disk.

        Args:
            then: what to do; must not fail.
            acknowledges: True if a message of the broker's waits for it, and so takes a place in its window.
        """
        if not self.batch and not self._writing:
            then()
            return
        self._after.append(then)
        self._unacknowledged += acknowledges
        if not self.batch or self._unacknowledged >= UNACKNOWLEDGED:
            self.commit_within(0.0)  # with nothing gathered it waits only for what is being written

    def prune(self, before: datetime, refusals_kept: int) -> None:
        """Have everything from before a time forgotten, between two commits."""
        self._prune = (before, refusals_kept)
        self.commit_within(0.0)

    def keep_belief(self) -> None:
        """Have what is believed written with the next batch that carries no alert."""
        self._since_snapshot = SNAPSHOT_READINGS

    async def run(self) -> None:
        """Write batches until cancelled, then write the last one.

        The belief is written first and last: when the watch began decides since when a device was never heard, and
        no reading tells it.
        """
        try:
            self.keep_belief()
            await self._commit()
            while True:
                await self._go.wait()
                await self._commit()
        finally:
            self._refusals.at = 0.0
            self.keep_belief()
            await self._commit()

    async def _commit(self) -> None:
        batch, after = self._take()
        begun, durable = asyncio.get_running_loop().time(), None
        if batch or self._store.trouble:
            self._writing = True
            durable = await self._store.commit(batch)
            self._writing = False
        self._written(batch)
        loop = asyncio.get_running_loop()
        for then in after:  # after the dispatcher's first step: who waits for help comes before who waits for thanks
            loop.call_soon(then)
        if durable is not None:
            loop.call_soon(self._measured, batch, loop.time() - begun, durable)
        self.news.tell()
        if self._prune is not None and not self._store.trouble:
            (before, kept), self._prune = self._prune, None
            await self._store.prune(before, kept)

    def _take(self) -> tuple[Batch, list[Callable[[], None]]]:
        """Take what was gathered, and begin a new batch."""
        batch, self.batch = self.batch, Batch()
        after, self._after = self._after, []
        if self._since_snapshot >= SNAPSHOT_READINGS and not batch.alerts:
            batch.snapshot = self._snapshot()
            self._since_snapshot = 0
        self._unacknowledged = 0
        self._go.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._take_refusals(batch)
        return batch, after

    def _take_refusals(self, batch: Batch) -> None:
        wait_s = self._refusals.wait_s(asyncio.get_running_loop().time())
        if wait_s:
            self.commit_within(wait_s)
            return
        batch.refusals = self._refusals.take(asyncio.get_running_loop().time())
        batch.refusals_kept = self._refusals_kept if batch.refusals else 0
