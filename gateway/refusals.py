"""Gathers what was refused, counted together, until it is its turn to be written: a flood must not wear the flash."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.batch import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from devices.reading import Refusal

REFUSALS_AT_ONCE = 200
"""Different refusals gathered before they are written; more are only counted. Source: our choice: bounds a flood's
memory."""

REFUSALS_EVERY_S = 60.0
"""Seconds between two writings of refusals. Source: our choice: a flood of them adds at most 200 rows a minute."""


class Refusals:
    """The refusals since they were last written, one for each reason and topic.

    `at` is the loop time from which they may be written again.
    """

    def __init__(self) -> None:
        self.at = 0.0
        self._gathered: dict[tuple[str, str], Refused] = {}

    def add(self, refusal: Refusal, at: datetime) -> None:
        """Gather one, unless too many different ones wait already."""
        name = (refusal.reason, refusal.topic)
        known = self._gathered.get(name)
        if known is not None:
            self._gathered[name] = replace(known, count=known.count + 1, last_at=at, detail=refusal.detail)
        elif len(self._gathered) < REFUSALS_AT_ONCE:
            self._gathered[name] = Refused(
                reason=refusal.reason, topic=refusal.topic, detail=refusal.detail, count=1, first_at=at, last_at=at
            )

    def wait_s(self, now_s: float) -> float:
        """Say how long what was gathered must still wait; 0 when nothing waits."""
        return max(0.0, self.at - now_s) if self._gathered else 0.0

    def take(self, now_s: float) -> list[Refused]:
        """Give what was gathered, to be written now."""
        taken, self._gathered = list(self._gathered.values()), {}
        if taken:
            self.at = now_s + REFUSALS_EVERY_S
        return taken
