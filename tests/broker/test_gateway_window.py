"""Readings that wait to share a commit never fill the broker's in-flight window in front of a press."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from tests.broker.gateway_process import Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

WAIT_S = 30
"""How long a reading may wait here: a press that had to wait for readings would be this late."""

PROMPT_S = 2.0


@pytest.mark.parametrize("readings", [1, 7, 15, 19, 20, 21, 200])
async def test_a_press_behind_readings_that_wait_is_told_promptly(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, readings: int
):
    broker, hook = mosquitto(options=("max_inflight_messages 20",)), Hook(free_port())
    config = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=WAIT_S)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            for number in range(readings):
                last = home.moves(number)
            last.wait_for_publish(5)
            await asyncio.sleep(0.2)
            began = time.monotonic()
            home.pushes()
            await until(lambda: bool(hook.bodies), box.said, within_s=PROMPT_S)
            assert time.monotonic() - began < PROMPT_S
            kinds = stored(tmp_path / "store.db", "SELECT kind FROM readings ORDER BY id")
    assert [kind for (kind,) in kinds] == ["motion"] * readings + ["sos"]


async def test_a_few_readings_do_wait(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    with gateway(home_toml(tmp_path, broker.port, hook.port, commit_wait_s=WAIT_S)) as box, device(broker.port) as home:
        await box.connected()
        for number in range(7):
            home.moves(number).wait_for_publish(5)
        await asyncio.sleep(0.3)
        assert stored(tmp_path / "store.db", "SELECT count(*) FROM readings") == [(0,)]
        home.moves(7).wait_for_publish(5)
        await until(lambda: stored(tmp_path / "store.db", "SELECT count(*) FROM readings") == [(8,)], box.said)
