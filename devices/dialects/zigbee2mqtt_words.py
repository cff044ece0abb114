"""What the properties of Zigbee2MQTT devices mean: one table from property and value to facts.

Every row comes from the exposes of zigbee-herdsman-converters 26.112.0 (4,516 definitions), except those marked
otherwise; reference counts: contact 131 models, occupancy 197, presence 65, tamper 264. Words are compared in lower
case, because ZG-301A shouts "PRESENCE". A value that is missing here is refused where the property's name can mean
only one thing (`STRICT`), and left alone where other kinds of device use the same name for something else (`state`
of a lamp, `status` of a valve, `gas` in cubic metres).

Contact. `contact: false` means the contact is apart: the door is OPEN. Three models look inverted (TERNCY-DC01 by
its "on" value, PushOk POK003 and POK010 by "ON"/"OFF"), but their own descriptions read "closed (= true) or open
(= false)": only their spelling of the same fact differs, so no table of inverted models is needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from devices.reading import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

Fact: TypeAlias = tuple[Kind, bool | str]
Words: TypeAlias = dict[bool | str, tuple[Fact, ...]]


def _flag(kind: Kind) -> Words:
    return _two((kind, True), (kind, False))


def _two(when_true: Fact, *when_false: Fact) -> Words:
    return _each((True, "true", "on"), when_true) | _each((False, "false", "off"), *when_false)


def _each(words: Iterable[bool | str], *facts: Fact) -> Words:
    return dict.fromkeys(words, facts)


def _alarm(kind: Kind) -> Words:
    """The enumerated alarms of Tuya's smoke, gas and carbon monoxide sensors; "unknown" says nothing."""
    return {"alarm": ((kind, True),), "unknown": ()} | _each(("normal", "none", "detecting"), (kind, False))


def _seen(*words: str, moves: bool) -> Words:
    return _each(words, (Kind.PRESENCE, True), (Kind.MOTION, moves))


_NOBODY: Words = {"none": ((Kind.PRESENCE, False), (Kind.MOTION, False))}
_MOTION_WORDS: Words = (
    _NOBODY
    | _seen("large", "small", "medium", "far", "near", "motion", "active", "move", moves=True)
    | _seen("small_movement", "large_movement", moves=True)
    | _seen("static", "peaceful", "stationary", moves=False)
)
_BATTERY_WORDS: Words = {
    "low": ((Kind.BATTERY_LOW, True),),
    "medium": ((Kind.BATTERY_LOW, False),),
    "middle": ((Kind.BATTERY_LOW, False),),
    "high": ((Kind.BATTERY_LOW, False),),
}

STRICT: dict[str, Words] = {
    "contact": _two((Kind.CONTACT, False), (Kind.CONTACT, True)),
    "contact_alarm_1": _flag(Kind.CONTACT),
    "contact_alarm_2": _flag(Kind.CONTACT),
    "opening_state": {
        "open": ((Kind.CONTACT, True),),
        "tilted": ((Kind.CONTACT, True),),
        "closed": ((Kind.CONTACT, False),),
    },
    "occupancy": _flag(Kind.MOTION),
    **{f"occupancy_{number}": _flag(Kind.MOTION) for number in range(1, 11)},
    "occupancy_alarm_1": _flag(Kind.MOTION),
    "occupancy_alarm_2": _flag(Kind.MOTION),
    "presence": _flag(Kind.PRESENCE),
    "presence_state": _MOTION_WORDS | {"presence": ((Kind.PRESENCE, True),)},
    "motion_state": _MOTION_WORDS,
    "human_motion_state": _MOTION_WORDS,
    "sos": _flag(Kind.SOS_FLAG),
    "sos_alarm": _flag(Kind.SOS_FLAG),
    # Heiman HS2FD-EF1-3.0
    "fall_status": {
        "normal": ((Kind.FALL, "none"),),
        "fall_warning": ((Kind.FALL, "maybe"),),
        "fall_alarm": ((Kind.FALL, "fall"),),
        "unknown": ((Kind.FALL, "unknown"),),
    },
    # Tuya MIR-HE200-TY
    "fall_down_status": {
        "none": ((Kind.FALL, "none"),),
        "maybe_fall": ((Kind.FALL, "maybe"),),
        "fall": ((Kind.FALL, "fall"),),
    },
    # HOBEIAN ZG-210Z, a strap for beds and chairs: the role decides which of the two facts counts
    "pressure_state": {
        "none": ((Kind.BED, False), (Kind.PRESENCE, False)),
        "sit": ((Kind.BED, True), (Kind.PRESENCE, True)),
        "sedentary": ((Kind.BED, True), (Kind.PRESENCE, True)),
    },
    "smoke": _flag(Kind.SMOKE),
    "smoke_alarm_1": _flag(Kind.SMOKE),
    "smoke_alarm_2": _flag(Kind.SMOKE),
    "smoke_state": _alarm(Kind.SMOKE),
    "gas_alarm_1": _flag(Kind.GAS),
    "gas_alarm_2": _flag(Kind.GAS),
    "gas_sensor_state": _alarm(Kind.GAS),
    "carbon_monoxide": _flag(Kind.CARBON_MONOXIDE),
    "carbon_monoxide_alarm_1": _flag(Kind.CARBON_MONOXIDE),
    "carbon_monoxide_alarm_2": _flag(Kind.CARBON_MONOXIDE),
    "co_state": _alarm(Kind.CARBON_MONOXIDE),
    "water_leak": _flag(Kind.WATER_LEAK),
    "water_leak_alarm_1": _flag(Kind.WATER_LEAK),
    "water_leak_alarm_2": _flag(Kind.WATER_LEAK),
    "tamper": _flag(Kind.TAMPER),
    "battery_low": _flag(Kind.BATTERY_LOW),
}
"""Properties whose names mean one thing only; any other value is refused."""

LOOSE: dict[str, Words] = {
    # a gas meter says cubic metres under the same name
    "gas": _flag(Kind.GAS),
    # blinds say how hard they buzz, one window alarm says a number
    "vibration": _two((Kind.VIBRATION, "vibration")),
    # of a shutter: percent
    "tilt": _two((Kind.VIBRATION, "tilt")),
    # chargers say "charging"
    "battery_state": _BATTERY_WORDS,
    "battery_level": _BATTERY_WORDS,
    # TS0601_bed_presence_sensor; covers use the same name
    "work_state": _each(("presence", "presence_5min", "presence_30min"), (Kind.BED, True))
    | _each(("none", "none_5min", "none_30min"), (Kind.BED, False)),
    # ZY-M100-24G radars; lamps and plugs use the same name
    "state": _NOBODY | _seen("move", moves=True) | {"presence": ((Kind.PRESENCE, True), (Kind.MOTION, False))},
    # OWON FDS315; valves use the same name. Nobody in sight is no proof that she is up again, hence "unknown"; a low
    # posture is how a person squats and also how she lies where she fell, hence "maybe", never "none".
    "status": {
        "unoccupied": ((Kind.PRESENCE, False), (Kind.FALL, "unknown")),
        "occupied": ((Kind.PRESENCE, True), (Kind.BED, False), (Kind.FALL, "none")),
        "sitting": ((Kind.PRESENCE, True), (Kind.BED, False), (Kind.FALL, "none")),
        "on_the_bed": ((Kind.PRESENCE, True), (Kind.BED, True), (Kind.FALL, "none")),
        "low_posture": ((Kind.PRESENCE, True), (Kind.BED, False), (Kind.FALL, "maybe")),
        "falling": ((Kind.PRESENCE, True), (Kind.BED, False), (Kind.FALL, "fall")),
    },
}
"""Properties whose names other devices use for something else; any other value is left alone."""

_CRY = {"sos", "panic", "emergency", "help"}
_TAKEN_BACK = {"cancel", "cancelled", "clear", "cleared", "end", "off", "release", "test"}
_MANNER = {"double": "double", "hold": "long", "long": "long", "cord": "cord", "pull": "cord"}
_SHAKEN = {"vibration": "vibration", "tilt": "tilt", "drop": "drop", "fall": "drop"}
"""Aqara's cube and P100 say `fall` when the *thing* falls; no person's fall is ever an action."""

_NOBODY_DID_IT = re.compile(
    r"unknown|none|idle|auto_lock|schedule_(un)?lock|non_access_user_operational_event|(un)?lock_failure_.*"
    r"|region_.*_(enter|leave|occupied|unoccupied)"
)
"""Actions that a lock's own programme or a radar's zones report; the zones' facts arrive as `presence` too."""

_SPLIT = re.compile(r"[\s_-]+")


def action_fact(action: str) -> Fact | None:
    """What an `action` says: a call for help, something shaken, or some other sign of life.

    A button that only says "single" is an activity here: whether it calls for help is the role's to say.

    Args:
        action: the value as sent; any case, endpoint numbers before or behind ("emergency_1").

    Returns:
        The fact, or None where no person did anything.
    """
    word = action.strip().lower()
    parts = set(_SPLIT.split(word))
    if parts & _CRY and not parts & _TAKEN_BACK:
        return Kind.SOS, next((_MANNER[part] for part in sorted(parts) if part in _MANNER), "press")
    if word in _SHAKEN:
        return Kind.VIBRATION, _SHAKEN[word]
    if not word or _NOBODY_DID_IT.fullmatch(word):
        return None
    return Kind.ACTIVITY, word


_RANK = {"none": 0, "unknown": 1, "maybe": 2, "lying": 3, "fall": 4, "vibration": 1, "tilt": 2, "drop": 3}


def graver(old: bool | str, new: bool | str) -> bool | str:  # noqa: FBT001  # both are values, not switches
    """The one of two statements about the same thing in the same message that must not be missed."""
    return max(old, new, key=lambda value: _RANK.get(value, 0) if isinstance(value, str) else int(value))
