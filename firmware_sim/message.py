"""What leaves for the broker: an MQTT message, and how dear it is to the device that sends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from devices.reading import Kind

_URGENT = frozenset(
    {
        Kind.SOS,
        Kind.SOS_FLAG,
        Kind.FALL,
        Kind.IMPACT,
        Kind.AFTER,
        Kind.SMOKE,
        Kind.GAS,
        Kind.CARBON_MONOXIDE,
        Kind.WATER_LEAK,
    }
)
_PASSING = frozenset({Kind.MOTION, Kind.ACTIVITY})


class Rank(IntEnum):
    """Who goes first, and who is dropped when the memory is full (docs/mqtt.md, 1.6.7)."""

    URGENT = 0  # a call, a fall, a hazard: sent first, never dropped
    STATE = 1  # a lasting state
    ORDINARY = 2  # motion, heartbeats: the oldest is dropped first


Number = tuple[int, int]
"""A native message's boot and seq."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An MQTT message, QoS 1.

    Args:
        client: the MQTT client that sends it: the device, or the bridge.
        topic, payload, retain: as MQTT has them.
        rank: see `Rank`.
        number: by which the gateway says that it has heard it; None where the dialect numbers nothing.
    """

    client: str
    topic: str
    payload: bytes
    retain: bool = False
    rank: Rank = Rank.STATE
    number: Number | None = None


def rank_of(kinds: set[Kind]) -> Rank:
    """Return the rank of a message that tells facts of these kinds; none at all is a heartbeat."""
    if kinds & _URGENT:
        return Rank.URGENT
    return Rank.ORDINARY if kinds <= _PASSING else Rank.STATE
