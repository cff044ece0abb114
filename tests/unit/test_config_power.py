"""[power]: what may be written, and what cannot be meant."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.crosschecks import crosschecks
from config.schema import FILE
from config.settings import load

if TYPE_CHECKING:
    from config.power import Power

EXAMPLE = FILE.with_name("gateway.example.toml")


def home(power: dict[str, Any]) -> dict[str, Any]:
    return {**tomllib.loads(EXAMPLE.read_text("utf-8")), "power": power}


def faults(power: dict[str, Any]) -> list[str]:
    return [fault.key for fault in crosschecks(home(power))]


def test_the_example_is_a_home_with_a_ups():
    power: Power = load(EXAMPLE, {"SHOUWANG_STATION_PASSWORD": "x", "SHOUWANG_DAUGHTER_TOKEN": "y"}).power
    assert (power.kind, power.ups, power.port, power.shutdown_command) == (
        "nut",
        "box",
        3493,
        ("systemctl", "poweroff"),
    )
    assert power.path == Path("/sys/class/power_supply")


@pytest.mark.parametrize(
    ("power", "found"),
    [
        ({}, []),
        ({"kind": "none"}, []),
        ({"kind": "power_supply", "path": "/sys/class/power_supply"}, []),
        ({"kind": "nut", "host": "127.0.0.1", "ups": "box"}, []),
        ({"kind": "nut", "username": "a", "password": {"env": "B"}}, []),
        ({"kind": "nut", "username": "a"}, ["power.password"]),
        ({"kind": "nut", "password": {"env": "B"}}, ["power.username"]),
        ({"kind": "nut", "path": "/sys"}, ["power.path"]),
        ({"kind": "power_supply", "ups": "box", "port": 3493}, ["power.port", "power.ups"]),
        ({"host": "127.0.0.1"}, ["power.host"]),
        ({"shutdown_command": ["poweroff"]}, ["power.shutdown_command"]),
        ({"kind": ["nut"], "host": 1}, []),  # told as a value that is wrong by itself
    ],
)
def test_what_does_not_go_together_is_told(power: dict[str, Any], found: list[str]):
    assert faults(power) == found
