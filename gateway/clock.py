"""The only place that asks what time it is.

Theory of operation
-------------------
A Raspberry Pi has no battery clock: after a power cut it wakes with a stale time and jumps when it finds a time
server. Silences and ladders must not jump with it. `SteadyClock` reads the wall clock once, at the start, and from
then on counts with the monotonic clock; small corrections of the wall (a time server's slewing) are followed, and
after one backwards it stands still until it is right rather than go back. A large one is a *jump*: it is reported
once, also from one wrong time to another, and not followed while the box runs, except when the time was not trusted
before and now may be, for then the new time is the better one.

A time is trusted once it is later than this software's making and than anything the store remembers.

`HomeClock` is the simulated home's: it follows a file that the simulation writes, so that a demo can live a night in
a minute without any limit being changed.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""No true time is earlier than this version's making."""

FOLLOW_S = 0.5
"""Differences of the wall clock up to this many seconds are followed. Source: our choice; ntpd slews by 0.5 ms/s."""

REREAD_S = 0.02
"""How old the simulated home's time may be, in real seconds. Source: our choice: 20 s of the home at 1,000-fold."""


class Clock(Protocol):
    """What time it is, and whether that is to be believed.

    `trusted` is False until the time may be right at all; `astray` is True while the system's clock disagrees.
    """

    trusted: bool
    astray: bool

    def now(self) -> datetime:
        """Give the time (aware UTC); never earlier than what was given before."""
        ...

    def check(self) -> float | None:
        """Compare with the wall clock; to be called about once a second.

        Returns:
            The size of a jump in seconds when one was found just now, else None.
        """
        ...


class SteadyClock:
    """Wall-clock time at the start, monotonic time from then on.

    Args:
        remembered: the newest time that the store knows; the clock was wrong if it says less.
        jump_s: a difference from the wall clock above this is a jump.
    """

    def __init__(self, remembered: datetime | None, jump_s: float) -> None:
        wall = _wall()
        floor = max(MADE_AT, remembered or MADE_AT)
        self.trusted = wall >= floor
        self.astray = False
        self._floor = floor
        self._jump_s = jump_s
        self._rebase(max(wall, floor))
        self._newest = self._base
        self._off_s = (wall - self._base).total_seconds()

    def now(self) -> datetime:
        """Give the steady time (aware UTC)."""
        self._newest = max(self._newest, self._counted())
        return self._newest

    def _counted(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._base_monotonic)

    def check(self) -> float | None:
        """Follow small corrections; report a jump once."""
        wall = _wall()
        off_s = (wall - self._counted()).total_seconds()
        if not self.trusted and wall >= self._floor:
            return self._gain_trust(wall, off_s)
        if self.trusted and abs(off_s) <= FOLLOW_S:
            self._rebase(wall)
            self.astray, self._off_s = False, 0.0
            return None
        self.astray = abs(off_s) > self._jump_s
        if self.astray and abs(off_s - self._off_s) > self._jump_s:
            self._off_s = off_s
            return off_s
        return None

    def _gain_trust(self, wall: datetime, off_s: float) -> float | None:
        self.trusted, self.astray, self._off_s = True, False, 0.0
        self._rebase(max(wall, self.now()))
        return off_s if abs(off_s) > self._jump_s else None

    def _rebase(self, base: datetime) -> None:
        self._base, self._base_monotonic = base, time.monotonic()


class HomeClock:
    """The simulated home's clock, read from the file that the simulation writes.

    Args:
        file: JSON with `monotonic` (seconds of the system's monotonic clock), `home` (ISO 8601 UTC) and `rate`.

    Raises:
        OSError: if the file is missing.
        ValueError: if it is not such a file.
    """

    def __init__(self, file: Path) -> None:
        self.trusted, self.astray = True, False
        self._file = file
        self._stamp = -1
        self._read_at = 0.0
        self._newest = datetime.min.replace(tzinfo=UTC)
        self._reread()

    def now(self) -> datetime:
        """Give the home's time (aware UTC)."""
        monotonic = time.monotonic()
        if monotonic - self._read_at > REREAD_S:
            self._reread()
        home = self._home + timedelta(seconds=(monotonic - self._monotonic) * self._rate)
        self._newest = max(self._newest, home)
        return self._newest

    def check(self) -> float | None:
        """A simulated clock never jumps by itself."""
        return None

    def _reread(self) -> None:
        self._read_at = time.monotonic()
        stamp = self._file.stat().st_mtime_ns
        if stamp == self._stamp:
            return
        self._stamp = stamp
        said = json.loads(self._file.read_text("utf-8"))
        self._monotonic, self._rate = float(said["monotonic"]), float(said["rate"])
        self._home = datetime.fromisoformat(said["home"])


def _wall() -> datetime:
    return datetime.now(UTC)
