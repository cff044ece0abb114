"""The simulated home's clock: it may run faster than real time, and one small file tells others how.

The file holds `{"monotonic": s, "home": ISO 8601, "rate": r}`; home time now is
`home + (CLOCK_MONOTONIC - monotonic) * rate`. CLOCK_MONOTONIC is one and the same for every process of a machine, so
the gateway that reads the file has exactly this clock. A change of rate starts from the present moment: home time
never jumps and never goes back.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_WAIT_S = 3600.0
"""A wait is looked at again this often, so that a far-off moment never overflows the loop's timers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A straight line between real and home time.

    Args:
        monotonic: CLOCK_MONOTONIC, in seconds, at which `home` was the time.
        home: home time at that moment (aware UTC).
        rate: home seconds in a real second, > 0.
    """

    monotonic: float
    home: datetime
    rate: float

    def home_at(self, monotonic: float) -> datetime:
        """Return the home time (aware UTC) at a monotonic moment in seconds."""
        return self.home + timedelta(seconds=(monotonic - self.monotonic) * self.rate)

    def monotonic_at(self, home: datetime) -> float:
        """Return the monotonic moment, in seconds, at which it is `home`."""
        return self.monotonic + (home - self.home).total_seconds() / self.rate

    def as_json(self) -> str:
        """Return the clock file's text."""
        return json.dumps({"monotonic": self.monotonic, "home": self.home.isoformat(), "rate": self.rate})


class HomeClock:
    """Tells home time, changes its rate, waits for a home moment, and keeps the clock file true.

    Args:
        start: home time at the outset (aware).
        rate: home seconds in a real second.
        file: where to write the pace; None for nowhere.
    """

    def __init__(self, start: datetime, rate: float, file: Path | None = None) -> None:
        self._file = file
        self.pace = Pace(monotonic=time.monotonic(), home=start.astimezone(UTC), rate=rate)
        self._write()

    def now(self) -> datetime:
        """Return home time (aware UTC)."""
        return self.pace.home_at(time.monotonic())

    def run_at(self, rate: float) -> None:
        """Go on from this moment with another rate (> 0)."""
        moment = time.monotonic()
        self.pace = Pace(monotonic=moment, home=self.pace.home_at(moment), rate=rate)
        self._write()

    async def wait_until(self, home: datetime, called: asyncio.Event) -> None:
        """Return when it is `home`, or as soon as `called` is set; clears `called`."""
        wait_s = min(LONGEST_WAIT_S, self.pace.monotonic_at(home) - time.monotonic())
        with suppress(TimeoutError):
            await asyncio.wait_for(called.wait(), max(0.0, wait_s))
        called.clear()

    def _write(self) -> None:
        if self._file is not None:
            replace_file(self._file, self.pace.as_json())


def real_now() -> datetime:
    """Return real time (aware UTC): what latencies are measured against."""
    return datetime.now(UTC)  # noqa: TID251 (this is the clock of firmware_sim)


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half of either, power cut or not."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)
