"""Delivers what the database says is due, and records what came of it.

Theory of operation
-------------------
The outbox is the table `deliveries`; this module holds a copy of the rows that are under way, filled at the start and
by each commit, so that a fresh press is handed to its channel without another look at the disk. Each contact has a
lane of its own: a webhook that hangs delays nobody else. Within a lane the gravest comes first, then the longest
due; an emergency may use places that nothing else may, so it never waits behind a queue of faults.

A row is sent when it is due and again when it failed (`ladder.retry_after_s`), or when the far end has not said
within `receipt_timeout_s` that it is stored. It leaves when it is receipted, superseded, or nobody wants it any more.
Everything that happened to a row is handed to the outbox to be written; nothing is sent twice for want of that but
with the same id, by which the far end knows it again.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.ladder import retry_after_s, still_wanted
from alerts.model import SEVERITY_RANK, DeliveryState, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from alerts.model import Alert, Delivery

PLACES = 4
"""Sends under way at once to one contact. Source: our choice: enough to fill a slow line, few enough for a Pi."""

EMERGENCY_PLACES = 12
"""The same when the next one is an emergency."""


class SendFailed(Exception):
    """A channel could not hand a delivery over.

    Args:
        reason: a fixed short name, for counters.
        sentence: what happened and what to do.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


class Channel(Protocol):
    """One way to one contact."""

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Hand a delivery over.

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


@dataclass(slots=True)
class _Lane:
    """The rows under way to one contact: all of them by id, those to come by time, those due by gravity."""

    channel: Channel
    rows: dict[str, Delivery] = field(default_factory=dict)
    later: list[tuple[datetime, str]] = field(default_factory=list)
    due: list[tuple[int, datetime, str]] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)

    def put(self, row: Delivery) -> None:
        self.rows[row.id] = row
        heapq.heappush(self.later, (row.due_at, row.id))

    def ripen(self, now: datetime) -> None:
        while self.later and self.later[0][0] <= now:
            due_at, row_id = heapq.heappop(self.later)
            row = self.rows.get(row_id)
            if row is not None and row.due_at == due_at:  # otherwise it left, or was put off
                heapq.heappush(self.due, (SEVERITY_RANK[row.severity], due_at, row_id))

    def next_row(self) -> Delivery | None:
        while self.due:
            row = self.rows.get(self.due[0][2])
            if row is None or row.id in self.busy:
                heapq.heappop(self.due)
                continue
            places = EMERGENCY_PLACES if row.severity is Severity.EMERGENCY else PLACES
            if len(self.busy) >= places:
                return None
            heapq.heappop(self.due)
            return row
        return None


class Dispatcher:
    """Sends rows when they are due.

    Args:
        outbox: where their states are written.
        channels: contact → its channel.
        now: the time (aware UTC), in the clock of `due_at`.
        receipt_timeout_s: how long to wait for a receipt before sending again.
        counted: called with channel and outcome after each attempt.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        *,
        now: Callable[[], datetime],
        receipt_timeout_s: float,
        counted: Callable[[str, str], None],
    ) -> None:
        self._outbox = outbox
        self._lanes = {contact: _Lane(channel) for contact, channel in channels.items()}
        self._alerts: dict[str, Alert] = {}
        self._now = now
        self._receipt_timeout = timedelta(seconds=receipt_timeout_s)
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
            lane = self._lanes.get(row.contact)
            if lane is None:
                sentence = f"the ladder has no contact {row.contact!r} any more: it was removed from the configuration"
                self._outbox.record(replace(row, state=DeliveryState.FAILED, error=sentence))
            else:
                lane.put(row)
        self.wake()

    def supersede(self, alert_key: str) -> None:
        """Forget the rows of an alert: a person has taken it."""
        for lane in self._lanes.values():
            for row in [r for r in lane.rows.values() if r.alert_key == alert_key]:
                del lane.rows[row.id]
        self._alerts.pop(alert_key, None)

    def receipted(self, delivery_id: str, receipt: str) -> None:
        """Take the far end's word that it has stored a delivery; harmless when repeated or unknown."""
        for lane in self._lanes.values():
            row = lane.rows.pop(delivery_id, None)
            if row is not None:
                self._outbox.record(replace(row, state=DeliveryState.RECEIPTED, receipt=receipt, error=""))
                self._counted(row.channel, "receipted")
                self._forget_alert(row.alert_key)

    def under_way(self) -> int:
        """Say how many rows have not ended."""
        return sum(len(lane.rows) for lane in self._lanes.values())

    def wake(self) -> None:
        """Start whatever is due now; to be called when time has passed in a clock that is not the system's."""
        if self._tasks is None:
            return
        now = self._now()
        for lane in self._lanes.values():
            lane.ripen(now)
            while row := lane.next_row():
                lane.busy.add(row.id)
                self._tasks.create_task(self._send(lane, row))
        self._set_alarm(now)

    def _set_alarm(self, now: datetime) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        nexts = [lane.later[0][0] for lane in self._lanes.values() if lane.later]
        wait_s = max(0.0, (min(nexts) - now).total_seconds()) if nexts else 60.0
        self._alarm = asyncio.get_running_loop().call_later(min(wait_s, 60.0), self.wake)

    async def _send(self, lane: _Lane, row: Delivery) -> None:
        if row.id not in lane.rows:  # receipted or superseded since it was taken from the queue
            lane.busy.discard(row.id)
            return
        row = replace(row, attempt=row.attempt + 1)
        try:
            receipt = await lane.channel.send(row, self._alerts[row.alert_key])
        except SendFailed as failure:
            self._put_off(lane, row, failure)
        else:
            self._handed_over(lane, row, receipt)
        finally:
            lane.busy.discard(row.id)
        self.wake()

    def _handed_over(self, lane: _Lane, row: Delivery, receipt: str) -> None:
        if row.id not in lane.rows:  # receipted or superseded while it was on its way
            return
        if receipt:
            self.receipted(row.id, receipt)
            return
        sent = replace(row, state=DeliveryState.SENT, due_at=self._now() + self._receipt_timeout, error="")
        lane.put(sent)
        self._outbox.record(sent)
        self._counted(row.channel, "sent")

    def _put_off(self, lane: _Lane, row: Delivery, failure: SendFailed) -> None:
        self._counted(row.channel, failure.reason)
        if row.id not in lane.rows:
            return
        error, now = str(failure), self._now()
        if still_wanted(self._alerts[row.alert_key], now):
            due_at = now + timedelta(seconds=retry_after_s(row))
            put_off = replace(row, state=DeliveryState.DUE, due_at=due_at, error=error)
            lane.put(put_off)
        else:
            put_off = replace(row, state=DeliveryState.FAILED, error=error)
            del lane.rows[row.id]
        self._outbox.record(put_off)

    def _forget_alert(self, alert_key: str) -> None:
        if not any(row.alert_key == alert_key for lane in self._lanes.values() for row in lane.rows.values()):
            self._alerts.pop(alert_key, None)
