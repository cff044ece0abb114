"""The devices that can be fitted, as data: what each feels, how often it lives aloud, how its battery lasts.

Battery figures are design lives as makers print them (two years for coin-cell contacts and PIRs, five for a smoke
detector's lithium cell, one for a pendant), half of it spent by the clock and half by the radio at usual traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devices.reading import Kind
from firmware_sim.channels import Button, Channel, Debounced, FallJudge, Held, SinceStruck, Struck
from firmware_sim.feeling import Sense

if TYPE_CHECKING:
    from collections.abc import Callable

MAINS_HEARTBEAT_S = 300
BATTERY_HEARTBEAT_S = 1800
"""Within the 4 h that docs/mqtt.md allows; about 1,150 of a usual day's 2,000 readings are heartbeats and batteries."""

Words = dict[bool | float | str, object]
"""From a fact's value to the word for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zigbee:
    """How the model appears on a Zigbee bridge.

    Args:
        model, vendor: as zigbee2mqtt names them.
        words: for each kind of fact, the properties that tell it and what each value is called in them.
    """

    model: str
    vendor: str
    words: dict[Kind, dict[str, Words]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A type of device.

    Args:
        role: a value of the gateway's `Role`.
        native: model name in native form.
        zigbee: how it appears in zigbee2mqtt form.
        build: makes its channels.
        mains: powered from the wall.
        percent_per_day: what the clock takes from the battery.
        percent_per_message: what sending takes.
    """

    role: str
    native: str
    zigbee: Zigbee
    build: Callable[[], tuple[Channel, ...]]
    mains: bool = False
    percent_per_day: float = 0.0
    percent_per_message: float = 0.0

    @property
    def heartbeat_s(self) -> int:
        """Seconds between heartbeats, and the longest it rightly says nothing."""
        return MAINS_HEARTBEAT_S if self.mains else BATTERY_HEARTBEAT_S


def _same(*values: bool | str) -> Words:
    return {value: value for value in values}


_YES_NO = _same(True, False)  # noqa: FBT003 (the two values of a level)
_EMERGENCY: Words = {"press": "emergency", "cord": "emergency"}

MODELS: dict[str, Model] = {
    "door_contact": Model(
        role="entrance",
        native="sw-contact-1",
        zigbee=Zigbee(
            model="MCCGQ11LM",
            vendor="Aqara",
            words={Kind.CONTACT: {"contact": {True: False, False: True}}},  # contact false means open
        ),
        build=lambda: (Debounced(sense=Sense.LEAF, kind=Kind.CONTACT, true_after_s=0.05, false_after_s=0.05),),
        percent_per_day=0.07,
        percent_per_message=0.0012,
    ),
    "pir": Model(
        role="motion",
        native="sw-pir-1",
        zigbee=Zigbee(model="RTCGQ01LM", vendor="Xiaomi", words={Kind.MOTION: {"occupancy": _YES_NO}}),
        build=lambda: (Held(),),
        percent_per_day=0.07,
        percent_per_message=0.0003,
    ),
    "bed_strap": Model(
        role="bed",
        native="sw-bed-1",
        zigbee=Zigbee(
            model="TS0601_bed_presence_sensor",
            vendor="Tuya",
            words={Kind.BED: {"occupancy": _YES_NO, "work_state": {True: "presence", False: "none"}}},
        ),
        # turning over lifts the weight for a few seconds; sitting down on the edge is not lying
        build=lambda: (Debounced(sense=Sense.WEIGHT, kind=Kind.BED, true_after_s=5, false_after_s=10),),
        percent_per_day=0.07,
        percent_per_message=0.001,
    ),
    "fall_radar": Model(
        role="fall",
        native="sw-radar-1",
        zigbee=Zigbee(
            model="MIR-HE200-TY_fall",
            vendor="Tuya",
            words={
                Kind.PRESENCE: {"presence": _YES_NO},
                Kind.MOTION: {"occupancy": _YES_NO},
                Kind.FALL: {
                    "fall_down_status": {"none": "none", "maybe": "maybe_fall", "fall": "fall", "lying": "fall"}
                },
            },
        ),
        # an on-delay ends most ghosts of radars (everything-presence-one, issue 19)
        build=lambda: (
            Debounced(sense=Sense.PRESENCE, kind=Kind.PRESENCE, true_after_s=2, false_after_s=30),
            Held(),
            FallJudge(),
        ),
        mains=True,
    ),
    "pendant": Model(
        role="sos",
        native="sw-pendant-1",
        zigbee=Zigbee(model="TS0215A_sos", vendor="Tuya", words={Kind.SOS: {"action": _EMERGENCY}}),
        build=lambda: (Button(word="press"),),
        percent_per_day=0.14,
        percent_per_message=0.0028,
    ),
    "sos_cord": Model(
        role="sos",
        native="sw-cord-1",
        zigbee=Zigbee(model="TS0601_sos", vendor="Tuya", words={Kind.SOS: {"action": _EMERGENCY}}),
        build=lambda: (Button(word="cord"),),
        percent_per_day=0.07,
        percent_per_message=0.0014,
    ),
    "smoke": Model(
        role="hazard",
        native="sw-smoke-1",
        zigbee=Zigbee(model="JTYJ-GD-01LM/BW", vendor="Xiaomi", words={Kind.SMOKE: {"smoke": _YES_NO}}),
        # the chamber must stay dark for a moment, and clear for longer
        build=lambda: (Debounced(sense=Sense.SMOKE, kind=Kind.SMOKE, true_after_s=2, false_after_s=30),),
        percent_per_day=0.03,
        percent_per_message=0.0006,
    ),
    "fall_belt": Model(
        role="fall",
        native="sw-belt-1",
        zigbee=Zigbee(model="", vendor="", words={}),  # there is none: see Household
        build=lambda: (Struck(), SinceStruck()),
        percent_per_day=1.4,  # an accelerometer that is always awake
        percent_per_message=0.01,
    ),
    "annunciator": Model(
        role="other",
        native="sw-voice-1",
        zigbee=Zigbee(model="", vendor="", words={}),  # there is none: see Household
        build=tuple,
        mains=True,
    ),
}
"""By the name of the type, as a home's file writes it."""
