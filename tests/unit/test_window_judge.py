"""What judges windows is loaded when a home needs it, and its trouble is told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from devices.reading import Kind
from firmware_sim.blows import How
from gateway import window_judge
from gateway.detection.fall_model import ModelUnusable
from gateway.detection.home import Device, Role
from gateway.window_judge import WindowJudge
from tests.unit.blows_felt import sent

if TYPE_CHECKING:
    import pytest

BELT, RADAR = Device(id="belt", role=Role.FALL), Device(id="radar", role=Role.FALL, room="bathroom")


def unusable() -> None:
    raise ModelUnusable("damaged")


async def test_a_home_with_a_worn_sensor_loads_the_model_before_the_first_window():
    troubles: list[bool] = []
    judge = WindowJudge(troubles.append)
    await judge.get_ready([RADAR, BELT])
    assert troubles == [False]
    assert [reading.kind for reading in judge.judge(sent(How.FELL, 0)).readings] == [Kind.WORN, Kind.IMPACT]
    assert troubles == [False]


async def test_a_home_without_one_loads_it_at_the_first_window():
    troubles: list[bool] = []
    judge = WindowJudge(troubles.append)
    await judge.get_ready([RADAR])
    assert troubles == []
    assert len(judge.judge(sent(How.FELL, 0)).readings) == 2
    assert troubles == [False]


async def test_a_damaged_model_is_told_and_windows_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.detection.fall_model.shipped", unusable)
    troubles: list[bool] = []
    judge = WindowJudge(troubles.append)
    await judge.get_ready([RADAR, BELT])
    found = judge.judge(sent(How.FELL, 0))
    assert troubles == [True]
    assert [refusal.reason for refusal in found.refusals] == ["no_fall_model"]


def test_what_starts_with_the_gateway_loads_no_numbers():
    asked = f"import sys, gateway.ingest, gateway.replay, devices.dialects.native, {window_judge.__name__};"
    printed = subprocess.run(
        [sys.executable, "-c", f"{asked} print({{'numpy', 'PIL'}} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "set()\n"
