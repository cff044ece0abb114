"""Delivers what the database says is due, and records what came of it.

Theory of operation
-------------------
The outbox is the table `deliveries`; this module holds a copy of the rows that are under way, filled at the start and
by each commit, so that a fresh press is handed to its channel without another look at the disk. Each channel to each
contact is a lane of its own (`alerts.lane`): a webhook that hangs delays nobody else.

A row is sent when it is due and again when it failed (`ladder.retry_after_s`), or when the far end has not said
within `receipt_timeout_s` that it is stored. It leaves when it is receipted, superseded, or nobody wants it any more.
When a person has taken an alert, what is under way for it is cancelled at once: a ringing telephone stops; only the
call through which that person spoke goes on (`keep`).
Everything that happened to a row is handed to the outbox to be written; nothing is sent twice for want of that but
with the same id, by which the far end knows it again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from alerts.ladder import retry_after_s, still_wanted
from alerts.lane import BREATH, EMERGENCY_PLACES, PLACES, Lane
from alerts.model import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import datetime

    from alerts.model import Alert, Delivery


class SendFailed(Exception):
    """A channel could not hand a delivery over.

    Args:
        reason: a fixed short name, for counters.
        sentence: what happened and what to do.
        retry_s: seconds before the next try; None for the ladder's own pause.
    """

    def __init__(self, reason: str, sentence: str, *, retry_s: float | None = None) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence
        self.retry_s = retry_s


Taken: TypeAlias = "Callable[[Delivery, str], Awaitable[str]]"
"""How a channel says that the person whom a delivery reached has taken the alert: the delivery and the person's name.

It returns after the commit, with the name of who has it now: another's if they were quicker, "" if it is over."""


class Channel(Protocol):
    """One way to one contact.

    A channel that carries only few at once has an attribute `places`: how many, and how many when the next is an
    emergency. One whose receipts take their time has `receipt_timeout_s`.
    """

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Hand a delivery over; cancelled as soon as it is no longer wanted.

        Args:
            delivery: which telling; its id is the idempotency key.
            alert: as it is now, which is what is told.

        Returns:
            The far end's receipt, or "" when the receipt comes later by `Dispatcher.receipted`.

        Raises:
            SendFailed: if it was not handed over; it will be tried again.
        """
        ...


class Outbox(Protocol):
    """Where the rows are kept."""

    def record(self, delivery: Delivery) -> None:
        """Have a row's new state written with the next commit."""
        ...


class Dispatcher:
    """Sends rows when they are due.

    Args:
        outbox: where their states are written.
        channels: contact and name of the channel → the channel.
        now: the time (aware UTC), in the clock of `due_at`.
        receipt_timeout_s: how long to wait for a receipt before sending again.
        counted: called with channel and outcome after each attempt.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[tuple[str, str], Channel],
        *,
        now: Callable[[], datetime],
        receipt_timeout_s: float,
        counted: Callable[[str, str], None],
    ) -> None:
        self._outbox = outbox
        self._lanes = {
            name: Lane(
                channel,
                getattr(channel, "places", (PLACES, EMERGENCY_PLACES)),
                timedelta(seconds=getattr(channel, "receipt_timeout_s", receipt_timeout_s)),
            )
            for name, channel in channels.items()
        }
        self._kept: set[str] = set()
        self._alerts: dict[str, Alert] = {}
        self._now = now
        self._counted = counted
        self._tasks: asyncio.TaskGroup | None = None
        self._alarm: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Send until cancelled. An error that is no `SendFailed` comes out of here and ends the process."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self.wake()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._tasks = None  # rows of the watch's last commit are sent after the next start

    def know(self, alerts: Iterable[Alert]) -> None:
        """Learn the newest state of alerts; what is sent from now on tells this."""
        for alert in alerts:
            self._alerts[alert.key] = alert

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Take rows that were just committed, and send at once what is due."""
        for row in deliveries:
            lane = self._lanes.get((row.contact, row.channel))
            if lane is None:
                sentence = f"the ladder has no {row.channel} to this contact any more: the configuration was changed"
                self._outbox.record(replace(row, state=DeliveryState.FAILED, error=sentence))
            else:
                lane.put(row)
        self.wake()

    def supersede(self, alert_key: str) -> None:
        """Forget the rows of an alert and stop what is under way for it: a person has taken it."""
        for lane in self._lanes.values():
            for row_id in list(lane.of_alert.get(alert_key, ())):
                lane.drop(row_id)
                task = lane.busy.get(row_id)
                if task is not None and row_id not in self._kept:
                    task.cancel()
        self._alerts.pop(alert_key, None)

    def keep(self, delivery_id: str) -> None:
        """Let a send go on although its alert will be taken: the person who takes it speaks through it."""
        if any(delivery_id in lane.busy for lane in self._lanes.values()):
            self._kept.add(delivery_id)

    def receipted(self, delivery_id: str, receipt: str) -> None:
        """Take the far end's word that it has stored a delivery; harmless when repeated or unknown."""
        for lane in self._lanes.values():
            row = lane.rows.get(delivery_id)
            if row is not None:
                self._need_not_tell(lane, row, self._now() + BREATH)
                lane.drop(delivery_id)
                self._outbox.record(replace(row, state=DeliveryState.RECEIPTED, receipt=receipt, error=""))
                self._counted(row.channel, "receipted")
                self._forget_alert(row.alert_key)

    def failed(self, delivery_id: str, failure: SendFailed) -> None:
        """Take the far end's word that it cannot deliver what it was handed; it is tried again.

        Harmless when unknown, and while the delivery is being sent, whose own end counts.
        """
        for lane in self._lanes.values():
            row = lane.rows.get(delivery_id)
            if row is not None and row.id not in lane.busy:
                self._put_off(lane, row, failure)
        self.wake()

    def under_way(self) -> int:
        """Say how many rows have not ended."""
        return sum(len(lane.rows) for lane in self._lanes.values())

    def rows_of(self, alert_key: str) -> list[Delivery]:
        """Give the rows of an alert that have not ended."""
        return [row for lane in self._lanes.values() for row in lane.rows.values() if row.alert_key == alert_key]

    def rows(self) -> list[Delivery]:
        """Give the rows that have not ended, for an outbox that lost them."""
        return [row for lane in self._lanes.values() for row in lane.rows.values()]

    def wake(self) -> None:
        """Start whatever is due now; to be called when time has passed in a clock that is not the system's."""
        if self._tasks is None:
            return
        now = self._now()
        for lane in self._lanes.values():
            lane.ripen(now)
            while row := lane.next_row(now):
                lane.tells[row.id] = self._alerts[row.alert_key].revision
                self._need_not_tell(lane, row, now)
                task = self._tasks.create_task(self._send(lane, row))
                lane.busy[row.id] = task
                task.add_done_callback(partial(self._ended, lane, row))
        self._set_alarm(now)

    def _set_alarm(self, now: datetime) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        nexts = [lane.later[0][0] for lane in self._lanes.values() if lane.later]
        wait_s = max(0.0, (min(nexts) - now).total_seconds()) if nexts else 60.0
        self._alarm = asyncio.get_running_loop().call_later(min(wait_s, 60.0), self.wake)

    async def _send(self, lane: Lane, row: Delivery) -> None:
        row = replace(row, attempt=row.attempt + 1)
        try:
            if row.id in lane.rows:  # otherwise receipted or superseded since it was taken from the queue
                self._handed_over(lane, row, await lane.channel.send(row, self._alerts[row.alert_key]))
        except SendFailed as failure:
            self._put_off(lane, row, failure)
        except asyncio.CancelledError:
            if row.id in lane.rows:  # the gateway stops; otherwise the row was superseded
                raise

    def _need_not_tell(self, lane: Lane, row: Delivery, until: datetime) -> None:
        """Have it written that a row tells what others, due until then, would have told."""
        for told in lane.told_by(row, until):
            self._outbox.record(replace(told, state=DeliveryState.SUPERSEDED))
            self._counted(told.channel, "told_by_another")

    def _ended(self, lane: Lane, row: Delivery, task: asyncio.Task[None]) -> None:
        """Free the place; by callback, since a task that is cancelled before it began runs no line of its own."""
        del lane.busy[row.id]
        self._kept.discard(row.id)
        lane.wait_no_longer(row.alert_key, self._now())
        if task.cancelled() or task.exception() is None:
            self.wake()

    def _handed_over(self, lane: Lane, row: Delivery, receipt: str) -> None:
        if row.id in self._kept:  # it reached the person who then took the alert, which superseded it
            lane.drop(row.id)
            self._outbox.record(replace(row, state=DeliveryState.RECEIPTED, receipt=receipt, error=""))
            self._counted(row.channel, "taken")
            return
        if row.id not in lane.rows:  # receipted or superseded while it was on its way
            return
        if receipt:
            self.receipted(row.id, receipt)
            return
        sent = replace(row, state=DeliveryState.SENT, due_at=self._now() + lane.receipt_timeout, error="")
        self._need_not_tell(lane, row, self._now() + BREATH)
        lane.put(sent)
        self._outbox.record(sent)
        self._counted(row.channel, "sent")

    def _put_off(self, lane: Lane, row: Delivery, failure: SendFailed) -> None:
        self._counted(row.channel, failure.reason)
        if row.id not in lane.rows:
            return
        error, now = str(failure), self._now()
        if still_wanted(self._alerts[row.alert_key], now):
            due_at = now + timedelta(seconds=retry_after_s(row) if failure.retry_s is None else failure.retry_s)
            put_off = replace(row, state=DeliveryState.DUE, due_at=due_at, error=error)
            lane.put(put_off)
        else:
            put_off = replace(row, state=DeliveryState.FAILED, error=error)
            lane.drop(row.id)
        self._outbox.record(put_off)

    def _forget_alert(self, alert_key: str) -> None:
        if not any(alert_key in lane.of_alert for lane in self._lanes.values()):
            self._alerts.pop(alert_key, None)
