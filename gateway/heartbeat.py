"""Says that the watch is awake, and only while it is: to the station, and to the machine's service manager.

A heartbeat that a timer sends proves that the timer lives. This one is withheld unless the home's broker is
connected, ticks arrive and the store takes what it is given; so silence at the far end means what it should.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
