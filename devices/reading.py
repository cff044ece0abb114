"""The facts the gateway reasons about: a reading, a window of acceleration, and the passing of time.

The unit and type of a reading's value are fixed by its kind (see `VALUE_TYPES`), so that no detector ever asks
which maker's device spoke. Everything here is immutable and knows no clock: times are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray


G_MPS2 = 9.80665
"""One g, in m/s². Source: ISO 80000-3."""


class Kind(StrEnum):
    """What a reading is about; the comment gives the value's type, unit and meaning."""

    CONTACT = "contact"  # bool, True = OPEN (Zigbee says contact:false for open; dialects turn it round)
    MOTION = "motion"  # bool, True = somebody moves (PIR, radar motion)
    PRESENCE = "presence"  # bool, True = somebody is in this room (radar, seat or mat pressure)
    BED = "bed"  # bool, True = somebody is in the bed
    ACTIVITY = "activity"  # str, a momentary sign of life: a tap, a flush, a light switch, an ordinary button
    SOS = "sos"  # str, a momentary press: "press", "double", "long", "cord"
    SOS_FLAG = "sos_flag"  # bool, a level that some buttons report and may never take back
    FALL = "fall"  # str: "none", "maybe", "fall", "lying" (long on the floor), "unknown"
    IMPACT = "impact"  # float, 0-1: how much a worn sensor's window of acceleration looks like a fall; 0.5 = as a fall
    AFTER = "after"  # str, what a worn sensor saw since its impact: "still", "stirring", "up" (walks, stands as before)
    WORN = "worn"  # bool, True = it is on somebody's body
    VIBRATION = "vibration"  # str, momentary: "vibration", "tilt", "drop"
    SMOKE = "smoke"  # bool, True = alarm
    GAS = "gas"  # bool, True = alarm
    CARBON_MONOXIDE = "carbon_monoxide"  # bool, True = alarm
    WATER_LEAK = "water_leak"  # bool, True = alarm
    TAMPER = "tamper"  # bool, True = case opened or taken off the wall
    BATTERY = "battery"  # float, percent 0-100
    BATTERY_LOW = "battery_low"  # bool, True = the device says: change me
    AVAILABILITY = "availability"  # bool, True = online, False = last will or bridge says it is gone
    BRIDGE = "bridge"  # bool, True = the radio bridge is up; device_id is the bridge's
    HEARTBEAT = "heartbeat"  # float, seconds since the device booted; only proves that it lives
    PLAYED = "played"  # str, the id of an announcement that the device has said or shown to the end
    RUNTIME = "runtime"  # float, seconds that the gateway's own battery will last; device_id "gateway/ups"
    TROUBLE = "trouble"  # bool, True = a part of the gateway itself is in trouble; device_id "gateway/disk", ...
    TRIAL = "trial"  # str, an order of the guide that tries the whole chain; device_id "gateway/trial"


VALUE_TYPES: dict[Kind, type] = {
    Kind.CONTACT: bool,
    Kind.MOTION: bool,
    Kind.PRESENCE: bool,
    Kind.BED: bool,
    Kind.ACTIVITY: str,
    Kind.SOS: str,
    Kind.SOS_FLAG: bool,
    Kind.FALL: str,
    Kind.IMPACT: float,
    Kind.AFTER: str,
    Kind.WORN: bool,
    Kind.VIBRATION: str,
    Kind.SMOKE: bool,
    Kind.GAS: bool,
    Kind.CARBON_MONOXIDE: bool,
    Kind.WATER_LEAK: bool,
    Kind.TAMPER: bool,
    Kind.BATTERY: float,
    Kind.BATTERY_LOW: bool,
    Kind.AVAILABILITY: bool,
    Kind.BRIDGE: bool,
    Kind.HEARTBEAT: float,
    Kind.PLAYED: str,
    Kind.RUNTIME: float,
    Kind.TROUBLE: bool,
    Kind.TRIAL: str,
}
"""The one Python type that a reading of each kind carries."""

MOMENTARY = frozenset({Kind.SOS, Kind.ACTIVITY, Kind.VIBRATION})
"""Kinds that happen rather than last: every message is a new event, never a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One fact from one sensor.

    Args:
        device_id: the device's name on its bridge or bus, as the installer wrote it in the home's configuration.
        kind: what it is about; fixes the type and unit of `value`.
        value: see `Kind`.
        at: when the gateway heard it (aware UTC). All detection uses this time.
        device_at: what the device's own clock said (aware UTC), if it said anything; never trusted, only shown.
        sequence: the device's own counter, rising across reboots (boot number << 32 | counter); a repeat of the
            same number is the same fact told twice.
        origin: 16 hex digits of the message's topic and payload. Two messages with one origin had the same bytes:
            how a re-announced cached state is told from news.
    """

    device_id: str
    kind: Kind
    value: bool | float | str
    at: datetime
    device_at: datetime | None = None
    sequence: int | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccelWindow:
    """A stretch of acceleration from a worn device, around the moment at which something struck it.

    Args:
        device_id: as in `Reading`.
        samples: shape (n, 3), float32, m/s², gravity included, oldest first; NaN where the radio lost a sample.
        rate_hz: samples per second.
        at: when the gateway heard it (aware UTC).
        trigger: the index of the sample at which the firmware was struck.
        worn: what the device itself feels of being on a body; None where it cannot feel it.
        device_at, sequence, origin: as in `Reading`.
    """

    device_id: str
    samples: NDArray[np.float32]
    rate_hz: float
    at: datetime
    trigger: int
    worn: bool | None = None
    device_at: datetime | None = None
    sequence: int | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time passed; nothing else happened.

    Args:
        at: now (aware UTC).
    """

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message that gave no readings, and why: counted, kept for the installer, and acknowledged all the same.

    Args:
        reason: a fixed short name, the label of a counter: see `devices.dialects.refusals`.
        topic: where it came from, cut to 200 characters.
        detail: one sentence for the installer that says what was found and what to do.
    """

    reason: str
    topic: str
    detail: str


class Decoded(NamedTuple):
    """What one message held: the readings in it, whatever in it was refused, and windows that are still to be judged.

    A message may give several: a bad battery figure must not hide the press beside it.
    """

    readings: tuple[Reading, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    windows: tuple[AccelWindow, ...] = ()
