"""One channel to one contact: what is to be told there, and what goes next.

Theory of operation
-------------------
The gravest comes first, then the longest due; an emergency may use places that nothing else may, so it never waits
behind a queue of faults.

The words are made when they are sent, so all rows of one alert in one lane would say the same: the newest. After an
outage, a crash or a long ring several may be due at once; then only the newest goes, and takes the place of the
others. While one is on its way the others wait, unless they have news; what it has told, they need not tell. It is
the newest row that goes and not the oldest, because a far end that has had the oldest would know its id again.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.model import SEVERITY_RANK, Severity

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime

    from alerts.dispatch import Channel
    from alerts.model import Delivery

PLACES = 4
"""Sends under way at once to one contact. Source: our choice: enough to fill a slow line, few enough for a Pi."""

EMERGENCY_PLACES = 12
"""The same when the next one is an emergency."""

ONE_AT_A_TIME = (1, 1)
"""The places of a telephone."""

BREATH = timedelta(seconds=1)
"""What falls due so soon after the same was told need not be told. Source: our choice: rungs lie further apart; only
what an outage has delayed comes so close."""


@dataclass(slots=True)
class Lane:
    """The rows under way: all of them by id and by alert, those to come by time, those due by gravity.

    Args:
        channel: what sends them.
        places: sends under way at once, and the same when the next one is an emergency.
        receipt_timeout: how long to wait for a receipt before sending again.
        busy: the sends under way, by row.
        tells: rows that were tried → the revision that they told.
    """

    channel: Channel
    places: tuple[int, int]
    receipt_timeout: timedelta
    rows: dict[str, Delivery] = field(default_factory=dict)
    of_alert: dict[str, set[str]] = field(default_factory=dict)
    later: list[tuple[datetime, str]] = field(default_factory=list)
    due: list[tuple[int, datetime, str]] = field(default_factory=list)
    busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    tells: dict[str, int] = field(default_factory=dict)

    def put(self, row: Delivery) -> None:
        """Take a row, or its newer state."""
        self.rows[row.id] = row
        self.of_alert.setdefault(row.alert_key, set()).add(row.id)
        heapq.heappush(self.later, (row.due_at, row.id))

    def drop(self, row_id: str) -> Delivery | None:
        """Let a row go; None when it has gone already."""
        row = self.rows.pop(row_id, None)
        if row is not None:
            self.tells.pop(row_id, None)
            siblings = self.of_alert[row.alert_key]
            siblings.discard(row_id)
            if not siblings:
                del self.of_alert[row.alert_key]
        return row

    def ripen(self, now: datetime) -> None:
        """Move what is due to the queue."""
        while self.later and self.later[0][0] <= now:
            due_at, row_id = heapq.heappop(self.later)
            row = self.rows.get(row_id)
            if row is not None and row.due_at == due_at:  # otherwise it left, or was put off
                heapq.heappush(self.due, (SEVERITY_RANK[row.severity], due_at, row_id))

    def next_row(self, now: datetime) -> Delivery | None:
        """Take the next row from the queue: the newest of its alert."""
        while self.due:
            _, due_at, row_id = self.due[0]
            row = self.rows.get(row_id)
            if row is None or row.due_at != due_at or row.id in self.busy:
                heapq.heappop(self.due)
                continue
            if len(self.busy) >= self.places[row.severity is Severity.EMERGENCY]:
                return None
            heapq.heappop(self.due)
            waiting = self._waiting(row.alert_key, now)
            newest = max(waiting, default=row, key=lambda r: (r.revision, not r.attempt, r.due_at, r.id))
            if newest.revision > self._on_its_way(row.alert_key):
                return newest
        return None

    def told_by(self, row: Delivery, until: datetime) -> list[Delivery]:
        """Drop the rows of the same alert, due until then, that need not tell what this one tells, and give them."""
        revision = max(row.revision, self.tells.get(row.id, 0))
        siblings = [self.rows[r] for r in self.of_alert.get(row.alert_key, ()) if r != row.id and r not in self.busy]
        told = [r for r in siblings if r.revision <= revision and (r.due_at <= until or r.attempt)]
        for sibling in told:
            self.drop(sibling.id)
        return told

    def wait_no_longer(self, alert_key: str, now: datetime) -> None:
        """Queue again what waited for a row of the same alert that was on its way."""
        for row in self._waiting(alert_key, now):
            heapq.heappush(self.due, (SEVERITY_RANK[row.severity], row.due_at, row.id))

    def _waiting(self, alert_key: str, now: datetime) -> list[Delivery]:
        rows = [self.rows[row_id] for row_id in self.of_alert.get(alert_key, ()) if row_id not in self.busy]
        return [row for row in rows if row.due_at <= now]

    def _on_its_way(self, alert_key: str) -> int:
        """The newest revision of an alert that is being told; 0 when none is."""
        return max((self.tells[r] for r in self.of_alert[alert_key] if r in self.busy and r in self.tells), default=0)
