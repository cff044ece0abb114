"""The way between a device and the broker, and what can be made to go wrong on it. Pure; decided by dice.

A fault acts on what was said, not on the session: the device believes that it was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firmware_sim.dice import dice

if TYPE_CHECKING:
    from firmware_sim.firmware import Said

HELD_AT_MOST = timedelta(seconds=60)
"""A message kept back to be overtaken goes on after this time, overtaken or not."""


@dataclass(slots=True, kw_only=True)
class Radio:
    """One device's way to the broker.

    Args:
        seed: decides each message's luck.
        loss, duplicate, reorder: chances from 0 to 1 for each message.
        delay_s: every message comes so much later.
    """

    seed: int
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0
    _kept: Said | None = field(default=None, init=False)
    _kept_until: datetime | None = field(default=None, init=False)

    def carry(self, said: Said) -> list[tuple[datetime, Said]]:
        """Return what arrives because of one message, each with its home time; may be none, or two."""
        lost, doubled, overtaken = dice(self.seed, "radio", said.device, said.boot, said.seq).choices(
            range(1_000_000), k=3
        )
        if lost < self.loss * 1_000_000:
            return []
        arrives = said.at + timedelta(seconds=self.delay_s)
        if overtaken < self.reorder * 1_000_000 and self._kept is None:
            self._kept, self._kept_until = said, said.at + HELD_AT_MOST
            return []
        copies = 2 if doubled < self.duplicate * 1_000_000 else 1
        return [*((arrives, said) for _ in range(copies)), *self.release(arrives)]

    def due(self) -> datetime | None:
        """Return when a message that is kept back must go on."""
        return self._kept_until

    def release(self, at: datetime) -> list[tuple[datetime, Said]]:
        """Return the message that is kept back, if any, arriving at `at`."""
        if self._kept is None:
            return []
        kept, self._kept, self._kept_until = self._kept, None, None
        return [(at, kept)]
