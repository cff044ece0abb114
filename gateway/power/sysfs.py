"""Looks at Linux's own view of the power: /sys/class/power_supply, or a folder laid out like it.

Source: the kernel's Documentation/ABI/testing/sysfs-class-power and Documentation/power/power_supply_class.rst:
energies in µWh, charges in µAh, powers in µW, currents in µA (negative in some drivers while discharging), times in s.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.power.supply import Silence, Supply, figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FEEDS = frozenset({"Mains", "USB", "Wireless"})
"""Types of supply that bring power in; a Pi's battery board calls its plug Mains or USB."""

STORES = frozenset({"Battery", "UPS"})

LONGEST_RUNTIME_S = 30 * 86_400.0
_HIGHEST = 1e12
_HOUR_S = 3600.0

Properties = dict[str, str]
"""One supply's files by name, stripped."""


class SysfsReader:
    """A `Reader` of a folder of power supplies.

    Args:
        root: "/sys/class/power_supply", or a folder laid out like it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def read(self) -> Supply | Silence:
        """Read every supply's files, in a thread."""
        try:
            return judge(await asyncio.to_thread(_properties, self._root))
        except OSError:
            return Silence.UNREACHABLE

    async def close(self) -> None:
        """Nothing is kept open."""


def judge(supplies: Sequence[Properties]) -> Supply | Silence:
    """Say what the supplies mean together.

    A plug that says whether it is online decides; without one, a battery that discharges says that the mains are gone.
    Batteries of a mouse or a telephone (`scope` Device) feed nobody.
    """
    ours = [supply for supply in supplies if supply.get("scope") != "Device"]
    plugs = [plug["online"] for plug in ours if plug.get("type") in FEEDS and plug.get("online", "").isdecimal()]
    batteries = [each for each in ours if each.get("type") in STORES and each.get("present", "1") == "1"]
    states = {each.get("status", "") for each in batteries}
    if not plugs and not batteries:
        return Silence.UNREACHABLE
    if not plugs and states <= {"", "Unknown"}:
        return Silence.GARBLED
    mains = any(int(online) for online in plugs) if plugs else "Discharging" not in states
    return Supply(
        mains=mains,
        percent=_mean([figure(each.get("capacity", ""), 100) for each in batteries]),
        runtime_s=None if mains else _sum([_runtime_s(each) for each in batteries]),
        low=not mains and bool(batteries) and all(each.get("capacity_level") == "Critical" for each in batteries),
        worn=any(each.get("health") == "Dead" for each in batteries),
    )


def _runtime_s(battery: Properties) -> float | None:
    for name in ("time_to_empty_now", "time_to_empty_avg"):
        told = figure(battery.get(name, ""), LONGEST_RUNTIME_S)
        if told:  # 0 is what drivers say that do not know
            return told
    for left, drain in (("energy_now", "power_now"), ("charge_now", "current_now")):
        has, uses = figure(battery.get(left, ""), _HIGHEST), figure(battery.get(drain, "").lstrip("-"), _HIGHEST)
        if has is not None and uses:
            return min(has / uses * _HOUR_S, LONGEST_RUNTIME_S)
    return None


def _mean(figures: list[float | None]) -> float | None:
    known = [value for value in figures if value is not None]
    return sum(known) / len(known) if known else None


def _sum(figures: list[float | None]) -> float | None:
    """Batteries that discharge one after another; one that tells nothing leaves the sum unknown."""
    known = [value for value in figures if value is not None]
    return sum(known) if known and len(known) == len(figures) else None


def _properties(root: Path) -> list[Properties]:
    return [_files(supply) for supply in sorted(root.iterdir()) if supply.is_dir()]


def _files(supply: Path) -> Properties:
    return {name: text for name in _READ if (text := _text(supply / name)) is not None}


def _text(file: Path) -> str | None:
    """Read a property; None where the driver has none, cannot tell it now (ENODATA, ENODEV), or writes no text."""
    try:
        return file.read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


_READ = (
    "type", "scope", "online", "present", "status", "capacity", "capacity_level", "health", "time_to_empty_now",
    "time_to_empty_avg", "energy_now", "power_now", "charge_now", "current_now",
)  # fmt: skip
