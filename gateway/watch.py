"""Holds the box's belief: judges what happens, and has its meaning written before anybody is told or thanked.

Theory of operation
-------------------
`see`, `tick` and `decide` are plain functions of the moment: they judge at once and put the outcome into the batch
that `gateway.journal` gathers and writes.

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
from gateway.batch import Snapshot
from gateway.detection import pipeline
from gateway.journal import Journal
from gateway.judge import Belief, Writes, decide, find, go_on, judge
from gateway.restate import out_of_date, outrank, owe_again, restate, tell_who_has_it
from gateway.retelling import outdo, tell_again
from gateway.store import RETRY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from alerts.dispatch import Dispatcher
    from alerts.durable.mended import Mended
    from alerts.ladder import Ladder
    from alerts.lifecycle import Change, Step
    from alerts.model import Alert, Cause, Delivery, Detection, Outcome
    from gateway.batch import Batch
    from gateway.detection.home import Home
    from gateway.metrics import Metrics
    from gateway.store import Store

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
        self.journal = Journal(
            store,
            metrics,
            refusals_kept=rules.refusals_kept,
            snapshot=self._snapshot,
            written=self._hand_over,
            measured=self._measure,
        )
        self._store = store
        self._metrics = metrics
        self._changes: list[Change] = []
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
        hurries = self.journal.add(reading, mid) or self.belief.state.trial is not before
        if writes:
            self._gather(writes)
        self.journal.commit_within(0.0 if hurries or reading.kind is Kind.TRIAL else self.rules.commit_wait_s)

    def find_again(self, found: Iterable[Detection], since: datetime, now: datetime) -> None:
        """Have what was read back from a damaged store act where it has not: that it had acted may be what was lost.

        Args:
            found: by the fold over the readings that were read back.
            since: older ones are let be.
            now: the time (aware UTC).
        """
        recent = [detection for detection in found if detection.at >= since]
        self.belief, writes = find(self.rules.ladder, self.belief, recent)
        self._gather(writes)
        self.belief = outrank(self.belief, now)  # which `restate` writes

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
        self.journal.batch.origins[alert_key] = origin
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
        self.journal.after_commit(committed.set)
        await committed.wait()
        return "" if alert is None else alert.by

    def tell_again(self, told: Iterable[Alert], contact: str, *, at: datetime, since: datetime) -> None:
        """Have a station that forgot what it knew told once more; see `gateway.retelling.tell_again`."""
        self._gather(tell_again(self.belief, told, contact, at=at, since=since))

    def outdone(self, alert_key: str, revision: int, contact: str, *, at: datetime) -> None:
        """Outdo the station, where it has a later revision of an alert than we; see `gateway.retelling.outdo`."""
        self.belief, writes = outdo(self.belief, alert_key, revision, contact, at=at)
        self._gather(writes)

    # What is written

    def _gather(self, writes: Writes) -> None:
        self._changes += writes.changes
        self.journal.gather(writes)

    def _snapshot(self) -> Snapshot:
        return Snapshot(fingerprint=self.rules.fingerprint, state=pipeline.encode_state(self.belief.state))

    def _hand_over(self, batch: Batch) -> None:
        if self.dispatcher is not None:
            for alert_key in batch.superseded:
                self.dispatcher.supersede(alert_key)
            self.dispatcher.know(batch.alerts)
            self.dispatcher.add(batch.deliveries)
        for witness in self.witnesses:
            witness(batch)

    def _measure(self, batch: Batch, lasted_s: float, durable: bool) -> None:  # noqa: FBT001 - called by the loop
        self._metrics.commits.inc()
        self._metrics.commit_seconds.observe(lasted_s)
        self._metrics.commit_rows.observe(len(batch.readings))
        self._metrics.degraded.labels(trouble="disk").set(not durable)
        self._count()
        if not durable:
            self.journal.commit_within(RETRY_S)  # what waits in memory must reach the disk even if nothing more happens
        newest = batch.readings[-1][0].at if batch.readings else self.belief.state.at
        self.report(DISK, trouble=not durable, at=newest, detail=self._store.trouble.partition(":")[0])
        if self._store.mended is not None and self._store.mended is not self._mended:
            self._mended = self._store.mended
            self._tell_of(self._mended, newest)

    def _tell_of(self, mended: Mended, at: datetime) -> None:
        """Tell the store, whose file was replaced, all that is believed."""
        under_way = self.dispatcher.rows() if self.dispatcher is not None else []
        restate(self.journal.batch, self.belief, under_way, at)
        if mended is self._remembered_from and mended.how != "whole":
            self.journal.batch.superseded += out_of_date(self.belief, under_way)
            self.journal.batch.deliveries += owe_again(self.rules.ladder, self.belief, under_way)
            self.journal.batch.deliveries += tell_who_has_it(self.rules.ladder, self.belief, at)
        self.journal.keep_belief()
        self._replaced = mended
        self.journal.commit_within(0.0)

    def _tell_of_the_store(self, mended: Mended, now: datetime) -> None:
        """Tell people that its file was replaced; also where they have not seen to the time before yet."""
        self.report(STORE, trouble=False, at=now)
        self.report(STORE, trouble=True, at=now, detail=mended.detail())
        self.journal.batch.mending_told = True

    def _count(self) -> None:
        changes, self._changes = self._changes, []
        for change in changes:
            if change.step not in lifecycle.DECISIONS:
                self._metrics.detections.labels(kind=change.alert.kind).inc()
            live = sum(1 for alert in self.belief.alerts.values() if alert.kind is change.alert.kind)
            self._metrics.alerts_live.labels(kind=change.alert.kind).set(live)
