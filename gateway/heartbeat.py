"""Says that the watch is awake, and only while it is: to the station, and to the machine's service manager.

A heartbeat that a timer sends proves that the timer lives. This one is withheld unless the home's broker is
connected, ticks arrive and the store takes what it is given; so silence at the far end means what it should.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.supervision import REMEMBERED
from alerts.wire import Heartbeat
from gateway import __version__
from gateway.batch import Confirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from alerts.paths import Path, Paths

TICK_STALE_S = 10.0
"""A tick comes every second; ten missed ones mean that the loop is stuck. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The evidence that the watch is awake.

    Args:
        broker_up: the home's broker is connected and subscribed.
        ticked_s: seconds since the last tick.
        disk_trouble: what the disk said; "" when it takes what it is given.
    """

    broker_up: bool
    ticked_s: float
    disk_trouble: str

    def missing(self) -> tuple[str, ...]:
        """Name what is not as it must be; empty when the watch is awake."""
        found = {
            "broker_down": not self.broker_up,
            "ticks_stale": self.ticked_s > TICK_STALE_S,
            "disk_trouble": bool(self.disk_trouble),
        }
        return tuple(name for name, wrong in found.items() if wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a heartbeat tells of the home at this moment; see `alerts.wire.Heartbeat`."""

    live_alerts: int
    tested_at: datetime | None
    test_due_at: datetime | None


class Beats:
    """Makes the heartbeats for the station.

    Args:
        starts: how often the process has begun, so that numbers rise across restarts.
        clock_s: the loop's clock.
        now: the time (aware UTC).
        condition: what else is to be told.
        confirmed: the newest heartbeat that the station answered before this start; None if none is known.
    """

    def __init__(
        self,
        starts: int,
        *,
        clock_s: Callable[[], float],
        now: Callable[[], datetime],
        condition: Callable[[], Condition],
        confirmed: Confirmed | None,
    ) -> None:
        self._number = starts << 32
        self._boot = secrets.token_hex(8)
        self._clock_s, self._began_s = clock_s, clock_s()
        self._now = now
        self._condition = condition
        self._asked: OrderedDict[int, datetime] = OrderedDict()
        self._confirmed = confirmed
        self._told_again: datetime | None = None

    def next(self, paths: Paths, path: Path) -> Heartbeat:
        """Make the next one, to go by a path."""
        self._number += 1
        alone = paths.is_alone(path)
        condition = self._condition()
        now = self._asked[self._number] = self._now()
        if len(self._asked) > REMEMBERED * len(paths.all):
            self._asked.popitem(last=False)
        return Heartbeat(
            at=now,
            sequence=self._number,
            uptime_s=round(self._clock_s() - self._began_s, 1),
            healthy=True,
            live_alerts=condition.live_alerts,
            version=__version__,
            tested_at=condition.tested_at,
            test_due_at=condition.test_due_at,
            boot=self._boot,
            paths=tuple(paths.all),
            next_s=path.rhythm.alone_s if alone else path.rhythm.beat_s,
            alone=alone,
            confirmed=self._confirmed.sequence if self._confirmed else 0,
            confirmed_at=self._confirmed.at if self._confirmed else None,
            told_again=self._told_again,
        )

    @property
    def told_again(self) -> datetime | None:
        """The latest `Heard.forgotten_since` that was acted on; None before."""
        return self._told_again

    def has_told_again(self, since: datetime) -> None:
        """Take note that all that the station forgot since is in the outbox."""
        self._told_again = since

    def confirmed(self, sequence: int) -> Confirmed | None:
        """Take note that the station has stored a heartbeat; give it, if it was made lately."""
        at = self._asked.get(sequence)
        if at is None:
            return None
        confirmed = Confirmed(sequence, at)
        if self._confirmed is None or sequence > self._confirmed.sequence:
            self._confirmed = confirmed
        return confirmed


def notify(state: str, env: Mapping[str, str] = os.environ) -> None:
    """Tell the service manager (systemd's sd_notify protocol); nothing happens where there is none.

    Args:
        state: "READY=1", "WATCHDOG=1" or "STOPPING=1".
        env: where NOTIFY_SOCKET is looked up.
    """
    address = env.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
