"""Killed at any moment, at either end of the wire: no press is lost, and none is told twice."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tests.broker.gateway_process import Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

PRESSES = 40


async def test_killing_the_gateway_at_random_moments_loses_no_press_and_tells_none_twice(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    rng = random.Random(7)  # noqa: S311 - moments of a test
    broker, hook = mosquitto(), Hook(free_port())
    kills = {n: rng.choice((0.0, 0.0007, 0.002, 0.004, 0.01, 0.1)) for n in range(4, PRESSES, 5)}
    config = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=1)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            for number in range(PRESSES):
                home.moves(number)
                said = home.presses() if number % 2 else home.pushes()
                said.wait_for_publish(5)
                if number in kills:
                    await asyncio.sleep(kills[number])
                    box.kill()
                    box.start()
                await asyncio.sleep(rng.uniform(0.05, 0.2))
            await until(lambda: hook.counted("emergency") >= PRESSES, box.said)
            await asyncio.sleep(1.5)
            assert box.stop() == 0
    alerts = stored(tmp_path / "store.db", "SELECT kind, state, count, revision FROM alerts")
    assert alerts == [("emergency", "open", PRESSES, PRESSES)]
    assert len(hook.ids) == len({body["alert"]["revision"] for body in hook.bodies})
    assert hook.keys == [body["delivery"] for body in hook.bodies]
    assert stored(tmp_path / "store.db", "SELECT count(*) FROM readings WHERE kind = 'motion'") == [(PRESSES,)]


async def test_a_broker_that_dies_and_comes_back_loses_no_press(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    async with receiving(hook):
        with gateway(home_toml(tmp_path, broker.port, hook.port)) as box, device(broker.port) as home:
            await box.connected()
            for number, end in enumerate((broker.kill, broker.stop, broker.kill)):
                for _ in range(5):
                    home.presses().wait_for_publish(5)
                await asyncio.sleep(0.1)  # the broker's own save: what it lost is not ours to find
                if number == 1:
                    box.kill()
                end()
                home.presses()
                home.presses()
                broker.start()
                if number == 1:
                    box.start()
                await until(home.client.is_connected)
                await box.connected(number + 2)
            await until(lambda: hook.counted("emergency") >= 21, box.said)
            await asyncio.sleep(0.5)
    assert hook.counted("emergency") == 21
    assert stored(tmp_path / "store.db", "SELECT count FROM alerts WHERE kind = 'emergency'") == [(21,)]


async def test_presses_while_the_gateway_is_down_arrive_afterwards(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    async with receiving(hook):
        with gateway(home_toml(tmp_path, broker.port, hook.port)) as box, device(broker.port) as home:
            await box.connected()
            box.kill()
            for number in range(60):
                (home.presses() if number % 2 else home.pushes()).wait_for_publish(5)
            assert hook.bodies == []
            box.start()
            await until(lambda: hook.counted("emergency") >= 60, box.said)
    assert len(hook.ids) < 60, "what waited is told together"
    assert stored(tmp_path / "store.db", "SELECT count FROM alerts") == [(60,)]


async def test_a_receiver_that_is_down_refuses_or_hangs_gets_everything_once_it_is_well(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    with gateway(home_toml(tmp_path, broker.port, hook.port)) as box, device(broker.port) as home:
        await box.connected()
        home.pushes().wait_for_publish(5)
        await until(lambda: "unreachable" in str(_errors(tmp_path)), box.said)
        hook.mood = "500"
        async with receiving(hook):
            home.pushes().wait_for_publish(5)
            await until(lambda: "refused: the receiver answered 500" in str(_errors(tmp_path)), box.said)
            hook.mood = "hangs"
            home.presses().wait_for_publish(5)
            before = hook.refused
            await until(lambda: hook.refused > before, box.said)
            box.kill()
            box.start()
            await box.connected(2)
            home.presses().wait_for_publish(5)
            hook.recover()
            await until(lambda: hook.counted("emergency") >= 4, box.said)
    assert stored(tmp_path / "store.db", "SELECT count FROM alerts") == [(4,)]
    assert hook.bodies[-1]["alert"]["count"] == 4


def _errors(folder: Path) -> list[tuple[str]]:
    return stored(folder / "store.db", "SELECT error FROM deliveries")
