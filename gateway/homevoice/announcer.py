"""Says at home what is true of her call for help, once each, and never in the way of the call itself.

Theory of operation
-------------------
`witness` is shown every batch once it is written, and keeps what `alerts.announce` needs: the newest version of each
alert, its deliveries, and the names of what was said. After each batch and each tick `run` asks what is true and
unsaid, takes the newest, notes its name for the store and has every voice say it. While they speak, whatever else
becomes true waits, and is asked for anew afterwards: so there is no queue that could grow old.

A voice that fails is counted and told as a trouble of its part; its next success ends the trouble. While no voice is
ready nothing is said, nor noted as said: once one is there again, what is still true then is.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts.announce import HEARD, Known, began_with, due, learn
from alerts.model import LIVE_STATES, Delivery, DeliveryState
from devices.reading import Kind
from gateway.homevoice.voice import VoiceFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.announcement import Announcement
    from alerts.model import Alert
    from alerts.rungs import Ladder
    from gateway.batch import Batch
    from gateway.homevoice.voice import Voice
    from gateway.recall import Recall
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

UNDER_WAY = frozenset({DeliveryState.DUE, DeliveryState.SENT})


@dataclass(slots=True)
class _Heard:
    """One alert as it is known here: of its rows only those that still say something, for it may be open for weeks."""

    known: Known
    under_way: dict[str, Delivery] = field(default_factory=dict)
    receipt: Delivery | None = None
    said: set[str] = field(default_factory=set)

    def put(self, row: Delivery) -> None:
        """Take a row's newest state; of receipts only the newest counts."""
        self.under_way.pop(row.id, None)
        if row.state in UNDER_WAY:
            self.under_way[row.id] = row
        elif row.state is DeliveryState.RECEIPTED and (self.receipt is None or row.revision >= self.receipt.revision):
            self.receipt = row

    def now_known(self) -> Known:
        """Give what is known, with these rows."""
        rows = dict(self.under_way)
        if self.receipt is not None:
            rows[self.receipt.id] = self.receipt
        return replace(self.known, deliveries=rows)


class Announcer:
    """Listens to what is written, and has it said.

    Args:
        voices: what can say something.
        ladder: the bed's.
        watch: whose batches are listened to; remembers what was said.
        now: the time (aware UTC).
        counted: called with a voice's name and the outcome after each sentence.
    """

    def __init__(
        self,
        voices: Sequence[Voice],
        ladder: Ladder,
        *,
        watch: Watch,
        now: Callable[[], datetime],
        counted: Callable[[str, str], None],
    ) -> None:
        self._voices, self._ladder, self._watch = voices, ladder, watch
        self._now, self._counted = now, counted
        self._alerts: dict[str, _Heard] = {}
        self._stir = asyncio.Event()

    async def remember(self, recall: Recall) -> None:
        """Learn what the store knows of the alerts that live."""
        for alert in await recall.live_alerts():
            if alert.kind in HEARD:
                steps = [(r, count, before, after) for _, before, after, r, count, _ in await recall.history(alert.key)]
                known = Known(alert=alert, telling=began_with(steps))
                heard = self._alerts[alert.key] = _Heard(known, said=await recall.announced(alert.key))
                for row in await recall.deliveries(alert.key):
                    heard.put(row)

    def witness(self, batch: Batch) -> None:
        """Learn what was just written."""
        for alert in batch.alerts:
            self._learn(alert, batch.origins.get(alert.key, ""))
        for key in batch.superseded:
            if key in self._alerts:
                self._alerts[key].under_way.clear()
        for row in (*batch.deliveries, *batch.recorded.values()):
            if row.alert_key in self._alerts:
                self._alerts[row.alert_key].put(row)
        for reading, _ in batch.readings:
            if reading.kind is Kind.PLAYED:
                for voice in self._voices:
                    voice.hear(str(reading.value))
        if batch.alerts or batch.recorded:
            self._stir.set()

    def look(self) -> None:
        """Ask what time has made true; to be called about once a second."""
        if self._alerts:
            self._stir.set()

    async def run(self) -> None:
        """Say what is to be said until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._stir.wait()
                self._stir.clear()
                await self._say_what_is_true(tasks)
                self._forget()

    async def _say_what_is_true(self, tasks: asyncio.TaskGroup) -> None:
        while (voices := [voice for voice in self._voices if voice.ready]) and (announcement := self._next()):
            self._alerts[announcement.alert_key].said.add(announcement.name)
            self._watch.journal.announced(announcement.alert_key, announcement.name, self._now())
            async with asyncio.TaskGroup() as together:
                for voice in voices:
                    together.create_task(self._have_said(voice, announcement, tasks))

    def _learn(self, alert: Alert, through: str) -> None:
        heard = self._alerts.get(alert.key)
        if heard is not None:
            heard.known = learn(heard.known, alert, through=through)
        elif alert.kind in HEARD:
            self._alerts[alert.key] = _Heard(learn(None, alert, through=through))

    def _next(self) -> Announcement | None:
        """Give the newest of what is true and unsaid."""
        now = self._now()
        found = (due(heard.now_known(), heard.said, self._ladder, now) for heard in self._alerts.values())
        return max((each for each in found if each is not None), key=lambda each: each.at, default=None)

    def _forget(self) -> None:
        for key in [key for key, heard in self._alerts.items() if heard.known.alert.state not in LIVE_STATES]:
            del self._alerts[key]

    async def _have_said(self, voice: Voice, announcement: Announcement, tasks: asyncio.TaskGroup) -> None:
        try:
            await voice.say(announcement)
        except VoiceFailed as failure:
            self._failed(voice, failure)
        else:
            tasks.create_task(self._confirm(voice, announcement))

    async def _confirm(self, voice: Voice, announcement: Announcement) -> None:
        try:
            confirmed = await voice.confirm(announcement)
        except VoiceFailed as failure:
            self._failed(voice, failure)
            return
        self._counted(voice.name, "said" if confirmed else "asked")
        if confirmed:
            self._watch.report(voice.part, trouble=False, at=self._now())

    def _failed(self, voice: Voice, failure: VoiceFailed) -> None:
        self._counted(voice.name, failure.reason)
        log.warning("home voice: %s: %s", voice.name, failure)
        self._watch.report(voice.part, trouble=True, at=self._now())
