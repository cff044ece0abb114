"""The demo's two times: real time, and the home's as the simulation last told it; and the waiting of those who look on.

Every moment of the report is in real time. The home's own moments (`opened_at`) are turned into it by the straight
lines that the simulation prints whenever its pace changes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """From `monotonic` (seconds) on, when it was `home` there and `real` here, home time runs `rate` times as fast."""

    monotonic: float
    home: datetime
    real: datetime
    rate: float


class HomeTime:
    """What time it is in the simulated home, and which real moment one of its moments was."""

    def __init__(self) -> None:
        self._paces: list[Pace] = []

    def learn(self, told: dict[str, Any]) -> None:
        """Take one `clock` event of the simulation."""
        monotonic = float(told["monotonic"])
        real = real_now() - timedelta(seconds=time.monotonic() - monotonic)
        home = datetime.fromisoformat(told["home"])
        self._paces.append(Pace(monotonic=monotonic, home=home, real=real, rate=float(told["rate"])))

    @property
    def rate(self) -> float:
        """Home seconds in a real second, now."""
        return self._paces[-1].rate

    def now(self) -> datetime:
        """Give the home's time (aware UTC)."""
        pace = self._paces[-1]
        return pace.home + timedelta(seconds=(time.monotonic() - pace.monotonic) * pace.rate)

    def real(self, home: datetime) -> datetime:
        """Give the real moment (aware UTC) at which it was `home` there."""
        pace = next((each for each in reversed(self._paces) if each.home <= home), self._paces[0])
        return pace.real + (home - pace.home) / pace.rate


def real_now() -> datetime:
    """Give real time (aware UTC)."""
    return datetime.now(UTC)  # noqa: TID251 - the demo's only look at the wall clock: its report is in real time


def steady_s() -> float:
    """Give the system's monotonic seconds."""
    return time.monotonic()


async def pause(seconds: float) -> None:
    """Let real time pass."""
    await asyncio.sleep(seconds)  # noqa: TID251 - a demo is watched by people, who need a moment
