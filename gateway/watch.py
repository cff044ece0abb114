"""Holds the box's belief, and writes what it means before anybody is told or thanked.

Theory of operation
-------------------
`see`, `tick` and `decide` are plain functions of the moment: they judge at once and put the outcome into the batch
that is being gathered. What carries an alert is committed at once; the outcome of a delivery within a blink; an
ordinary reading may wait `commit_wait_s` to share a commit, but never so long that unacknowledged messages fill the
broker's in-flight window in front of a press. `run` is the only place that writes. After a commit come, in this order,
what waited for it: the rows for the dispatcher, acknowledgements to the broker, answers to callers.

The belief runs ahead of the disk by one batch. If the process dies, that batch is not acknowledged, the broker sends
it again, and the fold over what is stored arrives at the same belief.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import lifecycle
from alerts.model import UNTAKEN_STATES
from devices.reading import Kind, Reading, Tick
from gateway.batch import Batch, Snapshot
from gateway.detection import pipeline
from gateway.judge import Belief, Writes, decide, find, go_on, judge
from gateway.news import News
from gateway.refusals import REFUSALS_EVERY_S, Refusals
from gateway.restate import out_of_date, outrank, owe_again, restate
from gateway.retelling import tell_again
from gateway.store import RETRY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from alerts.dispatch import Dispatcher
    from alerts.durable.mending import Mended
    from alerts.ladder import Ladder
    from alerts.lifecycle import Change, Step
    from alerts.model import Alert, Cause, Delivery, Detection, Outcome
    from devices.reading import Refusal
    from gateway.batch import Confirmed
    from gateway.detection.home import Home
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

DISK, STORE = "gateway/disk", "gateway/store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What does not change while the box runs."""

    home: Home
    ladder: Ladder
    fingerprint: str
    commit_wait_s: float
    refusals_kept: int


class Watch:
    """The box's belief and the batch that is being gathered.

    `witnesses` are shown each batch once it is written, after the dispatcher; they must be quick and must not fail.

    Args:
        rules: home, ladder and how long a reading may wait.
        belief: what the store remembers.
        store: where batches go.
        metrics: counts.
    """

    def __init__(self, rules: Rules, belief: Belief, store: Store, metrics: Metrics) -> None:
        self.rules = rules
        self.belief = belief
        self.dispatcher: Dispatcher | None = None
        self.witnesses: list[Callable[[Batch], None]] = []
        self.news = News()
        self._store = store
        self._metrics = metrics
        self._batch = Batch()
        self._after: list[Callable[[], None]] = []
        self._changes: list[Change] = []
        self._unacknowledged = 0
        self._writing = False
        self._since_snapshot = 0
        self._go = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._refusals = Refusals()
        self._prune: tuple[datetime, int] | None = None
        self._mended: Mended | None = None
        self._replaced: Mended | None = None
        store.living = lambda: set(self.belief.alerts)
        self._remembered_from = store.mended  # what the belief was rebuilt from, if that was a damaged file

    # What happens

    def see(self, reading: Reading, mid: int | None = None) -> None:
        """Judge a reading and gather it.

        Args:
            reading: of a device of this home.
            mid: the broker's packet id, if the message must be known again when it is redelivered.
        """
        before = self.belief.state.trial
        self.belief, writes = judge(self.rules.home, self.rules.ladder, self.belief, reading)
        self._batch.readings.append((reading, mid))
        self._since_snapshot += 1
        if writes:
            self._gather(writes)
        hurries = len(self._batch.readings) >= ROWS or self.belief.state.trial is not before
        self._commit_within(0.0 if hurries or reading.kind is Kind.TRIAL else self.rules.commit_wait_s)

    def find_again(self, found: Iterable[Detection], since: datetime) -> None:
        """Have what was read back from a damaged store act where it has not: that it had acted may be what was lost.

        Args:
            found: by the fold over the readings that were read back.
            since: older ones are let be.
        """
        recent = [detection for detection in found if detection.at >= since]
        self.belief, writes = find(self.rules.ladder, self.belief, recent)
        self._gather(writes)
        self.belief = outrank(self.belief)  # which `restate` writes

    def report(
        self, part: str, *, trouble: bool, at: datetime, since: datetime | None = None, detail: str = ""
    ) -> None:
        """Have a trouble of the gateway's own part, or its end, judged and told like what a sensor says.

        Args:
            part: a key of `gateway.detection.parts.PARTS`.
            trouble: whether it is in trouble; only changes are readings.
            at: when that was noticed.
            since: when the part last worked, if it was noticed later; patience counts from then.
            detail: what else there is to say of it, in fixed words; see `alerts.durable.words`.
        """
        if trouble != (part in self.belief.state.trouble.down):
            self.see(Reading(device_id=part, kind=Kind.TROUBLE, value=trouble, at=at, device_at=since, origin=detail))

    def tick(self, now: datetime) -> None:
        """Let time pass: late alarms, countdowns that end, and the ladder's next round."""
        if self._replaced is not None:  # only now is the time known: what was read back may believe an old one
            self._tell_of_the_store(self._replaced, now)
            self._replaced = None
        self.belief, writes = judge(self.rules.home, self.rules.ladder, self.belief, Tick(at=now))
        self._gather(writes)
        self.belief, writes = go_on(self.rules.ladder, self.belief, now)
        self._gather(writes)

    def decide(  # noqa: PLR0913 - a decision is exactly these facts
        self,
        alert_key: str,
        step: Step,
        *,
        by: str,
        at: datetime,
        outcome: Outcome | None = None,
        cause: Cause | None = None,
        note: str = "",
        origin: str = "",
    ) -> Alert:
        """Apply a person's decision; see `gateway.judge.decide` for arguments and errors."""
        self.belief, writes = decide(
            self.rules.ladder,
            self.belief,
            alert_key,
            step,
            by=by,
            at=at,
            outcome=outcome,
            cause=cause,
            note=note,
            origin=origin,
        )
        self._gather(writes)
        self._batch.origins[alert_key] = origin
        return writes.alerts[0]

    async def taken(self, delivery: Delivery, by: str, at: datetime) -> str:
        """Take the word of the person whom a delivery reached; see `alerts.dispatch.Taken`.

        Args:
            delivery: through which the person was reached.
            by: who.
            at: when.

        Returns:
            Who has the alert now, as it is on disk; "" when it is over.
        """
        alert = self.belief.alerts.get(delivery.alert_key)
        if alert is not None and alert.state in UNTAKEN_STATES:
            alert = self.decide(alert.key, lifecycle.Step.ACKNOWLEDGED, by=by, at=at, origin=delivery.contact)
        committed = asyncio.Event()
        self.after_commit(committed.set)
        await committed.wait()
        return "" if alert is None else alert.by

    def answered(self, decision_id: str, alert_key: str, at: datetime, answer: str) -> None:
        """Remember what the station was answered, in the same transaction as the decision's outcome."""
        self._batch.decisions.append((decision_id, alert_key, at, answer))
        self._commit_within(0.0)

    def tried(self, run: Run) -> None:
        """Remember what a test of the chain came to."""
        self._batch.trials.append(run)
        self._commit_within(0.0)

    def confirmed(self, path: str, confirmed: Confirmed) -> None:
        """Remember which heartbeat the station has stored, over restarts."""
        self._batch.confirmed[path] = confirmed
        self._commit_within(SOON_S)

    def tested(self, test: PathTest) -> None:
        """Remember what a daily test of a path came to."""
        self._batch.path_tests.append(test)
        self._commit_within(SOON_S)

    def tell_again(self, told: Iterable[Alert], contact: str, *, at: datetime, since: datetime) -> None:
        """Have a station that forgot what it knew told once more; see `gateway.retelling.tell_again`."""
        self._gather(tell_again(self.belief, told, contact, at=at, since=since))

    def announced(self, alert_key: str, name: str, at: datetime) -> None:
        """Remember that a sentence about an alert was said at home, so that no restart says it again."""
        self._batch.announced.append((alert_key, name, at))
        self._commit_within(SOON_S)

    def record(self, delivery: Delivery) -> None:
        """Have a delivery's new state written; see `alerts.dispatch.Outbox`."""
        self._batch.recorded[delivery.id] = delivery
        self._commit_within(SOON_S)

    def refuse(self, refusal: Refusal, at: datetime) -> None:
        """Count a refusal, and keep it for the installer with the next commit; a flood wears no flash."""
        self._metrics.refusals.labels(reason=refusal.reason).inc()
        self._refusals.add(refusal, at)
        self._commit_within(REFUSALS_EVERY_S)

    def after_commit(self, then: Callable[[], None], *, acknowledges: bool = False) -> None:
        """Have something done once all that was gathered so far is on disk.

        Args:
            then: what to do; must not fail.
            acknowledges: True if a message of the broker's waits for it, and so takes a place in its window.
        """
        if not self._batch and not self._writing:
            then()
            return
        self._after.append(then)
        self._unacknowledged += acknowledges
        if not self._batch or self._unacknowledged >= UNACKNOWLEDGED:
            self._commit_within(0.0)  # with nothing gathered it waits only for what is being written

    def hurry(self) -> None:
        """Have what was gathered written now, and the store looked after if it is in trouble."""
        self._commit_within(0.0)

    def prune(self, before: datetime, refusals_kept: int) -> None:
        """Have everything from before a time forgotten, between two commits."""
        self._prune = (before, refusals_kept)
        self._commit_within(0.0)

    # What is written

    async def run(self) -> None:
        """Write batches until cancelled, then write the last one.

        The belief is written first and last: when the watch began decides since when a device was never heard, and
        no reading tells it.
        """
        try:
            self._since_snapshot = SNAPSHOT_READINGS
            await self._commit()
            while True:
                await self._go.wait()
                await self._commit()
        finally:
            self._since_snapshot, self._refusals.at = SNAPSHOT_READINGS, 0.0
            await self._commit()

    def _gather(self, writes: Writes) -> None:
        if not writes:
            return
        batch = self._batch
        if writes.superseded:
            batch.deliveries = [d for d in batch.deliveries if d.alert_key not in writes.superseded]
            batch.known = [d for d in batch.known if d.alert_key not in writes.superseded]
        batch.alerts += writes.alerts
        batch.applied += writes.applied
        batch.superseded += writes.superseded
        batch.deliveries += writes.deliveries
        self._changes += writes.changes
        self._commit_within(0.0)

    def _commit_within(self, wait_s: float) -> None:
        if self._go.is_set():
            return
        loop = asyncio.get_running_loop()
        if wait_s <= 0:
            self._go.set()
        elif self._alarm is None or self._alarm.when() > loop.time() + wait_s:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_later(wait_s, self._go.set)

    async def _commit(self) -> None:
        batch, after = self._take()
        begun, durable = asyncio.get_running_loop().time(), None
        if batch or self._store.trouble:
            self._writing = True
            durable = await self._store.commit(batch)
            self._writing = False
        if self.dispatcher is not None:
            self._hand_over(self.dispatcher, batch)
        for witness in self.witnesses:
            witness(batch)
        loop = asyncio.get_running_loop()
        for then in after:  # after the dispatcher's first step: who waits for help comes before who waits for thanks
            loop.call_soon(then)
        if durable is not None:
            loop.call_soon(self._measure, batch, loop.time() - begun, durable)
        self.news.tell()
        if self._prune is not None and not self._store.trouble:
            (before, kept), self._prune = self._prune, None
            await self._store.prune(before, kept)

    def _take(self) -> tuple[Batch, list[Callable[[], None]]]:
        """Take what was gathered, and begin a new batch."""
        batch, self._batch = self._batch, Batch()
        after, self._after = self._after, []
        if self._since_snapshot >= SNAPSHOT_READINGS and not batch.alerts:
            state = pipeline.encode_state(self.belief.state)
            batch.snapshot = Snapshot(fingerprint=self.rules.fingerprint, state=state)
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
            self._commit_within(wait_s)
            return
        batch.refusals = self._refusals.take(asyncio.get_running_loop().time())
        batch.refusals_kept = self.rules.refusals_kept if batch.refusals else 0

    def _measure(self, batch: Batch, lasted_s: float, durable: bool) -> None:  # noqa: FBT001 - called by the loop
        self._metrics.commits.inc()
        self._metrics.commit_seconds.observe(lasted_s)
        self._metrics.commit_rows.observe(len(batch.readings))
        self._metrics.degraded.labels(trouble="disk").set(not durable)
        self._count()
        if not durable:
            self._commit_within(RETRY_S)  # what waits in memory must reach the disk even if nothing more happens
        newest = batch.readings[-1][0].at if batch.readings else self.belief.state.at
        self.report(DISK, trouble=not durable, at=newest, detail=self._store.trouble.partition(":")[0])
        if self._store.mended is not None and self._store.mended is not self._mended:
            self._mended = self._store.mended
            self._tell_of(self._mended, newest)

    def _tell_of(self, mended: Mended, at: datetime) -> None:
        """Tell the store, whose file was replaced, all that is believed."""
        under_way = self.dispatcher.rows() if self.dispatcher is not None else []
        restate(self._batch, self.belief, under_way, at)
        if mended is self._remembered_from and mended.how != "whole":
            self._batch.superseded += out_of_date(self.belief, under_way)
            self._batch.deliveries += owe_again(self.rules.ladder, self.belief, under_way)
        self._since_snapshot = SNAPSHOT_READINGS
        self._replaced = mended
        self._commit_within(0.0)

    def _tell_of_the_store(self, mended: Mended, now: datetime) -> None:
        """Tell people that its file was replaced; also where they have not seen to the time before yet."""
        self.report(STORE, trouble=False, at=now)
        self.report(STORE, trouble=True, at=now, detail=mended.detail())

    def _count(self) -> None:
        changes, self._changes = self._changes, []
        for change in changes:
            if change.step not in lifecycle.DECISIONS:
                self._metrics.detections.labels(kind=change.alert.kind).inc()
            live = sum(1 for alert in self.belief.alerts.values() if alert.kind is change.alert.kind)
            self._metrics.alerts_live.labels(kind=change.alert.kind).set(live)

    def _hand_over(self, dispatcher: Dispatcher, batch: Batch) -> None:
        for alert_key in batch.superseded:
            dispatcher.supersede(alert_key)
        dispatcher.know(batch.alerts)
        dispatcher.add(batch.deliveries)
