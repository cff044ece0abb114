"""The home as a file, as JSON for the gateway's configuration, and its clock."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firmware_sim.__main__ import main
from firmware_sim.clock import HomeClock, Pace
from firmware_sim.house import DEFAULT, describe, load_house
from firmware_sim.refused import Refused
from gateway.detection.home import Role

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

ROOMS = "".join(
    f'[[rooms]]\nid = "r_{kind}"\nkind = "{kind}"\nname = "房"\n'
    for kind in ("bedroom", "bathroom", "kitchen", "living", "hall")
)
DEVICE = '[[devices]]\nid = "door"\ntype = "door_contact"\nroom = "r_hall"\nname = "门磁"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "home.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_home_describes_itself_for_the_gateways_configuration() -> None:
    said = describe(DEFAULT, "native")
    devices = said["devices"]
    assert isinstance(devices, list)
    assert {device["role"] for device in devices} <= {role.value for role in Role}
    assert devices[0] == {
        "id": "door_entrance",
        "type": "door_contact",
        "role": "entrance",
        "room": "hall",
        "model": "sw-contact-1",
        "mains": False,
        "report_interval_s": 1800,
        "name": "入户门门磁",
    }
    radar = next(device for device in devices if device["id"] == "radar_living")
    assert (radar["mains"], radar["report_interval_s"], radar["role"]) == (True, 300, "fall")
    assert len(devices) == 11
    assert json.loads(json.dumps(said)) == said


def test_in_zigbee_form_models_are_named_as_the_bridge_names_them() -> None:
    devices = describe(DEFAULT, "zigbee2mqtt")["devices"]
    assert isinstance(devices, list)
    assert [device["model"] for device in devices][:2] == ["MCCGQ11LM", "RTCGQ01LM"]


def test_describe_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--describe"]) == 0
    assert json.loads(capsys.readouterr().out) == describe(DEFAULT, "native")


def test_a_home_is_read_from_a_file(tmp_path: Path) -> None:
    house = load_house(written(tmp_path, ROOMS + DEVICE))
    assert [(device.id, device.type, device.room) for device in house.devices] == [("door", "door_contact", "r_hall")]
    assert str(house.timezone) == "Asia/Shanghai"
    assert house.place_of(house.devices[0]) == "hall"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rooms = 3", "bad_home_file"),
        ("[[rooms]]", "bad_home_file"),
        ("= 1", "bad_home_file"),
        ('timezone = "Nowhere/Here"\n' + ROOMS + DEVICE, "bad_home_file"),
        (ROOMS.replace('kind = "hall"', 'kind = "attic"') + DEVICE, "bad_home_file"),
        (ROOMS.replace('kind = "hall"', 'kind = "kitchen"') + DEVICE, "bad_rooms"),
        (ROOMS + DEVICE + DEVICE, "bad_device_id"),
        (ROOMS + DEVICE.replace('"door"', '"a/b"'), "bad_device_id"),
        (ROOMS + DEVICE.replace('"door"', '"bridge"'), "bad_device_id"),
        (ROOMS + DEVICE.replace("door_contact", "toaster"), "bad_device_type"),
        (ROOMS + DEVICE.replace("r_hall", "r_cellar"), "bad_device_room"),
        (ROOMS + DEVICE.replace('"door"', "7"), "bad_home_file"),
    ],
)
def test_a_file_that_is_no_home_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        load_house(written(tmp_path, text))
    assert refused.value.reason == reason


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no_home_file"):
        load_house(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--broker", "nowhere"], "bad_broker"),
        (["--start", "noon"], "bad_time"),
        (["--start", "2026-01-01T12:00:00"], "bad_time"),
        (["--rate", "0"], "bad_option"),
        (["--rate", "nan"], "bad_option"),
        (["--home", "/nonexistent/home.toml"], "no_home_file"),
    ],
)
def test_a_bad_option_is_refused_by_name(options: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options) == 2
    assert json.loads(capsys.readouterr().out)["reason"] == reason


def test_a_pace_is_a_straight_line_both_ways() -> None:
    pace = Pace(monotonic=100.0, home=NOON, rate=600.0)
    assert pace.home_at(101.5) == NOON + timedelta(minutes=15)
    assert pace.monotonic_at(NOON + timedelta(minutes=15)) == 101.5
    assert json.loads(pace.as_json()) == {"monotonic": 100.0, "home": "2026-01-01T12:00:00+00:00", "rate": 600.0}


def test_a_change_of_rate_goes_on_from_the_present_moment_and_is_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = HomeClock(NOON, 600.0, file)
    before = clock.now()
    clock.run_at(1.0)
    written_pace = json.loads(file.read_text(encoding="utf-8"))
    assert datetime.fromisoformat(written_pace["home"]) >= before >= NOON
    assert written_pace["rate"] == 1.0
    elapsed_s = (clock.now() - clock.pace.home).total_seconds()
    assert elapsed_s == pytest.approx(time.monotonic() - clock.pace.monotonic, abs=0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["clock.json"]


async def test_waiting_for_a_home_moment_takes_its_share_of_real_time() -> None:
    clock = HomeClock(NOON, 600.0)
    began = time.monotonic()
    await clock.wait_until(NOON + timedelta(minutes=1), asyncio.Event())
    assert 0.08 < time.monotonic() - began < 0.5
    assert clock.now() >= NOON + timedelta(seconds=59)


async def test_a_call_ends_the_wait() -> None:
    clock, called = HomeClock(NOON, 1.0), asyncio.Event()
    called.set()
    await asyncio.wait_for(clock.wait_until(NOON + timedelta(hours=1), called), 1)
    assert not called.is_set()


def test_commands_from_a_file_are_refused_by_name(tmp_path: Path) -> None:
    with (written(tmp_path, "{}")).open("rb") as file:
        ran = subprocess.run(
            [sys.executable, "-m", "firmware_sim", "--control", "stdin"], stdin=file, capture_output=True, check=False
        )
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["reason"] == "bad_control"
