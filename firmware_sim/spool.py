"""A device's small memory of what the broker has not yet confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sim.message import Rank

if TYPE_CHECKING:
    from firmware_sim.message import Message, Number

ROOM_FOR = 32
"""Messages that a device can hold. Source: docs/mqtt.md, 1.6.7."""

FIRST_REPEAT_S, LAST_REPEAT_S, REPEATED_FOR_S = 5.0, 60.0, 3600.0
"""A call that the broker has confirmed and the gateway has not is said again after so long, doubling, for an hour.
Source: docs/mqtt.md, 1.6.8."""

HEARD_KEPT = 64
"""Confirmations that are remembered, for one may overtake the broker's."""


class Spool:
    """Messages that wait for their PUBACK, urgent ones first, each rank in order; and calls that wait to be heard.

    When it is full the oldest ordinary message goes, then the oldest state; never an urgent one, for which room is
    made beyond the limit.

    Args:
        room_for: how many it holds.
    """

    def __init__(self, room_for: int = ROOM_FOR) -> None:
        self._room_for = room_for
        self._waiting: list[Message] = []
        self._unheard: list[tuple[float, Message]] = []
        self._said: dict[Number, tuple[float, float]] = {}
        self._heard: list[Number] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def unheard(self) -> int:
        """How many calls the broker has confirmed and the gateway has not."""
        return len(self._unheard)

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
        """Let a message go that the broker has, none other that is equal to it; a call stays until it is heard."""
        self._forget(message)
        if message.rank is not Rank.URGENT or message.number is None or message.number in self._heard:
            return
        first_s, pause_s = self._said.get(message.number, (now_s, FIRST_REPEAT_S))
        if now_s - first_s < REPEATED_FOR_S:
            self._said[message.number] = (first_s, min(LAST_REPEAT_S, pause_s * 2))
            self._unheard.append((now_s + pause_s, message))

    def heard(self, number: Number) -> None:
        """Forget a call: the gateway has it on its disk."""
        self._heard = [*self._heard, number][-HEARD_KEPT:]
        self._said.pop(number, None)
        self._waiting = [message for message in self._waiting if message.number != number]
        self._unheard = [(due_s, message) for due_s, message in self._unheard if message.number != number]

    def ripen(self, now_s: float) -> None:
        """Have the calls said again that have not been heard for too long."""
        self._waiting = [message for due_s, message in self._unheard if due_s <= now_s] + self._waiting
        self._unheard = [(due_s, message) for due_s, message in self._unheard if due_s > now_s]

    def put_back(self) -> None:
        """Have every call said again that was not heard: the connection has broken."""
        self.ripen(float("inf"))

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._unheard.clear()

    def _forget(self, message: Message) -> None:
        self._waiting = [kept for kept in self._waiting if kept is not message]
