"""A device's small memory of what the broker has not yet confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sim.message import Rank

if TYPE_CHECKING:
    from firmware_sim.message import Message

ROOM_FOR = 32
"""Messages that a device can hold. Source: docs/mqtt.md, 1.6.7."""

AT_RISK_S = 60.0
"""How long a confirmed call is kept for a broker that dies with it. Source: docs/mqtt.md, 1.6.7."""


class Spool:
    """Messages that wait for their PUBACK: urgent ones first, each rank in order.

    When it is full the oldest ordinary message goes, then the oldest state; never an urgent one, for which room is
    made beyond the limit.

    Args:
        room_for: how many it holds.
    """

    def __init__(self, room_for: int = ROOM_FOR) -> None:
        self._room_for = room_for
        self._waiting: list[Message] = []
        self._at_risk: list[tuple[float, Message]] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Take a message in; may drop a cheaper one, or this one."""
        self._waiting.append(message)
        if len(self._waiting) <= self._room_for:
            return
        cheapest = max(self._waiting, key=lambda kept: kept.rank)  # the oldest of the highest rank
        if cheapest.rank is not Rank.URGENT:
            self._forget(cheapest)
            self.dropped += 1

    def head(self) -> Message | None:
        """Return the message to send next."""
        return min(self._waiting, key=lambda kept: kept.rank, default=None)

    def confirmed(self, message: Message, now_s: float) -> None:
        """Let a message go, none other that is equal to it; an urgent one is kept a while at the broker's risk."""
        self._forget(message)
        if message.rank is Rank.URGENT:
            self._at_risk.append((now_s + AT_RISK_S, message))

    def put_back(self, now_s: float) -> None:
        """Have the urgent ones said again that a broker may have confirmed and lost: the connection has broken."""
        self._waiting = [message for until_s, message in self._at_risk if now_s < until_s] + self._waiting
        self._at_risk.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._at_risk.clear()

    def _forget(self, message: Message) -> None:
        self._waiting = [kept for kept in self._waiting if kept is not message]
