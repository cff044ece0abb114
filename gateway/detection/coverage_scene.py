"""What of a home can be heard, and by which way somebody is told, if this or that is broken.

A device is *heard* when it has spoken, is not known to be silent, and nothing between it and us is down.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection import silence
from gateway.detection.changing import replace
from gateway.detection.hearing import DeviceState
from gateway.detection.home import Role
from gateway.detection.parts import BROKER
from gateway.detection.signs import watchers

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.detection.home import Home
    from gateway.detection.state import State

NOWHERE = ""
"""The room of what is worn, and of everything in a home whose sensors have no rooms."""


class Broken(NamedTuple):
    """What does not work: devices that see her or the door, each by its own fault; bridges and parts of the gateway."""

    devices: frozenset[str] = frozenset()
    bridges: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    def without(self, one: str) -> Broken:
        """The same with one thing mended."""
        return Broken(self.devices - {one}, self.bridges - {one}, self.parts - {one})


class Scene(NamedTuple):
    """A home in which something may be broken: the roles that can be heard by room, and when somebody is told.

    Args:
        roles: by room; what sees the whole home is under `NOWHERE`.
        departs: she may be taken to be out.
        silent_way_s, fall_way_s: until the first way is used that works, for a silence and for a fall; `inf` for none.
    """

    roles: dict[str, set[Role]]
    departs: bool
    silent_way_s: float
    fall_way_s: float


def broken_of(home: Home, state: State) -> Broken:
    """What does not work as things stand."""
    down, entrances = state.trouble.down, _entrances(home)
    return Broken(
        frozenset(device for device in (*watchers(home), *entrances) if not silence.is_alive(state, device)),
        frozenset(name for name, outage in down.items() if outage.bridge),
        frozenset(name for name, outage in down.items() if not outage.bridge),
    )


def mended(home: Home, state: State) -> State:
    """The state as it would be if every device had spoken and nothing were silent or down."""
    devices = dict.fromkeys(home.devices, DeviceState()) | state.devices
    silent, trouble = replace(state.silence, lost={}), replace(state.trouble, down={})
    return replace(state, devices=devices, silence=silent, trouble=trouble)


def scene_of(home: Home, state: State, faults: Broken) -> Scene:
    """The home in which only this is broken."""
    deaf = BROKER in faults.parts
    heard = {device for device in home.devices if not deaf and _is_heard(state, device, faults)}
    roles: dict[str, set[Role]] = {}
    for device in (home.devices[one] for one in watchers(home) if one in heard):
        if device.role is not Role.FALL or device.room != NOWHERE:
            roles.setdefault(device.room, set()).add(device.role)
    entrances = _entrances(home)
    return Scene(
        roles,
        bool(roles) and bool(entrances) and entrances <= heard,
        _first_way_s(home, faults.parts, silent=True),
        _first_way_s(home, faults.parts, silent=False),
    )


def _entrances(home: Home) -> frozenset[str]:
    return frozenset(device.id for device in home.devices.values() if device.role is Role.ENTRANCE)


def _is_heard(state: State, device: str, faults: Broken) -> bool:
    known = state.devices.get(device)
    direct = known is not None and known.numbers is not None
    return device not in faults.devices and (direct or not faults.bridges)


def _first_way_s(home: Home, down: Collection[str], *, silent: bool) -> float:
    """When the first way that works is used; at once in a home whose ways are not known."""
    if not home.ways:
        return 0.0
    serving = [way for way in home.ways if silent or not way.gentle]
    head_s = home.gentle_s if any(way.gentle for way in serving) else 0.0
    times = [
        way.after_s + (0.0 if way.gentle else head_s) + (way.detour_s if way.detour in down else 0.0)
        for way in serving
        if way.needs not in down
    ]
    return min(times, default=inf)
