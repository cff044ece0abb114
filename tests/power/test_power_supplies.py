"""Trees laid out as the kernel documents /sys/class/power_supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.power.supply import Silence, Supply
from gateway.power.sysfs import SysfsReader

if TYPE_CHECKING:
    from pathlib import Path

Tree = dict[str, dict[str, str]]

PLUG, NO_PLUG = {"type": "Mains", "online": "1"}, {"type": "Mains", "online": "0"}
BATTERY = {"type": "Battery", "present": "1", "status": "Discharging", "capacity": "80", "scope": "System"}

TREES: dict[str, tuple[Tree, Supply | Silence]] = {
    "a laptop on its charger": (
        {"AC": PLUG, "BAT0": {**BATTERY, "status": "Full", "capacity": "100"}},
        Supply(mains=True, percent=100),
    ),
    "unplugged, with its own estimate": (
        {"AC": NO_PLUG, "BAT0": {**BATTERY, "time_to_empty_now": "2820"}},
        Supply(mains=False, percent=80, runtime_s=2820),
    ),
    "unplugged, by energy and power": (
        {"AC": NO_PLUG, "BAT0": {**BATTERY, "energy_now": "4000000", "power_now": "8000000"}},
        Supply(mains=False, percent=80, runtime_s=1800),
    ),
    "unplugged, by charge and a negative current": (
        {"AC": NO_PLUG, "BAT0": {**BATTERY, "charge_now": "2000000", "current_now": "-500000"}},
        Supply(mains=False, percent=80, runtime_s=14_400),
    ),
    "a Pi's board with a USB plug": (
        {"usb": {"type": "USB", "online": "2"}, "max17040": BATTERY},
        Supply(mains=True, percent=80),
    ),
    "no plug is told: a battery that discharges": ({"bat": BATTERY}, Supply(mains=False, percent=80)),
    "no plug is told: a battery that charges": (
        {"bat": {**BATTERY, "status": "Charging"}},
        Supply(mains=True, percent=80),
    ),
    "a real UPS": ({"ups": {**BATTERY, "type": "UPS"}}, Supply(mains=False, percent=80)),
    "a plug alone": ({"AC": NO_PLUG}, Supply(mains=False)),
    "critical by its level": (
        {"AC": NO_PLUG, "bat": {**BATTERY, "capacity_level": "Critical"}},
        Supply(mains=False, percent=80, low=True),
    ),
    "a dead battery": ({"AC": PLUG, "bat": {**BATTERY, "health": "Dead"}}, Supply(mains=True, percent=80, worn=True)),
    "two batteries": (
        {
            "AC": NO_PLUG,
            "a": {**BATTERY, "time_to_empty_now": "600"},
            "b": {**BATTERY, "capacity": "40", "time_to_empty_avg": "900"},
        },
        Supply(mains=False, percent=60, runtime_s=1500),
    ),
    "two batteries, one of them silent": (
        {"AC": NO_PLUG, "a": {**BATTERY, "time_to_empty_now": "600"}, "b": BATTERY},
        Supply(mains=False, percent=80),
    ),
    "a battery that was taken out": ({"AC": PLUG, "bat": {**BATTERY, "present": "0"}}, Supply(mains=True)),
    "a mouse feeds nobody": ({"mouse": {**BATTERY, "scope": "Device"}}, Silence.UNREACHABLE),
    "nothing at all": ({}, Silence.UNREACHABLE),
    "a battery that does not know": ({"bat": {**BATTERY, "status": "Unknown"}}, Silence.GARBLED),
    "figures that make no sense": (
        {"AC": {"type": "Mains", "online": "0"}, "bat": {**BATTERY, "capacity": "much", "time_to_empty_now": "0"}},
        Supply(mains=False),
    ),
    "a plug that makes no sense, beside a battery": (
        {"AC": {"type": "Mains", "online": "yes"}, "bat": BATTERY},
        Supply(mains=False, percent=80),
    ),
}


def lay_out(root: Path, tree: Tree) -> Path:
    root.mkdir(exist_ok=True)
    for name, files in tree.items():
        (root / name).mkdir(exist_ok=True)
        for file, text in files.items():
            (root / name / file).write_text(text + "\n", "ascii")
    return root


@pytest.mark.parametrize("name", TREES)
async def test_what_a_tree_says(tmp_path: Path, name: str):
    tree, expected = TREES[name]
    assert await SysfsReader(lay_out(tmp_path / "power_supply", tree)).read() == expected


async def test_a_folder_that_is_not_there_is_a_silence(tmp_path: Path):
    assert await SysfsReader(tmp_path / "nowhere").read() is Silence.UNREACHABLE


async def test_files_that_cannot_be_read_are_left_out(tmp_path: Path):
    root = lay_out(tmp_path / "power_supply", {"AC": NO_PLUG, "bat": BATTERY})
    (root / "bat" / "capacity").write_bytes(b"\xff\xfe")
    (root / "bat" / "time_to_empty_now").mkdir()
    assert await SysfsReader(root).read() == Supply(mains=False)
