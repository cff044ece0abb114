"""What counts as a sign of life, and what as a sign that somebody is inside the home.

Theory of operation
-------------------
A sign of life is something that only a person does. An *indoor* sign is one that a person does inside the home, at
this moment: it is what tells "home" from "away", so it must not be an after-effect of somebody leaving. Therefore
the levels (motion, presence, bed) count as indoor signs only when they rise. Their falling is a sign of life,
since the person was there until then, but it may come minutes after she has gone.

A PIR that keeps seeing movement repeats True instead of rising again; so repeats count as signs of life, but only
for `MOTION_BELIEVED_S` after it rose: a sensor that is stuck at True must not vouch for anybody for ever. The
entrance door is a sign of life, not an indoor sign: it says that somebody passes, not in which direction.

No sign: battery, heartbeat, availability, smoke and other hazards, tamper, repeated levels, what a fall sensor
says (she may be lying there) unless a worn one says that she is up, and anything that a bridge re-announces (see
`hearing`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind
from gateway.detection.home import Role

if TYPE_CHECKING:
    from gateway.detection.hearing import DeviceState
    from gateway.detection.home import Device, Home

MOTION_BELIEVED_S = 2 * 3600.0
"""How long an unbroken True of a motion sensor is believed. Source: judgement; a PIR falls 60-180 s after the last
movement (Zigbee2MQTT's default occupancy_timeout is 90 s), a radar seldom sees unbroken movement for an hour."""

NO_SIGN, LIFE, INDOORS = 0, 1, 2
"""How much a reading proves; each includes the one before."""

_MOTION_BELIEVED = timedelta(seconds=MOTION_BELIEVED_S)
_DEEDS = frozenset({Kind.ACTIVITY, Kind.SOS, Kind.VIBRATION})
_FALLING = {Kind.PRESENCE: LIFE, Kind.BED: LIFE, Kind.SOS_FLAG: NO_SIGN}
"""What the fall of a level proves: that she was there until now, or, for a button that is let go, nothing."""
_LASTING = frozenset({Kind.CONTACT, *_FALLING})
_INDOOR_ROLES = frozenset({Role.MOTION, Role.PRESENCE, Role.BED, Role.SEAT, Role.INNER_DOOR, Role.ACTIVITY, Role.FALL})


class Sign(NamedTuple):
    """The latest sign of life: when, from which device, in which room ("" when worn)."""

    at: datetime
    device: str
    room: str


def judge(device: Device, before: DeviceState, kind: Kind, value: object, at: datetime) -> int:
    """How much a reading proves of life: `NO_SIGN`, `LIFE` or `INDOORS`.

    Args:
        device: the device's place in the home.
        before: what was known of it before this reading.
        kind: the reading's kind.
        value: the reading's value.
        at: its time (aware UTC).
    """
    if kind is Kind.MOTION:
        return _judge_motion(before.levels.get(kind), at, on=bool(value))
    if kind is Kind.AFTER:
        return LIFE if value == "up" else NO_SIGN
    if kind in _DEEDS:
        return LIFE if device.role is Role.ENTRANCE else INDOORS
    if kind not in _LASTING or bool(value) == (kind in before.levels):
        return NO_SIGN
    if kind is Kind.CONTACT:
        return LIFE if device.role is Role.ENTRANCE else INDOORS
    return INDOORS if value else _FALLING[kind]


def _judge_motion(rose_at: datetime | None, at: datetime, *, on: bool) -> int:
    if rose_at is None:
        return INDOORS if on else NO_SIGN
    return LIFE if at - rose_at <= _MOTION_BELIEVED else NO_SIGN


def watchers(home: Home) -> list[str]:
    """The devices whose silence would be a person's silence: those that see her inside the home."""
    return [device.id for device in home.devices.values() if device.role in _INDOOR_ROLES]
