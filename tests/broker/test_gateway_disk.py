"""A real disk that is full: alerts still go out, the trouble is told, and later everything is on disk."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.broker.gateway_process import Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

DISK = "4m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk: run the tests as root to see a full one")
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(where)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine allows no mount: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def fill(disk: Path) -> Path:
    """Takes every byte that is left."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


def troubles(hook: Hook) -> list[tuple[str, str, str]]:
    return [
        (body["reason"], body["alert"]["evidence"]["part"], body["alert"]["state"])
        for body in hook.bodies
        if body["alert"]["kind"] == "system"
    ]


async def test_a_full_disk_stops_no_alert_and_is_told_itself(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, disk: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    config = home_toml(tmp_path, broker.port, hook.port, store=disk / "store.db", commit_wait_s=0)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            ballast = fill(disk)
            presses = 0
            while not troubles(hook):
                home.pushes().wait_for_publish(5)
                presses += 1
                await until(lambda n=presses: hook.counted("emergency") == n, box.said, within_s=5)
            assert troubles(hook) == [("gateway_trouble", "disk", "open")]
            assert stored(disk / "store.db", "SELECT coalesce(max(count), 0) FROM alerts")[0][0] < presses
            for _ in range(10):
                home.presses().wait_for_publish(5)
            await until(lambda: hook.counted("emergency") == presses + 10, box.said, within_s=5)
            ballast.unlink()
            await until(lambda: len(troubles(hook)) == 2, box.said)
            assert troubles(hook)[1] == ("gateway_trouble", "disk", "returned")
            query = "SELECT count FROM alerts WHERE kind = 'emergency'"
            await until(lambda: stored(disk / "store.db", query) == [(presses + 10,)], box.said)
            box.kill()
            box.start()
            await box.connected(2)
            home.pushes().wait_for_publish(5)
            await until(lambda: hook.counted("emergency") == presses + 11, box.said)
    assert stored(disk / "store.db", query) == [(presses + 11,)]


@pytest.mark.parametrize("ended", ["kill", "stop"])
async def test_a_box_that_starts_on_a_full_disk_still_tells(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, disk: Path, ended: str
):
    broker, hook = mosquitto(), Hook(free_port())
    config = home_toml(tmp_path, broker.port, hook.port, store=disk / "store.db", commit_wait_s=0)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            getattr(box, ended)()
            fill(disk)
            box.start()
            await box.connected(2)
            home.pushes().wait_for_publish(5)
            await until(lambda: hook.counted("emergency") > 0, box.said, within_s=5)
            fill(disk)
            presses = 1
            while not troubles(hook):
                home.pushes().wait_for_publish(5)
                presses += 1
                await until(lambda n=presses: hook.counted("emergency") == n, box.said, within_s=5)
            assert troubles(hook) == [("gateway_trouble", "disk", "open")]
