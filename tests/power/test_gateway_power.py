"""A real gateway, a real upsd, and whoever is told: a power cut from its first second to a clean end and the return."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.broker.gateway_process import Gateway, Hook, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port
from tests.power.nut_server import nut_server
from tests.power.test_power_supplies import BATTERY, NO_PLUG, PLUG, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

TOLD_WITHIN_S = 60.0
"""Source: issue 3."""


def home(folder: Path, broker: int, hook: int, power: str) -> Path:
    path = home_toml(folder, broker, hook, mains_loss_s=1)
    path.write_text(f"{path.read_text('utf-8')}\n[power]\n{power}\n", "utf-8")
    return path


def told(hook: Hook) -> list[tuple[str, str]]:
    """State and Chinese sentence of everything told of the mains, without who and since when."""
    mine = [body for body in hook.bodies if body["device"]["id"] == "gateway/mains"]
    return [(body["alert"]["state"], _short(body["brief"]["zh"]["sentence"])) for body in mine]


def _short(sentence: str) -> str:
    return sentence.partition("起停电，")[2]


def running(box: Gateway) -> bool:
    return box.process is not None and box.process.poll() is None


def lines(hook: Hook) -> list[str]:
    return [str(line) for line in hook.bodies[-1]["brief"]["zh"]["lines"]]


async def test_a_power_cut_is_told_within_a_minute_and_so_is_its_end(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    with nut_server(tmp_path / "nut") as ups:
        config = home(tmp_path, broker.port, hook.port, f'kind = "nut"\nport = {ups.port}\nups = "box"')
        async with receiving(hook):
            with gateway(config) as box:
                await until(lambda: "power: on mains" in box.said(), box.said)
                ups.tells("OB DISCHRG", 80, 2820)
                cut_at = time.monotonic()
                await until(lambda: bool(told(hook)), box.said, within_s=TOLD_WITHIN_S)
                assert time.monotonic() - cut_at < TOLD_WITHIN_S
                assert told(hook) == [("open", "守望靠电池运行，约还能用 47 分钟。")]
                box.kill()
                box.start()
                await box.connected(2)
                ups.tells("OL CHRG", 75, 2600)
                await until(lambda: told(hook)[-1][0] == "returned", box.said)
                assert len(hook.ids) == 2
                assert any(line.startswith("已来电：") for line in lines(hook))
                assert box.stop() == 0
    assert stored(tmp_path / "store.db", "SELECT subject, state FROM alerts") == [("gateway/mains", "returned")]


async def test_before_the_battery_ends_people_know_and_the_box_ends_cleanly(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    off = tmp_path / "off"
    with nut_server(tmp_path / "nut") as ups:
        power = f'kind = "nut"\nport = {ups.port}\nups = "box"\nshutdown_command = ["touch", "{off}"]'
        config = home(tmp_path, broker.port, hook.port, power)
        async with receiving(hook):
            hook.mood = "500"
            with gateway(config) as box:
                await until(lambda: "power: on mains" in box.said(), box.said)
                ups.tells("OB DISCHRG LB", 9, 240)
                await until(lambda: hook.refused > 0, box.said)
                assert running(box)  # nobody knows yet: it waits
                hook.recover()
                await until(lambda: not running(box), box.said, within_s=40)
                assert box.stop() == 75, box.said()
                assert told(hook)[-1] == ("open", "电池快用完了，守望即将停止，来电以前没有人看护老人。")
                assert off.exists()
                assert not (tmp_path / "store.db-wal").exists()  # closed, not killed
                left = "SELECT 1 FROM deliveries WHERE state = 'sent' OR (state = 'due' AND attempt > 0)"
                assert stored(tmp_path / "store.db", left) == []
                known = "SELECT 1 FROM deliveries WHERE state = 'receipted'"
                assert stored(tmp_path / "store.db", known) != []
                ups.tells("OL CHRG", 20, 900)
                box.start()
                await until(lambda: told(hook)[-1][0] == "returned", box.said)
                assert box.stop() == 0
    assert stored(tmp_path / "store.db", "SELECT subject, state FROM alerts") == [("gateway/mains", "returned")]


async def test_linux_power_supplies_are_watched_the_same_way(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    root = lay_out(tmp_path / "power_supply", {"AC": PLUG, "bat": {**BATTERY, "status": "Full"}})
    config = home(tmp_path, broker.port, hook.port, f'kind = "power_supply"\npath = "{root}"')
    async with receiving(hook):
        with gateway(config) as box:
            await until(lambda: "power: on mains" in box.said(), box.said)
            lay_out(root, {"AC": NO_PLUG, "bat": BATTERY})
            await until(lambda: bool(told(hook)), box.said, within_s=TOLD_WITHIN_S)
            assert told(hook) == [("open", "守望靠电池运行，电量还有 80%。")]
            lay_out(root, {"AC": PLUG})
            await until(lambda: told(hook)[-1][0] == "returned", box.said)
