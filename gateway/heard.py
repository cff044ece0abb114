"""Tells the devices of our own dialect that a call of theirs is on disk here (docs/mqtt.md, 1.6.8).

The broker's confirmation is no such word: it gives it before its own disk has the message, and a broker that has lost
its sessions confirms what it then gives to nobody. So a device says a call again until it hears this. What is said is
worth nothing later: the device asks again by repeating itself.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from alerts.link import Link, LinkDown, PublishTimeout
from devices.reading import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devices.reading import Reading

CALLS = frozenset(
    {
        Kind.SOS,
        Kind.SOS_FLAG,
        Kind.FALL,
        Kind.IMPACT,
        Kind.AFTER,
        Kind.WORN,
        Kind.SMOKE,
        Kind.GAS,
        Kind.CARBON_MONOXIDE,
        Kind.WATER_LEAK,
    }
)
"""What a device says until it is heard. A window of acceleration has become what it was judged to be."""

_BOOT_SHIFT, _SEQ_MASK = 32, 0xFFFFFFFF
"""Where boot and seq stand in a sequence. Source: docs/mqtt.md, 1.5."""


class Heard:
    """Says on each device's own topic which of its calls are safe.

    Args:
        link: to the home's broker.
        base_topic: of our own dialect.
    """

    def __init__(self, link: Link, base_topic: str) -> None:
        self._link = link
        self._base = base_topic
        self._owed: asyncio.Queue[Reading] = asyncio.Queue()

    def say(self, call: Reading) -> None:
        """Have a call confirmed that is on disk."""
        self._owed.put_nowait(call)

    async def run(self) -> None:
        """Confirm until cancelled."""
        while True:
            call = await self._owed.get()
            sequence = call.sequence or 0
            body = {"v": 1, "boot": sequence >> _BOOT_SHIFT, "seq": sequence & _SEQ_MASK}
            try:
                await self._link.publish(f"{self._base}/{call.device_id}/heard", json.dumps(body).encode())
            except (LinkDown, PublishTimeout):
                continue  # it says it again, and is confirmed again


def call_in(readings: Iterable[Reading]) -> Reading | None:
    """Give the numbered call among the readings of one message, if there is one."""
    return next((r for r in readings if r.sequence is not None and r.kind in CALLS), None)
