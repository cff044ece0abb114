"""A disk that refuses: telling goes on, the trouble is told, and everything is written as soon as there is room."""

from __future__ import annotations

import asyncio
import errno
from functools import partial
from typing import TYPE_CHECKING

import pytest

from alerts.durable import backups
from alerts.durable.damage import Condition
from alerts.model import Outcome
from alerts.wire import Action
from gateway import journal, store_file, watch
from gateway import store as stores
from gateway.essentials import back_up
from gateway.store import Store
from gateway.store_file import RESERVE_BYTES
from tests.crashing_box import T0, Box, seconds, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def peace(_commit: int, _this_life: int) -> str:
    return ""


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    monkeypatch.setattr(watch, "RETRY_S", 0.05)
    monkeypatch.setattr(stores, "RETRY_S", 0.05)
    made = Box(settings_of(tmp_path, commit_wait_s=0), peace, monkeypatch)
    await made.start()
    await made.settle()
    yield made
    await made.stop()


async def refuses(box: Box, how: str) -> None:
    """Makes SQLite refuse as a full or a read-only disk does."""
    if how == "full":
        await box.store._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((pages,),) = await box.store._writer.execute_fetchall("PRAGMA page_count")
        await box.store._writer.execute(f"PRAGMA max_page_count = {pages}")
    else:
        await box.store._writer.execute("PRAGMA query_only = ON")


async def takes(box: Box) -> None:
    await box.store._writer.execute("PRAGMA max_page_count = 1000000")
    await box.store._writer.execute("PRAGMA query_only = OFF")


def troubled(box: Box) -> list[tuple[str, str, str]]:
    return [
        (alert.reason, str(alert.evidence["part"]), alert.state)
        for alert in box.far.told.values()
        if alert.kind == "system"
    ]


async def press_until(box: Box, told: int) -> int:
    """Presses until so many system alerts were told; every press is told although none may be stored."""
    presses = 0
    while len(troubled(box)) < told:
        presses += 1
        assert presses < 2000
        box.clock.at += seconds(1)
        await box.says("button", {"action": "emergency", "linkquality": presses % 200})
        box.clock.at += seconds(1)
        box.app.dispatcher.wake()
        await box.settle()
        (emergency,) = (a for a in box.app.watch.belief.alerts.values() if a.kind == "emergency")
        told_of = {a.count for a in box.far.told.values() if a.kind == "emergency"}
        assert emergency.count == presses
        assert presses in told_of
    return presses


@pytest.mark.parametrize("how", ["full", "read-only"])
async def test_alerts_go_out_the_trouble_is_told_and_everything_is_written_later(box: Box, how: str):
    await refuses(box, how)
    presses = await press_until(box, 1)
    assert troubled(box) == [("gateway_trouble", "disk", "open")]
    assert box.store.trouble != ""
    assert "disk_trouble" in box.app.rounds.pulse().missing()
    await takes(box)
    await asyncio.sleep(0.3)  # nothing happens in the home, and yet it is written
    await box.settle()
    assert box.store.trouble == ""
    assert {a.kind: (a.count, a.state) for a in await box.alerts()} == {
        "emergency": (presses, "open"),
        "system": (1, "returned"),
    }
    stored = [reading async for reading in box.recall.readings_after(0)]
    assert sum(reading.kind == "sos" for reading in stored) == presses
    assert [reading.value for reading in stored if reading.kind == "trouble"] == [True, False]


async def test_what_ended_after_the_backup_is_not_alive_beside_what_lives_now(box: Box):
    await box.says("button", {"action": "emergency", "linkquality": 1})
    (first,) = (a.key for a in box.app.watch.belief.alerts.values() if a.kind == "emergency")
    path = box.settings.store.path
    box.store.replaced = partial(box.recall.reopen, path)
    await asyncio.to_thread(backups.make, path, T0, partial(back_up, path, T0))
    box.clock.at += seconds(60)
    await box.decides_on(first, Action.CLOSED, Outcome.TRUE_ALARM)
    await box.says("button", {"action": "emergency", "linkquality": 2})
    (second,) = (a.key for a in box.app.watch.belief.alerts.values() if a.kind == "emergency")
    for name in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{name}").unlink()
    await box.store.condemn(Condition.GONE)
    box.clock.at += seconds(1)
    await box.says("button", {"action": "emergency", "linkquality": 3})
    await asyncio.sleep(0.3)
    await box.settle()
    assert {a.key: (a.state, a.count) for a in await box.alerts() if a.kind == "emergency"} == {
        first: ("closed", 1),
        second: ("open", 2),
    }
    assert box.store.mended is not None
    box.app.watch.tick(box.clock.now())
    await box.settle()
    assert [a.state for a in await box.alerts() if a.subject == "gateway/store"] == ["open"]


async def test_pruning_and_counting_starts_end_nothing(box: Box):
    await refuses(box, "read-only")
    await box.store.prune(T0, 10)
    assert await box.store.count_start(T0) == await box.store.count_start(T0)
    await takes(box)


async def test_a_start_that_could_not_be_stored_is_counted_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stores, "RETRY_S", 0.0)
    store = await Store.open(tmp_path / "store.db")
    assert await store.count_start(T0) == 1
    await store._writer.execute("PRAGMA query_only = ON")
    assert await store.count_start(T0) == 2
    await store._writer.execute("PRAGMA query_only = OFF")
    await store.close()
    store = await Store.open(tmp_path / "store.db")
    assert await store.count_start(T0) == 3
    await store.close()


async def test_room_is_kept_and_given_up_when_nothing_else_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, reserve = tmp_path / "store.db", tmp_path / "store.db-reserve"
    await (await Store.open(path)).close()
    assert reserve.stat().st_size == RESERVE_BYTES
    migrate = store_file._migrate

    def too_full(database: Path) -> None:
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        migrate(database)

    monkeypatch.setattr(store_file, "_migrate", too_full)
    await (await Store.open(path)).close()
    assert not reserve.exists()
    monkeypatch.setattr(store_file, "_migrate", migrate)
    await (await Store.open(path)).close()
    assert reserve.stat().st_size == RESERVE_BYTES


async def test_the_first_start_and_the_newest_are_kept(tmp_path: Path):
    store = await Store.open(tmp_path / "store.db")
    for n in range(4):
        await store.count_start(T0 + seconds(n))
    kept = await store._writer.execute_fetchall("SELECT id, at FROM starts ORDER BY id")
    assert [(number, at % 10_000_000) for number, at in kept] == [(1, 0), (4, 3_000_000)]
    await store.close()
