"""Publishes decisions until their homes have receipted them: at once, then ever more rarely, over any restart.

The rows are the outbox; this holds nothing but when to try each again. A home that is off for a week gets its
decisions when it comes back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.link import LinkDown, PublishTimeout

if TYPE_CHECKING:
    from alerts.link import Link
    from alerts.station.desk import Desk

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 60.0
"""Seconds without a receipt before a decision is published again, doubling. A home answers within one round trip of
two brokers; a minute is what a person who waits for "已送达" bears."""


class DecisionOutbox:
    """One task: `run()`.

    Args:
        desk: has the rows, and tells when there are new ones.
        link: to the station's broker.
    """

    def __init__(self, desk: Desk, link: Link) -> None:
        self._desk = desk
        self._link = link
        self._due: dict[
            str, tuple[float, float]
        ] = {}  # decision id → when to publish it again, and the wait after that

    async def run(self) -> None:
        """Publishes what is due until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            seen = self._desk.board.version
            unsent = await self._desk.unsent()
            self._due = {each: due for each, due in self._due.items() if each in unsent}
            for decision, (topic, payload) in unsent.items():
                due, wait_s = self._due.get(decision, (0.0, FIRST_RETRY_S))
                if due <= clock() and await self._publish(topic, payload, again=decision in self._due):
                    self._due[decision] = (clock() + wait_s, min(LONGEST_RETRY_S, wait_s * 2))
            await self._desk.board.news(seen, within_s=FIRST_RETRY_S if unsent else LONGEST_RETRY_S)

    def hurry(self) -> None:
        """Everything is due at once: the broker is back."""
        self._due.clear()
        self._desk.board.changed()

    async def _publish(self, topic: str, payload: bytes, *, again: bool) -> bool:
        """The broker keeps the first one for a home that is away; a day of repetitions would cost a spare path dear."""
        try:
            await self._link.publish(topic, payload, qos=0 if again else 1)
        except (LinkDown, PublishTimeout):
            return False
        self._desk.metrics.decisions_published.inc()
        return True
