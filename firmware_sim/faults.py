"""What can be made to go wrong, for one device or for all ("*").

| kind | value | what it does |
| --- | --- | --- |
| loss, duplicate, reorder | chance 0 to 1 (1) | to each message on its way to the broker |
| delay | seconds (30) | every message comes later |
| dying_battery | hours (2) | what is left lasts only so long, then silence |
| stuck | true or false (true) | a level sticks: `what` names its kind (the device's first level) |
| sticky_sos | | a Zigbee button's `sos: true` that is never taken back (Zigbee2MQTT issue 1724) |
| ghost_press | | the button presses whenever it boots |
| clock_drift | seconds ahead (0), and `ppm` (0) | the device's own clock is wrong |
| clock_lost | | the device's own clock is not set |
| mute | | an annunciator takes every sentence and says none |
| replayed_actions | | the bridge presses again what was pressed before, at each start |
| none | | everything is well again |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from devices.reading import VALUE_TYPES, Kind
from firmware_sim.feeling import Sense
from firmware_sim.firmware import OwnClock
from firmware_sim.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_sim.firmware import Firmware
    from firmware_sim.household import Household

EVERY_DEVICE = "*"
LONGEST_DELAY_S = 86400.0
LONGEST_DYING_H = 24.0 * 365
WORST_PPM = 100_000.0


def spoil(home: Household, device: str, kind: str, fields: Mapping[str, Any]) -> None:
    """Make something go wrong from now on.

    Args:
        home: the home.
        device: an id, or "*" for every device that can have this fault.
        kind: see the table of this module.
        fields: `value`, `what` and `ppm` as the table says.

    Raises:
        Refused: when the kind, the device or a value is wrong.
    """
    if kind == "replayed_actions":
        home.bridge.replays_actions = True
    elif kind not in _KINDS:
        raise Refused("unknown_fault", f"{kind!r} is not one of {', '.join((*_KINDS, 'replayed_actions'))}.")
    else:
        chosen = home.devices.values() if device == EVERY_DEVICE else [home.known(device)]
        for firmware in _able(home, kind, list(chosen)):
            _KINDS[kind](home, firmware, fields)
    home.staged(f"fault_{kind}", device)


def _able(home: Household, kind: str, chosen: list[Firmware]) -> list[Firmware]:
    """Return those of the chosen that can have the fault."""
    if kind in {"ghost_press", "sticky_sos"}:
        chosen = [firmware for firmware in chosen if Sense.FINGER in firmware.senses]
    if kind == "dying_battery":
        chosen = [firmware for firmware in chosen if not firmware.fitted.model.mains]
    if kind == "stuck":
        chosen = [firmware for firmware in chosen if _levels(firmware)]
    if kind in {"dying_battery", "stuck", "sticky_sos"}:
        chosen = [firmware for firmware in chosen if firmware.powered]
    if kind == "mute":
        chosen = [firmware for firmware in chosen if firmware.fitted.id in home.speakers]
    if not chosen or (kind == "sticky_sos" and home.form == "native"):
        raise Refused("cannot_have_fault", f"No device asked for can have the fault {kind!r} in {home.form} form.")
    return chosen


def _levels(firmware: Firmware) -> list[Kind]:
    return [kind for kind in firmware.kinds if VALUE_TYPES[kind] is bool]


def _number(fields: Mapping[str, Any], key: str, default: float, least: float, most: float) -> float:
    value = fields.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused("bad_field", f"{key!r} must be a number; found {value!r}.")
    if not least <= value <= most:
        raise Refused("bad_field", f"{key!r} must be from {least:g} to {most:g}; found {value!r}.")
    return float(value)


def _chance(name: str) -> Callable[[Household, Firmware, Mapping[str, Any]], None]:
    def spoil_radio(home: Household, firmware: Firmware, fields: Mapping[str, Any]) -> None:
        setattr(home.radios[firmware.fitted.id], name, _number(fields, "value", 1.0, 0.0, 1.0))

    return spoil_radio


def _delay(home: Household, firmware: Firmware, fields: Mapping[str, Any]) -> None:
    home.radios[firmware.fitted.id].delay_s = _number(fields, "value", 30.0, 0.0, LONGEST_DELAY_S)


def _dying(home: Household, firmware: Firmware, fields: Mapping[str, Any]) -> None:
    firmware.drain_within(home.now, _number(fields, "value", 2.0, 0.001, LONGEST_DYING_H))


def _stuck(home: Household, firmware: Firmware, fields: Mapping[str, Any]) -> None:
    levels, value = _levels(firmware), fields.get("value", True)
    what = fields.get("what", levels[0])
    if what not in levels or not isinstance(value, bool):
        raise Refused("bad_field", f"'what' must be one of {', '.join(levels)}, 'value' true or false.")
    home.say(firmware.stick(home.now, Kind(what), value))


def _sticky_sos(home: Household, firmware: Firmware, _: Mapping[str, Any]) -> None:
    home.say(firmware.stick(home.now, Kind.SOS_FLAG, value=True))


def _ghost(_: Household, firmware: Firmware, __: Mapping[str, Any]) -> None:
    firmware.ghost_press = True


def _drift(home: Household, firmware: Firmware, fields: Mapping[str, Any]) -> None:
    offset_s = _number(fields, "value", 0.0, -LONGEST_DELAY_S, LONGEST_DELAY_S)
    ppm = _number(fields, "ppm", 0.0, -WORST_PPM, WORST_PPM)
    firmware.clock = OwnClock(offset_s=offset_s, ppm=ppm, since=home.now)


def _lost_clock(_: Household, firmware: Firmware, __: Mapping[str, Any]) -> None:
    firmware.clock = OwnClock(lost=True)


def _mute(home: Household, firmware: Firmware, _: Mapping[str, Any]) -> None:
    home.speakers[firmware.fitted.id].mute = True


def _well(home: Household, firmware: Firmware, _: Mapping[str, Any]) -> None:
    radio = home.radios[firmware.fitted.id]
    radio.loss = radio.duplicate = radio.reorder = radio.delay_s = 0.0
    home.bridge.replays_actions = firmware.ghost_press = False
    firmware.clock = OwnClock()
    if firmware.fitted.id in home.speakers:
        home.speakers[firmware.fitted.id].mute = False
    firmware.drain_as_usual(home.now)
    home.say(firmware.unstick(home.now))


_KINDS: dict[str, Callable[[Household, Firmware, Mapping[str, Any]], None]] = {
    "loss": _chance("loss"),
    "duplicate": _chance("duplicate"),
    "reorder": _chance("reorder"),
    "delay": _delay,
    "dying_battery": _dying,
    "stuck": _stuck,
    "sticky_sos": _sticky_sos,
    "ghost_press": _ghost,
    "clock_drift": _drift,
    "clock_lost": _lost_clock,
    "mute": _mute,
    "none": _well,
}
