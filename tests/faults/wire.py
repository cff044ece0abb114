"""The internet between the hosts of a world: carries real IP packets, and loses, delays and reorders them on purpose.

Theory of operation
-------------------
Each host has one TUN device, whose other end is a file descriptor of this process. What a host sends is read here and
written to the device of whoever has the address, or not. A line has a direction, so that answers alone can be lost.
Packets that wait different times overtake each other: that is the reordering. A network that has forgotten its flows
(a NAT that was restarted) drops what belongs to connections that were there before, without a word to either end:
that is a half-open connection. Source of the packet's fields: RFC 791, RFC 9293.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

LARGEST = 65_535
TCP = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How packets fare from one host to another.

    Args:
        loss: the part that is lost, 0 to 1.
        twice: the part that arrives twice.
        delay_s: how long each takes at least.
        jitter_s: up to how much longer, each by its own chance.
    """

    loss: float = 0.0
    twice: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0


CLEAR = Line()
CUT = Line(loss=1.0)


@dataclass(slots=True)
class Wire:
    """Carries packets while it is open.

    Args:
        ends: host → the file descriptor of its TUN device, not blocking.
        addresses: IPv4 address, packed → host.
        rng: what is lost.
    """

    ends: dict[str, int]
    addresses: dict[bytes, str]
    rng: Random
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    flows: set[bytes] = field(default_factory=set)
    forgotten: set[bytes] = field(default_factory=set)

    def open(self) -> None:
        """Begins to carry."""
        loop = asyncio.get_running_loop()
        for host, end in self.ends.items():
            loop.add_reader(end, self._read, host, end)

    def close(self) -> None:
        """Carries no more; the devices vanish."""
        loop = asyncio.get_running_loop()
        for end in self.ends.values():
            loop.remove_reader(end)
            os.close(end)
        self.ends = {}

    def lay(self, line: Line, *pairs: tuple[str, str]) -> None:
        """Changes lines, each from the first host to the second."""
        for pair in pairs:
            self.lines[pair] = line

    def repair(self) -> None:
        """Makes every line clear again; what was forgotten stays so."""
        self.lines.clear()

    def forget_flows(self, *hosts: str) -> None:
        """Drops, from now on and without a word, what belongs to today's connections between these hosts."""
        packed = {address for address, host in self.addresses.items() if host in hosts}
        self.forgotten |= {flow for flow in self.flows if flow[:4] in packed and flow[4:8] in packed}

    def _read(self, host: str, end: int) -> None:
        with suppress(BlockingIOError):
            while packet := os.read(end, LARGEST):
                self._carry(host, packet)

    def _carry(self, sender: str, packet: bytes) -> None:
        receiver = self.addresses.get(packet[16:20])
        if receiver is None or packet[0] >> 4 != 4 or self._belongs_to_the_forgotten(packet):
            return
        line = self.lines.get((sender, receiver), CLEAR)
        for _ in range(1 + (self.rng.random() < line.twice)):
            if self.rng.random() < line.loss:
                continue
            wait_s = line.delay_s + self.rng.uniform(0.0, line.jitter_s)
            if wait_s:
                asyncio.get_running_loop().call_later(wait_s, self._deliver, receiver, packet)
            else:
                self._deliver(receiver, packet)

    def _deliver(self, receiver: str, packet: bytes) -> None:
        end = self.ends.get(receiver)
        if end is not None:
            with suppress(OSError):  # the host's queue is full, or it is gone: a packet is lost, as on any network
                os.write(end, packet)

    def _belongs_to_the_forgotten(self, packet: bytes) -> bool:
        if packet[9] != TCP:
            return False
        ports = (packet[0] & 15) * 4
        flow = packet[12:20] + packet[ports : ports + 4]
        self.flows.add(flow)
        return flow in self.forgotten
