"""What can be asked of a running home, one JSON object a line; every wrong line is refused by name.

| command | does |
| --- | --- |
| `{"do":"press","device":"pendant"}` | a finger on a button, or a hand on the cord |
| `{"do":"fall"}` `{"do":"collapse"}` `{"do":"go_out"}` `{"do":"recover"}` | what befalls her, until she recovers |
| `{"do":"leave_door_open"}` `{"do":"close_door"}` | she goes to the front door |
| `{"do":"strike","device":"belt","how":HOW}` | a blow to a fall belt: see `blows.How` |
| `{"do":"smoke"}` `{"do":"clear_smoke"}` | in the kitchen |
| `{"do":"kill","device":ID}` `{"do":"revive","device":ID}` `{"do":"reboot","device":ID}` | power; ID may be "bridge" |
| `{"do":"fault","device":ID or "*","kind":KIND,"value":X}` | see `firmware_sim.faults` |
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from firmware_sim.blows import How
from firmware_sim.faults import spoil
from firmware_sim.feeling import Feeling, Sense
from firmware_sim.house import BRIDGE
from firmware_sim.refused import Refused
from firmware_sim.resident import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.household import Household

LONGEST_LINE = 4096

Command = dict[str, Any]
"""A JSON object with `do`; every other field is checked where it is used."""


def read_command(line: str, *, cut_short: bool = False) -> Command:
    """Return the command on a line.

    Args:
        line: the text.
        cut_short: it is only the end of a line that was too long to be read.

    Raises:
        Refused: when the line is not a JSON object with a text under `do`.
    """
    if cut_short or len(line) > LONGEST_LINE:
        raise Refused("too_long", f"A command has at most {LONGEST_LINE} characters.")
    try:
        command = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", f"A command is one JSON object on one line: {error}.") from error
    if not isinstance(command, dict) or not isinstance(command.get("do"), str):
        raise Refused("no_verb", 'A command is a JSON object with "do", such as {"do": "press"}.')
    return command


def text(command: Command, key: str, default: str | None = None) -> str:
    """Return a text of a command.

    Raises:
        Refused: when it is missing without a default, or not a text.
    """
    value = command.get(key, default)
    if not isinstance(value, str):
        raise Refused("bad_field", f"{key!r} must be a text; found {value!r}.")
    return value


def obey(home: Household, command: Command) -> None:
    """Do a command now; its effects come out of the home's next `advance`.

    Raises:
        Refused: when it is unknown or cannot be done; nothing has changed then.
    """
    verb = command["do"]
    if verb not in _VERBS:
        raise Refused("unknown_command", f"{verb!r} is not one of {', '.join(_VERBS)}, rate, advance_to, stop.")
    _VERBS[verb](home, command)


def _press(home: Household, command: Command) -> None:
    buttons = [name for name, firmware in home.devices.items() if Sense.FINGER in firmware.senses]
    home.press(text(command, "device", next(iter(buttons), None)))


def _strike(home: Household, command: Command) -> None:
    how = text(command, "how", How.FELL)
    if how not in set(How):
        raise Refused("bad_field", f"'how' must be one of {', '.join(How)}; found {how!r}.")
    home.strike(text(command, "device"), How(how))


def _smoke(home: Household, command: Command) -> None:
    smoke = Feeling(at=home.now, sense=Sense.SMOKE, place=Place.KITCHEN, level=command["do"] == "smoke")
    home.staged(command["do"], "resident")
    home.feel([smoke])


def _kill(home: Household, command: Command) -> None:
    device = text(command, "device")
    if device == BRIDGE:
        home.halt_bridge()
    else:
        home.powered(device)
        home.halt(device)
    home.staged("kill", device)


def _revive(home: Household, command: Command) -> None:
    device = text(command, "device")
    if device != BRIDGE:
        firmware = home.known(device)
        if firmware.powered:
            raise Refused("is_alive", f"{device} is alive; kill it first.")
        firmware.new_battery()
    home.staged("revive", device)
    home.start_bridge() if device == BRIDGE else home.boot(device)


def _reboot(home: Household, command: Command) -> None:
    device = text(command, "device")
    if device == BRIDGE:
        home.reboot_bridge()
    else:
        home.powered(device)
        home.reboot(device)
    home.staged("reboot", device)


def _fault(home: Household, command: Command) -> None:
    spoil(home, text(command, "device", "*"), text(command, "kind"), command)


_VERBS: dict[str, Callable[[Household, Command], None]] = {
    "press": _press,
    "fall": lambda home, _: home.life.fall(home.now),
    "collapse": lambda home, _: home.life.collapse(home.now),
    "go_out": lambda home, _: home.life.go_out(home.now),
    "recover": lambda home, _: home.life.recover(home.now),
    "leave_door_open": lambda home, _: home.life.leave_door_open(home.now),
    "close_door": lambda home, _: home.life.close_door(home.now),
    "strike": _strike,
    "smoke": _smoke,
    "clear_smoke": _smoke,
    "kill": _kill,
    "revive": _revive,
    "reboot": _reboot,
    "fault": _fault,
}
