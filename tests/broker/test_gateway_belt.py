"""A worn accelerometer at a real broker: its window is judged, kept as a reading, and survives a killed gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sim import blows
from firmware_sim.blows import How
from firmware_sim.dice import dice
from tests.broker.gateway_process import Device, Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

BELT = '\n[[devices]]\nid = "belt"\ndialect = "native"\nrole = "fall"\nname = "腰带"\n'


def with_belt(config: Path) -> Path:
    config.write_text(config.read_text("utf-8") + BELT, "utf-8")
    return config


def strikes(home: Device, how: How, seq: int, *, seed: int = 1) -> None:
    body = {"v": 1, "boot": 1, "seq": seq, **blows.window(how, dice(seed, how))}
    home.says("shouwang/belt/window", body).wait_for_publish(5)


def readings(store: Path) -> list[tuple[str, float | str]]:
    return stored(store, "SELECT kind, value FROM readings WHERE device = 'belt' ORDER BY id")  # type: ignore[return-value]


async def test_a_fall_that_outlives_a_killed_gateway_and_stillness_make_one_alert(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook, store = mosquitto(), Hook(free_port()), tmp_path / "store.db"
    config = with_belt(home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0, fall_maybe_s=120))
    async with receiving(hook):
        with gateway(config) as box, device(broker.port, "belt") as home:
            await box.connected()
            strikes(home, How.FELL, 2)
            await until(lambda: len(readings(store)) == 2, box.said)
            box.kill()
            box.start()
            await box.connected(2)
            strikes(home, How.FELL, 2)  # the firmware has no answer and says it again
            home.says("shouwang/belt/event", {"v": 1, "boot": 1, "seq": 3, "after": "still"})
            await until(lambda: bool(hook.bodies), box.said)
    worn, impact, after = readings(store)
    assert (worn, after) == (("worn", 1), ("after", "still"))
    assert impact[0] == "impact"
    assert 0.5 <= float(impact[1]) <= 1
    (told,) = hook.bodies
    assert (told["alert"]["kind"], told["reason"]) == ("fall", "fall_lying_still")


async def test_daily_life_and_a_dropped_belt_are_kept_and_tell_nothing(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook, store = mosquitto(), Hook(free_port()), tmp_path / "store.db"
    config = with_belt(home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0, fall_maybe_s=5))
    async with receiving(hook):
        with gateway(config) as box, device(broker.port, "belt") as home:
            await box.connected()
            strikes(home, How.SAT, 2)
            strikes(home, How.DROPPED, 3)
            strikes(home, How.KNOCKED, 4)
            home.says("shouwang/belt/window", {"v": 1, "boot": 1, "seq": 5, "samples": "?"})
            await until(lambda: len(readings(store)) == 5, box.said)
            assert [kind for kind, _ in readings(store)] == ["worn", "impact", "worn", "worn", "heartbeat"]
            assert float(readings(store)[1][1]) < 0.5
    assert hook.bodies == []
