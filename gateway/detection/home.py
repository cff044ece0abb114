"""What the detectors know of the home: its devices, rooms and limits. Plain values, made from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import time
    from zoneinfo import ZoneInfo

    from gateway.detection.prior import Prior


class Role(StrEnum):
    """What a device is for in this home; the installer says it, since the same model serves several roles."""

    SOS = "sos"  # button, pendant or cord that calls for help
    FALL = "fall"  # radar, pendant or strap that reports falls
    ENTRANCE = "entrance"  # contact on the door to the outside
    INNER_DOOR = "inner_door"  # contact on a room's door, a fridge, a cupboard: a sign of life
    MOTION = "motion"  # PIR or radar motion
    PRESENCE = "presence"  # radar or mat that says somebody is in the room
    BED = "bed"  # strap or mat that says somebody is in the bed
    SEAT = "seat"  # pressure on a chair or sofa
    ACTIVITY = "activity"  # taps, flushes, switches, ordinary buttons: a sign of life
    HAZARD = "hazard"  # smoke, gas, carbon monoxide, leak
    BRIDGE = "bridge"  # the radio bridge or the home's broker
    OTHER = "other"  # watched for silence only


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of the home.

    Args:
        id: as in `Reading.device_id`.
        role: see `Role`.
        room: the room's id; "" for worn devices.
        mains: powered from the wall.
        report_interval_s: the longest it may rightly say nothing, in seconds; None where it speaks only when
            something happens, so that its silence proves nothing (see `silence` for the exceptions).
    """

    id: str
    role: Role
    room: str = ""
    mains: bool = False
    report_interval_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way by which somebody is told of an emergency.

    Args:
        after_s: seconds after the alert in which it is used first.
        needs: the gateway's own part without which it does not work, as in `parts.PARTS`.
        gentle: used at once when there is no sign of life, before the others, and for nothing else.
        detour: the part without which it takes `detour_s` longer; "" for none.
    """

    after_s: float
    needs: str
    gentle: bool = False
    detour: str = ""
    detour_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every threshold of detection, in seconds unless the name says otherwise; from limits.toml."""

    inactivity_day_s: float
    inactivity_night_s: float
    inactivity_floor_s: float
    away_after_s: float
    door_open_day_s: float
    door_open_night_s: float
    out_at_night_s: float
    away_long_s: float
    fall_maybe_s: float
    fall_up_s: float
    silence_factor: float
    silence_cap_s: float
    bridge_silence_s: float
    bridge_replay_s: float
    station_silence_s: float
    spare_silence_s: float
    sos_burst_s: float
    battery_low_percent: float
    countdown_s: float
    trial_window_s: float
    trial_confirm_s: float
    trial_every_days: float
    trial_grace_days: float
    mains_loss_s: float
    unseen_limit_s: float
    false_alarms_a_month: float
    bathroom_long_s: float
    out_of_bed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home as the detectors see it.

    Args:
        timezone: for day, night and the words of reasons.
        day_starts, night_starts: local wall-clock times at which day and night limits begin.
        devices: by device id. Readings of other ids are refused before they reach the pipeline.
        rooms: the ids of the rooms indoors; empty where only the devices tell of them.
        ways: the ways to people; empty where they are not known.
        gentle_s: how long the gentle ones are used before the others.
        limits: see `Limits`.
        baths: the ids of the rooms that are bathrooms.
        prior: how long silences last in other homes; None for no learned limits.
    """

    timezone: ZoneInfo
    day_starts: time
    night_starts: time
    devices: Mapping[str, Device] = field(default_factory=dict)
    rooms: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    gentle_s: float = 0.0
    limits: Limits
    baths: frozenset[str] = frozenset()
    prior: Prior | None = None
