"""A running gateway whose store is damaged, gone or refused: calls go out, people are told, and it goes on."""

from __future__ import annotations

import errno
import signal
from typing import TYPE_CHECKING

import pytest

from tests.broker.gateway_process import Gateway, Hook, device, gateway, home_toml, receiving, stored, until
from tests.faults.forgetful import Forgetful, forgetful, why_not
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

LIVE = "SELECT kind, state, count FROM alerts WHERE state NOT IN ('closed', 'cancelled') ORDER BY kind"


@pytest.fixture
def disk() -> Iterator[Forgetful]:
    if why_not():
        pytest.skip(why_not())
    with forgetful("gateway") as disk:
        yield disk


def troubles(hook: Hook, part: str) -> list[tuple[str, str]]:
    """What was told of a part of the gateway: the alert's state, and the detail."""
    told = [body["alert"] for body in hook.bodies if body["alert"]["kind"] == "system"]
    return [(a["state"], a["evidence"].get("detail", "")) for a in told if a["evidence"]["part"] == part]


async def press(home: object, hook: Hook, box: Gateway, times: int) -> None:
    """Presses and waits until it is told."""
    for _ in range(times):
        before = len(hook.told("emergency"))
        home.presses().wait_for_publish(5)  # type: ignore[attr-defined]
        await until(lambda before=before: len(hook.told("emergency")) > before, box.said)


async def test_a_file_overwritten_while_the_box_was_off_is_told_and_its_calls_go_out(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port(), mood="500")
    config, path = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0), tmp_path / "store.db"
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            home.presses().wait_for_publish(5)  # nobody takes it
            await until(lambda: bool(stored(path, "SELECT 1 FROM deliveries")), box.said)
            await until(lambda: bool(list(tmp_path.glob("store.db-backup-*"))), box.said)
            box.kill()
            overwrite(path)
            hook.recover()
            box.start()
            await box.connected(2)
            await until(lambda: bool(hook.told("emergency")), box.said)
            await until(lambda: bool(troubles(hook, "store")), box.said)
            ((state, detail),) = troubles(hook, "store")
            assert (state, detail.split()[:2]) == ("open", ["not_a_store", "backup"])
            await press(home, hook, box, 1)
    assert stored(path, LIVE) == [("emergency", "open", 2), ("system", "open", 1)]
    assert [file.read_bytes()[:11] for file in aside(tmp_path)] == [b"overwritten"]


def aside(folder: Path) -> list[Path]:
    """The damaged files that were kept."""
    return sorted(folder.glob("store.db-damaged-*Z"))


async def test_a_file_spoilt_under_the_running_box_is_replaced_from_memory(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    config, path = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0), tmp_path / "store.db"
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            await press(home, hook, box, 3)
            spoil(tmp_path)
            while not troubles(hook, "store"):
                await press(home, hook, box, 1)
            count = home.sequence
            await press(home, hook, box, 1)
            query = "SELECT count FROM alerts WHERE kind = 'emergency'"
            await until(lambda: stored(path, query) == [(count + 1,)], box.said)
            assert box.stop() == 0
    assert stored(path, "PRAGMA integrity_check") == [("ok",)]


def overwrite(path: Path) -> None:
    """Leaves nothing of the file and its log."""
    path.write_bytes(b"overwritten " * 1000)
    path.with_name("store.db-wal").unlink()


def spoil(folder: Path) -> None:
    """Overwrites all but the first page of the file, and the log's oldest frames."""
    path = folder / "store.db"
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(b"\xa5" * (path.stat().st_size - 1024))
    with (folder / "store.db-wal").open("r+b") as log:
        log.write(b"\xa5" * 20_000)


async def test_a_file_deleted_under_the_running_box_is_noticed_and_made_again(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook = mosquitto(), Hook(free_port())
    config, path = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0), tmp_path / "store.db"
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            await press(home, hook, box, 2)
            await until(lambda: bool(list(tmp_path.glob("store.db-backup-*"))), box.said)
            for name in ("store.db", "store.db-wal", "store.db-shm"):
                (tmp_path / name).unlink()
            await until(lambda: bool(troubles(hook, "store")), box.said)
            assert troubles(hook, "store")[0][1].split()[:2] == ["gone", "backup"]
            await press(home, hook, box, 1)
            box.kill()
    assert stored(path, LIVE) == [("emergency", "open", 3), ("system", "open", 1)]


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.ENOSPC])
async def test_a_box_that_starts_on_a_disk_that_refuses_remembers_tells_and_writes_later(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, disk: Forgetful, refusal: int
):
    broker, hook = mosquitto(), Hook(free_port(), mood="500")
    path = disk.path("gateway") / "store.db"
    config = home_toml(tmp_path, broker.port, hook.port, store=path, commit_wait_s=0)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            home.presses().wait_for_publish(5)
            await until(lambda: bool(stored(path, "SELECT 1 FROM deliveries")), box.said)
            box.kill()
            disk.cut_power(["gateway"])
            disk.fail("gateway", "change", refusal)
            hook.recover()
            box.start()
            await box.connected(2)
            await until(lambda: bool(hook.told("emergency")), box.said)  # remembered from the copy
            await press(home, hook, box, 2)
            await until(lambda: bool(troubles(hook, "disk")), box.said)
            disk.heal("gateway")
            await until(lambda: troubles(hook, "disk")[-1][0] == "returned", box.said)
            await until(lambda: stored(path, "SELECT count FROM alerts WHERE kind = 'emergency'") == [(3,)], box.said)
            assert box.stop() == 0


async def test_a_disk_that_does_not_answer_holds_up_no_call(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, disk: Forgetful
):
    broker, hook = mosquitto(), Hook(free_port())
    path = disk.path("gateway") / "store.db"
    config = home_toml(tmp_path, broker.port, hook.port, store=path, commit_wait_s=0)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            disk.process.send_signal(signal.SIGSTOP)  # every flush hangs
            try:
                await press(home, hook, box, 2)
                await until(lambda: bool(troubles(hook, "disk")), box.said)
            finally:
                disk.process.send_signal(signal.SIGCONT)
            await until(lambda: troubles(hook, "disk")[-1][0] == "returned", box.said)
            await press(home, hook, box, 1)
            assert box.stop() == 0
    assert stored(path, "SELECT count FROM alerts WHERE kind = 'emergency'") == [(3,)]


async def test_a_first_start_without_any_room_still_tells(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, disk: Forgetful
):
    broker, hook = mosquitto(), Hook(free_port())
    path = disk.path("gateway") / "store.db"
    disk.fail("gateway", "change", errno.EROFS)
    config = home_toml(tmp_path, broker.port, hook.port, store=path, commit_wait_s=0)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            await press(home, hook, box, 1)
